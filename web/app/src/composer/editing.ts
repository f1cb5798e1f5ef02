/** Which message is being edited, and where: the composer of that place holds it until it is saved or left. */

import { Cell, type DotKey, type Message, type RoomId } from "@greenroom/client";
import { useSlice } from "../state/slices";

/** A composer: of a room, or of a thread in it. */
export interface Place {
  readonly room: RoomId;
  readonly thread: DotKey | undefined;
}

/** A message in a composer. */
interface Editing extends Place {
  readonly message: Message;
}

const cell = new Cell<Editing | undefined>(undefined);

/** Puts a message into the composer of its place. */
export const startEditing = (room: RoomId, thread: DotKey | undefined, message: Message): void =>
  cell.set({ room, thread, message });

export const stopEditing = (): void => cell.set(undefined);

/** The message being edited in a place. */
export const useEditing = ({ room, thread }: Place): Message | undefined => {
  const now = useSlice(cell);
  return now?.room === room && now.thread === thread ? now.message : undefined;
};
