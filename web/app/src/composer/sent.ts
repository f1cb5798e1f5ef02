/** Tells the list of a place that something was just written there, so that it goes to its end. */

import type { DotKey, RoomId } from "@greenroom/client";

type Listener = (room: RoomId, thread: DotKey | undefined) => void;

const listeners = new Set<Listener>();

export const tellSent: Listener = (room, thread) => {
  for (const listener of listeners) listener(room, thread);
};

export const onSent = (listener: Listener): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
