/** What a page was writing as it ended is written by the next one: once, whoever writes it. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { Store } from "./open-store.js";
import { annsStore, info, messages, newDevice, ROOM, texts, webStorage } from "./testing.js";

const KEY = "greenroom/writing/another";
const noted = (...all: readonly string[]): string =>
  JSON.stringify(all.map((text) => ({ id: `note-${text}`, room: ROOM, bodies: [{ kind: "post", text }] })));

let store: Store;
let storage: Storage;

beforeEach(async () => {
  newDevice();
  vi.stubGlobal("localStorage", (storage = webStorage()));
  store = await annsStore();
  await store.opened(info(), false);
});

afterEach(async () => {
  await store.close();
  vi.unstubAllGlobals();
});

test("what a page left is written once by the next, and forgotten", async () => {
  storage.setItem(KEY, noted("one", "two"));
  const next = await annsStore();
  expect(storage.length).toBe(0);
  storage.setItem(KEY, noted("one", "two"));
  await store.writeLeftNotes();
  expect(texts(await messages(next))).toEqual(["one", "two"]);
  expect(storage.length).toBe(0);
  await next.close();
});

test("what another page wrote in this one's stead has the dots it got there", async () => {
  const other = await annsStore();
  const set = storage.setItem.bind(storage);
  let took = Promise.resolve();
  // The other takes the note for one that was left, and is before this page with it.
  storage.setItem = (key, value) => {
    set(key, value);
    took = other.writeLeftNotes();
  };
  const bodies = ["one", "two"].map((text) => ({ kind: "post" as const, text }));
  const ops = await store.write(ROOM, bodies);
  await took;
  const shown = await messages(store);
  expect(texts(shown)).toEqual(["one", "two"]);
  expect(ops.map(({ dot }) => dot)).toEqual(shown.map(({ dot }) => dot));
  expect(storage.length).toBe(0);
  await other.close();
});

test("who signs out leaves no note behind, and nobody writes who is not signed in", async () => {
  storage.setItem(KEY, noted("one"));
  await store.erase();
  expect(storage.length).toBe(0);
  await expect(store.write(ROOM, [{ kind: "post", text: "two" }])).rejects.toThrow("nobody is signed in");
  storage.setItem(KEY, noted("three"));
  await store.writeLeftNotes();
  expect(await store.unsent()).toEqual([]);
});
