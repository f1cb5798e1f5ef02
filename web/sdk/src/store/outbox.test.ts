/** Nothing written is lost, whatever happens between two transactions. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { WireOp } from "../protocol/op.js";
import { dotKey, type Dot, type Stamp } from "../protocol/values.js";
import type { Store } from "./open-store.js";
import { ANN, annsStore, BEN, EPOCH, info, messages, newDevice, post, ROOM, texts, THEIRS } from "./testing.js";

let store: Store;

beforeEach(async () => {
  newDevice();
  store = await annsStore();
  await store.opened(info(), false);
});

afterEach(() => store.close());

/** As after a crash: the tab is gone, another opens what is on the disk. */
const crashed = async (): Promise<void> => {
  await store.close();
  store = await annsStore();
};

const say = async (...all: readonly string[]): Promise<readonly WireOp[]> =>
  store.write(
    ROOM,
    all.map((text) => ({ kind: "post", text })),
  );

const first = (ops: readonly WireOp[]): WireOp => nth(ops, 0);

const nth = (ops: readonly WireOp[], index: number): WireOp => {
  const op = ops[index];
  if (op === undefined) throw new Error("nothing was written");
  return op;
};

const waiting = async (): Promise<readonly WireOp[]> => (await store.batch(ROOM))?.ops ?? [];

const stamped = (n: number): Stamp => [3_000_000 + n, 0];

const room = async () => {
  const record = await store.reads.room(ROOM);
  if (record === undefined) throw new Error("the room is gone");
  return record;
};

describe("writing", () => {
  it("counts a replica's ops from 1 and keeps them, in order, until they are acked", async () => {
    await say("one");
    await say("two", "three");
    await crashed();
    const ops = await waiting();
    expect(ops.map(({ dot: [, counter], text }) => [counter, text])).toEqual([
      [1, "one"],
      [2, "two"],
      [3, "three"],
    ]);
    expect(new Set(ops.map(({ dot: [replica] }) => replica)).size).toBe(1);
    expect(await store.unsent()).toEqual([ROOM]);

    await store.acked(ROOM, [{ dot: first(ops).dot, stamp: stamped(1), offset: 1 }]);
    await crashed();
    expect((await waiting()).map(({ text }) => text)).toEqual(["two", "three"]);
    expect(await store.batch(ROOM, ops[1]?.dot)).toMatchObject({ ops: [{ text: "three" }] });
    expect((await room()).waiting).toBe(2);
    expect((await messages(store)).map(({ delivery }) => delivery.state)).toEqual(["stored", "waiting", "waiting"]);
  });

  it("gives each op a clock after all that was seen", async () => {
    await store.take(ROOM, [{ ...post(1), stamp: [9_000_000, 7] }], "live");
    const { hlc } = first(await say("later"));
    expect(hlc).toEqual([9_000_000, 8]);
    await crashed();
    expect(first(await say("later still")).hlc).toEqual([9_000_000, 9]);
  });

  it("goes by the server's clock once the skew is known", async () => {
    await store.setClockSkew(500_000);
    expect(first(await say("now")).hlc).toEqual([2_500_000, 0]);
  });

  it("gives two tabs different dots, and both know them all", async () => {
    const other = await annsStore();
    const texts_ = Array.from({ length: 40 }, (_, index) => `message ${index}`);
    await Promise.all(
      texts_.map((text, index) => (index % 2 === 0 ? store : other).write(ROOM, [{ kind: "post", text }])),
    );
    const ops = await waiting();
    expect(new Set(ops.map(({ dot }) => dotKey(dot))).size).toBe(40);
    expect(ops.map(({ dot: [, counter] }) => counter)).toEqual(texts_.map((_, index) => index + 1));
    expect(new Set(ops.map(({ text }) => text))).toEqual(new Set(texts_));
    expect(texts(await messages(other))).toHaveLength(40);
    await other.close();
  });

  it("does not send more in one batch than the server takes", async () => {
    await say(...Array.from({ length: 300 }, () => "x"));
    const batch = await waiting();
    expect(batch).toHaveLength(256);
    expect((await store.batch(ROOM, batch.at(-1)?.dot))?.ops).toHaveLength(44);
    await store.acked(
      ROOM,
      batch.map(({ dot }, index) => ({ dot, stamp: stamped(index), offset: index + 1 })),
    );
    await say(...Array.from({ length: 20 }, () => "y".repeat(16_000)));
    const bytes = new TextEncoder().encode(JSON.stringify(await waiting())).length;
    expect(bytes).toBeLessThan(256 * 1024);
  });
});

