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

/** The notes of one page, as they were found. */
export interface LeftNotes {
  readonly key: string;
  readonly text: string;
  readonly notes: readonly Note[];
}

/** Notes that other pages left behind, or have not committed yet. */
export function leftNotes(database: string, storage: Storage | undefined): readonly LeftNotes[] {
  try {
    const keys = Array.from({ length: storage?.length ?? 0 }, (_, index) => storage?.key(index) ?? "");
    return keys
      .filter((key) => key.startsWith(prefixOf(database)))
      .map((key) => {
        const text = storage?.getItem(key) ?? "";
        return { key, text, notes: parse(text) };
      });
  } catch {
    return []; // forbidden
  }
}

/** Drops notes that are written now. A page that lives and has noted something else meanwhile keeps its own. */
export function dropNotes({ key, text }: Pick<LeftNotes, "key" | "text">, storage: Storage | undefined): void {
  try {
    if (storage?.getItem(key) === text) storage.removeItem(key);
  } catch {
    return; // forbidden
  }
}

const prefixOf = (database: string): string => `${database}/writing/`;

/** What is no note, or none of this version, is left out: it must not keep the others from being written. */
const parse = (text: string): readonly Note[] => {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter(isNote) : [];
  } catch {
    return [];
  }
};

const isNote = (value: unknown): value is Note =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as Partial<Note>).id === "string" &&
  typeof (value as Partial<Note>).room === "string" &&
  Array.isArray((value as Partial<Note>).bodies);
