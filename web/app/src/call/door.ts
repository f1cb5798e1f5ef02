/** What one is about to do with a call, or has just come out of: apart from being in one. */

import { Cell, type CallEndReason, type RoomId, type Slice } from "@greenroom/client";

/** `prejoin`: testing devices before going in. `ended`: out again, and told why. */
export type Door =
  | { readonly is: "prejoin"; readonly room: RoomId }
  | { readonly is: "ended"; readonly room: RoomId; readonly reason: CallEndReason };

const cell = new Cell<Door | undefined>(undefined);

export const door: Slice<Door | undefined> = cell;
export const openDoor = (to: Door): void => cell.set(to);
export const closeDoor = (): void => cell.set(undefined);