describe("an ack", () => {
  it("gives a message its place, once, however often it comes", async () => {
    await store.take(ROOM, [post(1), post(2)], "live");
    const { dot } = first(await say("mine"));
    const ack = [{ dot, stamp: [1_000_001, 9] as const, offset: 3 }];
    await store.acked(ROOM, ack);
    await store.acked(ROOM, ack);
    await store.take(
      ROOM,
      [{ offset: 3, stamp: [1_000_001, 9], op: { dot, hlc: [2_000_000, 0], author: ANN, kind: "post", text: "mine" } }],
      "live",
    );
    expect(texts(await messages(store))).toEqual(["message 1", "mine", "message 2"]);
    expect(await room()).toMatchObject({ waiting: 0, total: 3, unread: 2 });
    expect(await store.places()).toEqual([{ room: ROOM, cursor: [EPOCH, 3], lowest: 1 }]);
  });

  it("may be replaced by the op itself, when the ack was lost", async () => {
    const op = first(await say("mine"));
    await store.take(ROOM, [{ offset: 1, stamp: stamped(0), op }], "sync");
    expect(await waiting()).toEqual([]);
    expect(await messages(store)).toMatchObject([{ delivery: { state: "stored" } }]);
  });

  it("of an op that was given up here leaves its offset open, so that a sync brings it", async () => {
    await store.acked(ROOM, [{ dot: ["cccccccccccccccc" as Dot[0], 1], stamp: stamped(1), offset: 1 }]);
    expect(await store.places()).toMatchObject([{ room: ROOM }]);
    expect((await store.places())[0]?.cursor).toBeUndefined();
  });
});

describe("a refusal", () => {
  const refuse = (dot: Dot, code = "too_large"): Promise<void> =>
    store.refused(ROOM, [{ dot, code, message: "no", offset: 1 }]);

  it("keeps the message as failed; discarding forgets it", async () => {
    const one = first(await say("one", "two"));
    await refuse(one.dot);
    await crashed();
    expect(await messages(store)).toMatchObject([
      { body: { text: "one" }, delivery: { state: "failed", code: "too_large", message: "no", retry: false } },
      { body: { text: "two" }, delivery: { state: "waiting" } },
    ]);
    expect((await waiting()).map(({ text }) => text)).toEqual(["two"]);
    expect(await room()).toMatchObject({ waiting: 1, failed: 1 });
    await store.discard(ROOM, dotKey(one.dot));
    expect(texts(await messages(store))).toEqual(["two"]);
    expect(await room()).toMatchObject({ waiting: 1, failed: 0, total: 1 });
  });

  it("lets one write it again under a new dot", async () => {
    const { dot } = first(await say("one"));
    await refuse(dot, "forbidden");
    expect(await messages(store)).toMatchObject([{ delivery: { state: "failed", retry: true } }]);
    await store.retry(ROOM, dotKey(dot));
    const again = first(await waiting());
    expect(again).toMatchObject({ text: "one", dot: [dot[0], 2] });
    expect(await messages(store)).toMatchObject([{ key: dotKey(again.dot), delivery: { state: "waiting" } }]);
    expect(await room()).toMatchObject({ waiting: 1, failed: 0, total: 1 });
  });

  it("of an edit keeps what was written; of a reaction takes it back", async () => {
    const { dot } = first(await say("one"));
    await store.acked(ROOM, [{ dot, stamp: stamped(1), offset: 1 }]);
    const written = await store.write(ROOM, [
      { kind: "edit", target: dot, text: "one!" },
      { kind: "reaction", target: dot, emoji: "👍", on: true },
    ]);
    expect(await messages(store)).toMatchObject([
      { body: { text: "one!" }, reactions: [{ users: [ANN] }], delivery: { state: "waiting" } },
    ]);
    await store.refused(ROOM, [
      { dot: nth(written, 0).dot, code: "invalid", message: "no", offset: 2 },
      { dot: nth(written, 1).dot, code: "invalid", message: "no", offset: 3 },
    ]);
    expect(await messages(store)).toMatchObject([
      { body: { text: "one!" }, reactions: [], delivery: { state: "failed" } },
    ]);
    await store.retry(ROOM, dotKey(dot));
    expect((await waiting()).map(({ kind, text }) => [kind, text])).toEqual([["edit", "one!"]]);
    const again = first(await waiting());
    await store.refused(ROOM, [{ dot: again.dot, code: "invalid", message: "no", offset: 4 }]);
    await store.discard(ROOM, dotKey(dot));
    expect(await messages(store)).toMatchObject([{ body: { text: "one" }, delivery: { state: "stored" } }]);
    expect((await store.places())[0]?.cursor).toEqual([EPOCH, 4]);
  });

  it("of a topic shows the one before again", async () => {
    await store.opened(info({ topic: "first" }), false);
    const { dot } = first(await store.write(ROOM, [{ kind: "topic", text: "second" }]));
    expect((await room()).topic).toBe("second");
    await store.refused(ROOM, [{ dot, code: "forbidden", message: "no", offset: 1 }]);
    expect(await room()).toMatchObject({ topic: "first", waiting: 0, failed: 0, total: 0 });
  });

  it("by the room as a whole fails everything for now, and nothing for good", async () => {
    await say("one");
    await store.setRefusing(ROOM, { code: "not_a_member", message: "no" });
    expect(await messages(store)).toMatchObject([{ delivery: { state: "failed", code: "not_a_member", retry: true } }]);
    expect((await waiting()).map(({ text }) => text)).toEqual(["one"]);
    await store.retry(ROOM, dotKey(first(await waiting()).dot));
    expect(await messages(store)).toMatchObject([{ delivery: { state: "waiting" } }]);
  });
});

