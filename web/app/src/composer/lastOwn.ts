/** The message that ↑ in an empty composer edits: the list of the same place knows it. */

import type { DotKey, Message } from "@greenroom/client";

type Find = () => Message | undefined;

const finders = new Map<string, Find>();

/** Registers a list; returns how to take it back. */
export const registerLastOwn = (thread: DotKey | undefined, find: Find): (() => void) => {
  const place = thread ?? "room";
  finders.set(place, find);
  return () => {
    if (finders.get(place) === find) finders.delete(place);
  };
};

export const lastOwn = (thread: DotKey | undefined): Message | undefined => finders.get(thread ?? "room")?.();
