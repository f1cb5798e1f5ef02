import { describe, expect, it } from "vitest";
import type { DotKey, Member, Message, TimelineItem, TimelineView, UserId } from "@greenroom/client";
import { arrivedSince, countOf, layoutOf, movedAtFront, readersOf } from "./rows";

const NOON = new Date(2026, 10, 20, 12).getTime();
const key = (at: number): DotKey => `00000000000000aa:${at}` as DotKey;
const ann = "ann" as UserId;
const ben = "ben" as UserId;

const message = (at: number, ms: number, author = ann, more: Partial<Message> = {}): Message => ({
  kind: "message",
  key: key(at),
  dot: ["00000000000000aa", at] as unknown as Message["dot"],
  stamp: [ms, 0],
  hlc: [ms, 0],
  author,
  body: { state: "present", text: `text ${at}`, mentions: [] },
  pinned: false,
  reactions: [],
  replies: { count: 0, lastMs: 0, users: [] },
  delivery: { state: "stored" },
  ...more,
});

const view = (items: readonly TimelineItem[], offset: number, total: number, after = false): TimelineView => ({
  items,
  state: "ready",
  before: "local",
  after,
  offset,
  total,
});

describe("a line after another", () => {
  const before = message(1, NOON);
  it.each([
    ["goes on under one name", message(2, NOON + 60_000), true],
    ["begins anew after a while", message(2, NOON + 301_000), false],
    ["begins anew by another", message(2, NOON + 1, ben), false],
    ["begins anew when it was written late", message(2, NOON + 1, ann, { writtenLateMs: NOON - 1 }), false],
  ])("%s", (_, item, continued) => expect(layoutOf(item, before, undefined).continued).toBe(continued));

  it("begins a day", () => {
    const late = message(1, new Date(2026, 10, 20, 23, 59).getTime());
    const next = message(2, new Date(2026, 10, 21, 0, 1).getTime());
    expect(layoutOf(next, late, undefined)).toEqual({ dayMs: next.hlc[0], unread: false, continued: false });
    expect(layoutOf(late, undefined, undefined).dayMs).toBe(late.hlc[0]);
  });

  it("begins what is unread", () => {
    expect(layoutOf(message(2, NOON + 1), before, key(2))).toEqual({
      dayMs: undefined,
      unread: true,
      continued: false,
    });
  });
});

describe("a window", () => {
  const items = [1, 2, 3, 4].map((at) => message(at, NOON + at));

  it("tells lines that came before from those that came after and from moving", () => {
    const now = view(items.slice(1), 1, 4);
    expect(movedAtFront(now, view(items.slice(1), 61, 64))).toBe(true);
    expect(movedAtFront(now, view([...items.slice(1), message(5, NOON + 5)], 1, 5))).toBe(false);
    expect(movedAtFront(now, view(items, 0, 4))).toBe(false);
    expect(movedAtFront(now, view([message(9, NOON)], 0, 90))).toBe(false);
  });

  it("has never fewer lines than it shows", () => {
    expect(countOf(view(items, 10, 12))).toBe(14);
    expect(countOf(view(items, 10, 100, true))).toBe(100);
    expect(countOf(view(items, 10, 12, true))).toBe(14);
  });
});

describe("readers", () => {
  const items = [message(1, NOON), message(2, NOON + 10, ben), message(3, NOON + 20)];
  const member = (user: UserId, readMs: number): Member => ({
    user,
    name: user,
    role: "member",
    standing: "joined",
    lifted: [],
    status: "online",
    read: [[readMs, 0], message(1, 0).dot],
  });

  it("stand at the last line they read, never at their own or oneself's", () => {
    const cleo = "cleo" as UserId;
    const dan = "dan" as UserId;
    const readers = readersOf(
      items,
      [member(ann, NOON + 99), member(ben, NOON + 10), member(cleo, NOON + 15), member(dan, NOON - 1)],
      ann,
    );
    expect([...readers]).toEqual([[key(2), [cleo]]]);
  });
});

describe("what arrived", () => {
  const items = [message(1, NOON), message(2, NOON, ben), message(3, NOON), message(4, NOON, ben)];
  it("is what others wrote since", () => {
    expect(arrivedSince(items, key(1), ann, 9).map((item) => item.key)).toEqual([key(2), key(4)]);
    expect(arrivedSince(items, key(1), ann, 1).map((item) => item.key)).toEqual([key(4)]);
    expect(arrivedSince(items, key(4), ann, 9)).toEqual([]);
  });
});