describe("a new replica", () => {
  it("has everything unacked again, with what refers to it", async () => {
    await store.take(ROOM, [post(1)], "live");
    const target = first(await say("root", "other")).dot;
    await store.write(ROOM, [
      { kind: "edit", target, text: "root!" },
      { kind: "post", text: "answer", thread: target },
      { kind: "reaction", target: [THEIRS, 1], emoji: "👍", on: true },
      { kind: "topic", text: "topic" },
    ]);
    const before = await messages(store);
    await store.renewReplica(ROOM, target[0]);
    await crashed();
    const ops = await waiting();
    expect(ops.map(({ dot: [, counter] }) => counter)).toEqual([1, 2, 3, 4, 5, 6]);
    const [replica] = first(ops).dot;
    expect(replica).not.toBe(target[0]);
    expect(ops[2]).toMatchObject({ kind: "edit", target: [replica, 1] });
    expect(ops[3]).toMatchObject({ kind: "post", thread: [replica, 1] });
    expect(ops[4]).toMatchObject({ target: [THEIRS, 1] });
    const after = await messages(store);
    expect(texts(after)).toEqual(texts(before));
    expect(texts(after)).toEqual(["message 1", "root!", "other", "answer"]);
    expect(after[1]?.replies).toMatchObject({ count: 1, users: [ANN] });
    expect(after[0]?.reactions).toEqual([{ emoji: "👍", users: [ANN] }]);
    expect((await room()).topic).toBe("topic");
    // And the next op goes on behind them.
    expect(first(await say("next")).dot).toEqual([replica, 7]);
    await store.acked(
      ROOM,
      (await waiting()).map(({ dot }, index) => ({ dot, stamp: stamped(index), offset: index + 2 })),
    );
    expect(texts(await messages(store))).toEqual(["message 1", "root!", "other", "answer", "next"]);
    expect(await room()).toMatchObject({ waiting: 0, failed: 0 });
  });

  it("is drawn when another copy of this device wrote under its dots", async () => {
    const { dot } = first(await say("mine", "mine too"));
    const theirs: WireOp = { dot, hlc: [1_500_000, 0], author: ANN, kind: "post", text: "the copy's" };
    await store.take(ROOM, [{ offset: 1, stamp: [1_500_000, 0], op: theirs }], "sync");
    expect(texts(await messages(store))).toEqual(["the copy's", "mine", "mine too"]);
    const ops = await waiting();
    expect(ops.map(({ text }) => text)).toEqual(["mine", "mine too"]);
    expect(first(ops).dot).not.toEqual(dot);
  });

  it("is drawn when a message is given up that others may follow", async () => {
    const { dot } = first(await say("one", "two"));
    await store.discard(ROOM, dotKey(dot));
    expect((await waiting()).map(({ dot: [, counter], text }) => [counter, text])).toEqual([[1, "two"]]);
    expect(await room()).toMatchObject({ waiting: 1, total: 1 });
  });
});

