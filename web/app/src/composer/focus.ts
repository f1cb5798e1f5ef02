/** Brings the focus to a composer from elsewhere on the page. */

import type { DotKey } from "@greenroom/client";

const fields = new Map<string, HTMLTextAreaElement>();
const nameOf = (thread: DotKey | undefined): string => thread ?? "room";

/** Registers a composer's field; returns how to take it back. */
export const registerComposer = (thread: DotKey | undefined, field: HTMLTextAreaElement): (() => void) => {
  const name = nameOf(thread);
  fields.set(name, field);
  return () => {
    if (fields.get(name) === field) fields.delete(name);
  };
};

/** Focuses the composer of the room (or of a thread that is open). */
export const focusComposer = (thread?: DotKey): void => fields.get(nameOf(thread))?.focus();
