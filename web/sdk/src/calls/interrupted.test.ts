import { expect, it } from "vitest";
import type { RoomId } from "../protocol/values.js";
import { recall, remember } from "./interrupted.js";

const memory = () => {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
};
const interrupted = {
  room: "0123456789abcdef0123456789abcdef" as RoomId,
  microphone: true,
  muted: true,
  camera: false,
};

it("is found once, within 20 seconds", () => {
  const storage = memory();
  remember(storage, interrupted, 1_000);
  expect(recall(storage, 4_000)).toEqual({ interrupted, leftMs: 17_000 });
  expect(recall(storage, 4_000)).toBeUndefined();
  remember(storage, interrupted, 1_000);
  expect(recall(storage, 21_000)).toBeUndefined();
});

it("is nothing when the clock went back, the text is broken, or storage is blocked", () => {
  const storage = memory();
  remember(storage, interrupted, 9_000);
  expect(recall(storage, 1_000)).toBeUndefined();
  storage.setItem("greenroom.call", '{"room":"x","atMs":1}');
  expect(recall(storage, 2)).toBeUndefined();
  storage.setItem("greenroom.call", "{");
  expect(recall(storage, 2)).toBeUndefined();
  const blocked = {
    getItem: () => {
      throw new DOMException("blocked", "SecurityError");
    },
    setItem: () => {
      throw new DOMException("full", "QuotaExceededError");
    },
    removeItem: () => undefined,
  };
  remember(blocked, interrupted, 1);
  expect(recall(blocked, 2)).toBeUndefined();
});
