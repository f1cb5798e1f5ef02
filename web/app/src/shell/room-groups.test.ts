import type { RoomId, RoomSummary } from "@greenroom/client";
import { expect, test } from "vitest";
import { countUnread, groupRooms, inOrder, neighbour } from "./room-groups";

const room = (id: string, more: Partial<RoomSummary> = {}): RoomSummary => ({
  room: id as RoomId,
  name: id,
  visibility: "public",
  topic: "",
  role: "member",
  members: 2,
  unread: 0,
  mentioned: 0,
  draft: false,
  waiting: 0,
  failed: 0,
  ...more,
});
const past = (id: string): RoomSummary => {
  const { role: _, ...rest } = room(id, { unread: 9 });
  return rest;
};
const all = [
  room("a"),
  room("d", { visibility: "direct", unread: 2 }),
  past("p"),
  room("b", { unread: 5, mentioned: 1 }),
];

test("rooms come by kind, the past last, in the order they came in", () => {
  expect(inOrder(groupRooms(all)).map(({ name }) => name)).toEqual(["a", "b", "d", "p"]);
});

test.each([
  ["a", 1, "any", "b"],
  ["a", -1, "any", "p"],
  ["p", 1, "any", "a"],
  [undefined, 1, "any", "a"],
  [undefined, -1, "any", "p"],
  ["a", -1, "unread", "p"],
  ["b", 1, "unread", "d"],
] as const)("from %s by %i, %s: %s", (from, step, which, to) => {
  expect(neighbour(inOrder(groupRooms(all)), from, step, which)?.name).toBe(to);
});

test("there is nowhere to go without other rooms", () => {
  expect(neighbour([], undefined, 1, "any")).toBeUndefined();
  expect(neighbour([room("a")], "a", 1, "any")).toBeUndefined();
  expect(neighbour([room("a"), room("b")], "a", 1, "unread")).toBeUndefined();
});

test("mentions and direct messages are loud; past rooms are not counted", () => {
  expect(countUnread(all)).toEqual({ unread: 7, loud: 3 });
});
