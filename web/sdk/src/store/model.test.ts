/** The store against the reference fold: any set of ops, in any order and any pieces, as often as it comes. */

import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { pair } from "../crdt/ops.arbitrary.js";
import { State, type AcceptedMessage } from "../crdt/state.js";
import type { Message } from "../model.js";
import type { Entry, Stamped } from "../protocol/op.js";
import { dotKey } from "../protocol/values.js";
import type { Store } from "./store.js";
import { annsStore, EPOCH, info, messages, newDevice, numbered, ROOM } from "./testing.js";

const RUNS = 150;

/** Every dot once, as on one server. */
const pairs = fc.uniqueArray(pair, { maxLength: 15, selector: ({ op }) => dotKey(op.dot) });
/**
 * Dots may clash: other contents and stamps, from other servers or clones. But for purges and deletes: what these scrubbed
 * stays scrubbed, also when it turns out that another op has their dot.
 */
const clashing = fc.array(
  pair.filter(({ op }) => op.kind !== "purge" && op.kind !== "delete"),
  { maxLength: 30 },
);

/** All entries, some of them twice, in any order and in pieces. */
const pieces = (all: readonly Stamped[]): fc.Arbitrary<readonly (readonly Entry[])[]> => {
  const entries = numbered(all);
  const count = 2 * entries.length;
  return fc
    .tuple(
      fc.shuffledSubarray([...entries, ...entries], { minLength: count, maxLength: count }),
      fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 10 }),
    )
    .map(([mixed, sizes]) => {
      const cut: Entry[][] = [];
      for (let at = 0, turn = 0; at < mixed.length; turn += 1) {
        const size = sizes[turn % sizes.length] ?? 1;
        cut.push(mixed.slice(at, at + size));
        at += size;
      }
      return cut;
    });
};

const delivered = (sets: fc.Arbitrary<readonly Stamped[]>) =>
  sets.chain((all) => fc.tuple(fc.constant(all), pieces(all)));

const reference = (all: readonly Stamped[]): State => {
  const state = new State();
  for (const { op, stamp } of all) state.apply(op, stamp);
  return state;
};

interface Shown {
  readonly [name: string]: unknown;
}

const expected = (message: AcceptedMessage): Shown => {
  const { body } = message;
  return {
    key: dotKey(message.dot),
    stamp: message.stamp,
    hlc: message.hlc,
    author: message.author,
    thread: message.thread && dotKey(message.thread),
    body:
      body.state === "present"
        ? { state: "present", text: body.content.text, mentions: body.content.mentions }
        : { state: body.state },
    edited: body.state === "deleted" ? undefined : body.edit && { hlc: body.edit.hlc },
    pinned: message.pinned,
    reactions: message.reactions,
    delivery: { state: "stored" },
  };
};

const shown = ({ key, stamp, hlc, author, thread, body, edited, pinned, reactions, delivery }: Message): Shown => ({
  key,
  stamp,
  hlc,
  author,
  thread,
  body,
  edited,
  pinned,
  reactions,
  delivery,
});

let store: Store;

beforeEach(() => newDevice());
afterEach(() => store.close());

const taken = async (all: readonly (readonly Entry[])[]): Promise<void> => {
  await store?.close();
  newDevice();
  store = await annsStore();
  for (const piece of all) await store.take(ROOM, piece, "live");
};

describe("the store", () => {
  test("shows messages as the reference folds them, whatever came under their dots", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(delivered(clashing), async ([all, deliveries]) => {
        await taken(deliveries);
        expect((await messages(store)).map(shown)).toEqual(reference(all).timeline().map(expected));
      }),
      { numRuns: RUNS },
    );
  });

  test("knows rooms, members, counts and pins as the reference does", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(delivered(pairs), async ([all, deliveries]) => {
        await taken(deliveries);
        const state = reference(all);
        const room = await store.reads.room(ROOM);
        expect(room?.topic ?? "").toBe(state.topic() ?? "");
        expect(room?.purgedUpTo).toEqual(state.purgedUpTo());
        expect(room?.name ?? "").toBe(state.settings()?.name ?? "");
        expect(await store.reads.count(ROOM)).toBe(room?.total ?? 0);

        const members = (await store.reads.members(ROOM)).map(({ user, name, standing, role }) => ({
          user,
          name,
          standing,
          role,
        }));
        const theirs = state.members().map(({ user, name, standing, role }) => ({ user, name, standing, role }));
        expect(members).toEqual(theirs);

        const timeline = state.timeline();
        const pinned = (await store.reads.pinned(ROOM)).map(({ replica, counter }) => dotKey([replica, counter]));
        expect(new Set(pinned)).toEqual(new Set(timeline.flatMap(({ dot, pinned }) => (pinned ? dotKey(dot) : []))));

        for (const { key, replies } of await messages(store)) {
          const answers = timeline.filter(({ thread }) => thread !== undefined && dotKey(thread) === key);
          expect(replies).toEqual({
            count: answers.length,
            lastMs: Math.max(0, ...answers.map(({ stamp }) => stamp[0])),
            users: [...new Set(answers.flatMap(({ author }) => author ?? []))].sort(),
          });
        }
      }),
      { numRuns: RUNS },
    );
  });

  test("gives everything back for a digest", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(delivered(pairs), async ([all, deliveries]) => {
        await taken([]);
        await store.opened(info({ head: 0 }), false);
        for (const piece of deliveries) await store.take(ROOM, piece, "live");
        await store.synced(ROOM, [EPOCH, all.length]);
        const entries = await store.everything(ROOM);
        expect(entries).toBeDefined();
        // What a purge or a delete covers has no content any more here; the state is the same all the same.
        expect(
          reference(entries ?? [])
            .timeline()
            .map(expected),
        ).toEqual(reference(all).timeline().map(expected));
      }),
      { numRuns: RUNS },
    );
  });
});
