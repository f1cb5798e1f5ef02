import { expect, test } from "vitest";
import type { RoomId, UserId } from "../protocol/values.js";
import { OthersTyping, OwnTyping } from "./typing.js";

const ROOM = "6f1d7c0a5b2e4f3890aabbccddeeff01" as RoomId;
const [ANN, BEN] = ["ann" as UserId, "ben" as UserId];

test("keystrokes are said every four seconds, and the end once", () => {
  const typing = new OwnTyping();
  const said = [0, 100, 3_999, 4_000, 5_000].map((ms) => typing.set(ms, ROOM, true));
  expect(said).toEqual([true, false, false, true, false]);
  expect([typing.set(6_000, ROOM, false), typing.set(6_001, ROOM, false)]).toEqual([true, false]);
});

test("an end that the server knows of is not said", () => {
  const typing = new OwnTyping();
  typing.set(0, ROOM, true);
  expect(typing.set(6_000, ROOM, false)).toBe(false);
});

test("others stop when they say so, or after a while", () => {
  const typing = new OthersTyping();
  expect(typing.change(0, ROOM, [ANN, BEN], [])).toEqual([ANN, BEN]);
  expect(typing.change(1_000, ROOM, [ANN], [BEN])).toEqual([ANN]);
  expect(typing.time(7_999)).toEqual([]);
  expect(typing.wakeAtMs).toBe(8_000);
  expect(typing.time(8_000)).toEqual([[ROOM, []]]);
  expect(typing.wakeAtMs).toBeUndefined();
});
