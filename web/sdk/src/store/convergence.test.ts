/** Whatever the order in which a log comes, and however often, the store shows what the reference state says. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { digest } from "../crdt/digest.js";
import { clock, pairs } from "../crdt/ops.arbitrary.js";
import { State, type AcceptedMessage } from "../crdt/state.js";
import type { Entry, Stamped, WireOp } from "../protocol/op.js";
import { dotKey, type DotKey, type Epoch, type RoomId, type UserId } from "../protocol/values.js";
import type { RoomInfo } from "../protocol/server-frames.js";
import { openStore } from "./open-store.js";
import type { Store } from "./store.js";
import { messageOf } from "./present.js";
import { laneOf } from "./records.js";

const ROOM = "0".repeat(32) as RoomId;
const ME = "ann" as UserId;

/** A log of a server: every dot once. */
const logOf = (all: readonly Stamped[]): readonly Entry[] => {
  const byDot = new Map(all.map((pair) => [dotKey(pair.op.dot), pair]));
  return [...byDot.values()].map((pair, index) => ({ ...pair, offset: index + 1 }));
};

/** The same ops as another server stamped them: in another order, some refused there. */
const again = fc.record({
  reverse: fc.boolean(),
  stamps: fc.array(clock, { minLength: 1 }),
  refused: fc.nat({ max: 5 }),
});
const otherLog = (
  log: readonly Entry[],
  { reverse, stamps, refused }: typeof again extends fc.Arbitrary<infer T> ? T : never,
) => {
  const pairs = log.map(({ op, stamp }, index): Stamped => {
    const { dot, hlc, author } = op;
    const voided = { dot, hlc, ...(author && { author }), kind: "void", code: "invalid" } satisfies WireOp;
    const isRefused = refused > 0 && index % 5 === refused - 1;
    return { op: isRefused ? voided : op, stamp: stamps[index % stamps.length] ?? stamp };
  });
  return logOf(reverse ? pairs.reverse() : pairs);
};

/** How a log is brought: a tail, history page by page, and now and then something again. */
const bringing = fc.record({
  tail: fc.nat({ max: 40 }),
  page: fc.integer({ min: 1, max: 7 }),
  repeats: fc.array(fc.tuple(fc.nat(), fc.nat({ max: 5 })), { maxLength: 4 }),
});
type Bringing = typeof bringing extends fc.Arbitrary<infer T> ? T : never;

const infoOf = (epoch: Epoch, head: number): RoomInfo => ({
  room: ROOM,
  epoch,
  head,
  name: "deck",
  visibility: "public",
  members: 1,
  role: "member",
  unread: 0,
});

const bring = async (store: Store, log: readonly Entry[], epoch: string, how: Bringing): Promise<void> => {
  const { tail, page, repeats } = how;
  const from = Math.max(0, log.length - tail);
  await store.opened(infoOf(epoch as Epoch, log.length), false);
  for (let at = from; at < log.length; at += page) await store.take(ROOM, log.slice(at, at + page), "sync");
  await store.synced(ROOM, [epoch as Epoch, log.length]);
  for (let end = from; end > 0; end -= page) {
    await store.take(ROOM, log.slice(Math.max(0, end - page), end), "history");
    const [at, count] = repeats[end % Math.max(1, repeats.length)] ?? [0, 0];
    await store.take(ROOM, log.slice(at % log.length, (at % log.length) + count), "live");
  }
  await store.reachedStart(ROOM);
};

/** What is compared of a message: by lane, in the lane's order. */
interface Shown {
  readonly key: DotKey;
  readonly stamp: unknown;
  readonly body: object;
  readonly pinned: boolean;
  readonly reactions: unknown;
}

const expected = (message: AcceptedMessage): Shown => {
  const { body, stamp, pinned, reactions, dot } = message;
  const { text, mentions } = body.state === "present" ? body.content : {};
  return {
    key: dotKey(dot),
    stamp,
    body: body.state === "present" ? { state: "present", text, mentions } : { state: body.state },
    pinned,
    reactions,
  };
};

const shown = async (store: Store, lane: string): Promise<readonly Shown[]> => {
  const [room, items] = await Promise.all([store.reads.room(ROOM), store.reads.after(lane, undefined, 1_000)]);
  return items.flatMap((item) => {
    const message = messageOf(item, { room: room ?? {}, sent: () => false });
    if (message === undefined) return [];
    const { key, stamp, body, pinned, reactions } = message;
    // A deleted message shows nothing, whatever the store still knows.
    return [
      body.state === "deleted"
        ? { key, stamp, body, pinned: false, reactions: [] }
        : { key, stamp, body, pinned, reactions },
    ];
  });
};

test(
  "a log brought in any way, then another server's, comes to the reference state",
  { timeout: 120_000 },
  async () => {
    let databases = 0;
    await fc.assert(
      fc.asyncProperty(pairs, bringing, again, bringing, async (all, first, other, second) => {
        const store = await openStore({ database: `convergence ${(databases += 1)}`, storage: "memory" });
        await store.saveAccount({ kind: "token", name: "Ann", user: ME });
        const logs = [logOf(all), otherLog(logOf(all), other)];
        await bring(store, logs[0] ?? [], "a".repeat(16), first);
        await bring(store, logs[1] ?? [], "b".repeat(16), second);
        const reference = new State();
        for (const { op, stamp } of logs.flat()) reference.apply(op, stamp);

        const state = new State();
        for (const { op, stamp } of (await store.everything(ROOM)) ?? []) state.apply(op, stamp);
        expect(digest(state)).toBe(digest(reference));

        const timeline = reference.timeline();
        const laneFor = ({ thread }: AcceptedMessage) => laneOf(ROOM, thread && dotKey(thread));
        for (const lane of new Set(timeline.map(laneFor))) {
          expect(await shown(store, lane)).toEqual(timeline.filter((one) => laneFor(one) === lane).map(expected));
        }
        await store.close();
      }),
      { numRuns: 150 },
    );
  },
);
