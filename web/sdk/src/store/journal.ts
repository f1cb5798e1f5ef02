/**
 * What is being written, noted where a page can note at once: a transaction of IndexedDB takes a moment, in which a page
 * may be reloaded or closed. A note lives from the call of `write` to its commit; whoever opens the store next writes
 * what is left. Each note has a number that its transaction keeps, so that it is written once, whoever writes it.
 */

import type { RoomId } from "../protocol/values.js";
import type { OpBody } from "./local-store.js";

/** One `write` that is not committed yet. */
export interface Note {
  readonly id: string;
  readonly room: RoomId;
  readonly bodies: readonly OpBody[];
}

/** Numbers that transactions keep. A note outlives its commit by an instant: far fewer would do. */
export const NOTED_IDS_MAX = 256;
/** Notes at once; what is written beyond is as safe as IndexedDB alone makes it. */
const NOTES_MAX = 64;

/** The part of the Web Storage API that is used. */
export type NoteStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** See the head of this file. */
export class Journal {
  readonly #key: string;
  readonly #storage: NoteStorage | undefined;
  readonly #notes = new Map<string, Note>();

  /** `tab` tells tabs apart: each has its notes under a key of its own. Without a storage nothing is noted. */
  constructor(database: string, tab: string, storage: NoteStorage | undefined) {
    this.#key = `${prefixOf(database)}${tab}`;
    this.#storage = storage;
  }

  add(note: Note): void {
    if (this.#notes.size >= NOTES_MAX) return;
    this.#notes.set(note.id, note);
    this.#save();
  }

  remove(id: string): void {
    if (this.#notes.delete(id)) this.#save();
  }

  #save(): void {
    try {
      if (this.#notes.size === 0) this.#storage?.removeItem(this.#key);
      else this.#storage?.setItem(this.#key, JSON.stringify([...this.#notes.values()]));
    } catch {
      // Full or forbidden: IndexedDB alone keeps it then.
    }
  }
}

/** Notes that other pages left behind, or have not committed yet; and how to drop them once they are written. */
export function leftNotes(
  database: string,
  storage: Storage | undefined,
): readonly { key: string; notes: readonly Note[] }[] {
  try {
    const keys = Array.from({ length: storage?.length ?? 0 }, (_, index) => storage?.key(index) ?? "");
    return keys
      .filter((key) => key.startsWith(prefixOf(database)))
      .map((key) => ({ key, notes: parse(storage?.getItem(key) ?? "[]") }));
  } catch {
    return []; // forbidden
  }
}

const prefixOf = (database: string): string => `${database}/writing/`;

const parse = (text: string): readonly Note[] => {
  const value: unknown = JSON.parse(text);
  return Array.isArray(value) ? value.filter(isNote) : [];
};

const isNote = (value: unknown): value is Note =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as Partial<Note>).id === "string" &&
  typeof (value as Partial<Note>).room === "string" &&
  Array.isArray((value as Partial<Note>).bodies);
