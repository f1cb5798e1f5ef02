/**
 * What was begun and not sent in threads. Each stands by itself, so that a keystroke writes no more than its own; the
 * oldest go when there are too many.
 */

import type { DotKey } from "@greenroom/client";

/** Where they are kept: `localStorage`. */
export type DraftStorage = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

export const THREAD_DRAFTS_MAX = 50;

const PREFIX = "greenroom.thread-draft.v1.";

export const threadDraft = (thread: DotKey, storage = deviceStorage()): string => {
  const kept = storage?.getItem(PREFIX + thread) ?? "";
  return kept.slice(kept.indexOf(" ") + 1);
};

/** Keeps a text; an empty one is forgotten. */
export const keepThreadDraft = (thread: DotKey, text: string, nowMs: number, storage = deviceStorage()): void => {
  if (storage === undefined) return;
  const key = PREFIX + thread;
  if (text === "") return storage.removeItem(key);
  if (storage.getItem(key) === null) makeSpace(storage);
  try {
    storage.setItem(key, `${nowMs} ${text}`);
  } catch {
    // Full: the field still has it, for as long as the page lives.
  }
};

export const forgetThreadDrafts = (storage = deviceStorage()): void => {
  if (storage !== undefined) for (const key of draftKeys(storage)) storage.removeItem(key);
};

const makeSpace = (storage: DraftStorage): void => {
  const keys = draftKeys(storage);
  const ages = new Map(keys.map((key) => [key, Number.parseInt(storage.getItem(key) ?? "0", 10)]));
  keys.sort((one, other) => (ages.get(one) ?? 0) - (ages.get(other) ?? 0));
  for (const key of keys.slice(0, Math.max(0, keys.length - THREAD_DRAFTS_MAX + 1))) storage.removeItem(key);
};

const draftKeys = (storage: DraftStorage): string[] =>
  Array.from({ length: storage.length }, (_, at) => storage.key(at) ?? "").filter((key) => key.startsWith(PREFIX));

const deviceStorage = (): DraftStorage | undefined => {
  try {
    return localStorage;
  } catch {
    return undefined; // blocked
  }
};