describe("new clocks", () => {
  it("are of now, in the order of writing", async () => {
    await store.setClockSkew(10 * 86_400_000);
    await say("one", "two");
    await store.setClockSkew(0);
    await store.renewClocks(ROOM, await waiting());
    const ops = await waiting();
    expect(ops.map(({ hlc, text }) => [hlc, text])).toEqual([
      [[2_000_000, 0], "one"],
      [[2_000_000, 1], "two"],
    ]);
    expect(texts(await messages(store))).toEqual(["one", "two"]);
    expect(first(await say("three")).hlc).toEqual([2_000_000, 2]);
  });
});

describe("what is read", () => {
  it("counts messages of others behind the marker, and mentions", async () => {
    await store.take(ROOM, [post(1), post(2, { mentions: [ANN] }), post(3)], "live");
    expect(await room()).toMatchObject({ unread: 3, mentioned: 1 });
    await store.setRead(ROOM, ANN, [1_000_002, 0], [THEIRS, 2]);
    expect(await room()).toMatchObject({ unread: 1, mentioned: 0 });
    await store.setRead(ROOM, ANN, [1_000_001, 0], [THEIRS, 1]);
    expect((await room()).unread).toBe(1);
    await store.take(ROOM, [post(4)], "live");
    expect((await room()).unread).toBe(2);
    await store.setRead(ROOM, BEN, [1_000_004, 0], [THEIRS, 4]);
    expect((await room()).unread).toBe(2);
  });

  it("keeps mentions in threads until the marker passes them", async () => {
    await store.opened(info({ head: 0 }), false);
    await store.synced(ROOM, [EPOCH, 0]);
    await store.take(ROOM, [post(1), post(2), post(3, { mentions: [ANN], thread: [THEIRS, 1] })], "live");
    expect(await room()).toMatchObject({ unread: 2, mentioned: 1 });
    await store.setRead(ROOM, ANN, [1_000_002, 0], [THEIRS, 2], 1);
    expect(await room()).toMatchObject({ unread: 0, mentioned: 1 });
    await store.setRead(ROOM, ANN, [1_000_003, 0], [THEIRS, 3], 0);
    expect(await room()).toMatchObject({ unread: 0, mentioned: 0 });
  });

  it("stays what was counted here when the list of rooms comes again", async () => {
    await store.opened(info({ head: 0 }), false);
    await store.synced(ROOM, [EPOCH, 0]);
    await store.take(ROOM, [post(1), post(2), post(3)], "live");
    await store.setRead(ROOM, ANN, [1_000_002, 0], [THEIRS, 2], 1);
    const read = [
      [1_000_002, 0],
      [THEIRS, 2],
    ] as const;
    await store.saveRooms([info({ head: 3, unread: 3, read })], true);
    expect((await room()).unread).toBe(1);
    await store.saveRooms([info({ head: 4, unread: 2, read })], true);
    expect((await room()).unread).toBe(2);
  });

  it("is what the server says while older messages are not here", async () => {
    const head = 1_000;
    await store.opened(info({ head, unread: 700 }), false);
    await store.take(ROOM, [post(999), post(1_000)], "sync");
    await store.synced(ROOM, [EPOCH, head]);
    expect((await room()).unread).toBe(700);
    await store.take(ROOM, [post(1_001)], "live");
    expect((await room()).unread).toBe(701);
    await store.setRead(ROOM, ANN, [1_001_001, 0], [THEIRS, 1_001], 0);
    expect((await room()).unread).toBe(0);
  });
});
