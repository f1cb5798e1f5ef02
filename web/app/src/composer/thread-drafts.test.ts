import type { DotKey } from "@greenroom/client";
import { expect, it } from "vitest";
import {
  forgetThreadDrafts,
  keepThreadDraft,
  threadDraft,
  THREAD_DRAFTS_MAX,
  type DraftStorage,
} from "./thread-drafts";

const key = (at: number): DotKey => `00000000000000aa:${at}` as DotKey;

const storageOf = (kept = new Map<string, string>()): DraftStorage => ({
  getItem: (name) => kept.get(name) ?? null,
  setItem: (name, text) => void kept.set(name, text),
  removeItem: (name) => void kept.delete(name),
  key: (at) => [...kept.keys()][at] ?? null,
  get length() {
    return kept.size;
  },
});

it("gives back what was kept, until it is empty", () => {
  const storage = storageOf();
  expect(threadDraft(key(1), storage)).toBe("");
  keepThreadDraft(key(1), "two words\nand a line", 5, storage);
  expect(threadDraft(key(1), storage)).toBe("two words\nand a line");
  keepThreadDraft(key(1), "", 6, storage);
  expect(storage.length).toBe(0);
});

it("lets the oldest go when there are too many, and leaves what is not its own", () => {
  const storage = storageOf(new Map([["theme", "dark"]]));
  for (let at = 0; at < THREAD_DRAFTS_MAX; at += 1) keepThreadDraft(key(at), `text ${at}`, 1_000 + at, storage);
  keepThreadDraft(key(0), "text 0 again", 2_000, storage);
  keepThreadDraft(key(99), "one more", 2_001, storage);
  expect(threadDraft(key(1), storage)).toBe("");
  expect(threadDraft(key(0), storage)).toBe("text 0 again");
  expect(threadDraft(key(99), storage)).toBe("one more");
  forgetThreadDrafts(storage);
  expect(storage.length).toBe(1);
});

it("does without a storage that is full or blocked", () => {
  const full = {
    ...storageOf(),
    setItem: () => {
      throw new DOMException("full", "QuotaExceededError");
    },
  };
  expect(() => keepThreadDraft(key(1), "text", 1, full)).not.toThrow();
});
