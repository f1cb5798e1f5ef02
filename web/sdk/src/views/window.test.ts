/** A window is always a piece of what is known, without holes and in order, wherever it is and whatever comes meanwhile. */

import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";

import type { Timeline } from "../api.js";
import type { TimelineItem } from "../model.js";
import type { Entry } from "../protocol/op.js";
import { dotKey, type DotKey, type Stamp } from "../protocol/values.js";
import type { Store } from "../store/store.js";
import { annsStore, EPOCH, info, messages, newDevice, post, posts, ROOM, THEIRS } from "../store/testing.js";
import { WINDOW_MAX } from "./stretch.js";
import { QUIET } from "./testing.js";
import { openViews, type Views } from "./views.js";

/** What the server has. Here are the newest at first. */
const HEAD = 900;
const TAIL = 200;

type Step =
  | { readonly do: "older" | "newer" | "latest" | "write" | "ack" | "receive" | "react" | "backfill" | "delete" }
  | { readonly do: "index" | "message"; readonly at: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constantFrom("older", "older", "newer", "latest", "write", "ack", "receive", "react", "backfill", "delete"),
  }) as fc.Arbitrary<Step>,
  fc.record({ do: fc.constantFrom("index", "message"), at: fc.integer({ min: 0, max: HEAD }) }) as fc.Arbitrary<Step>,
);

/** Steps, and whether each is waited for. */
const walk = (wait: fc.Arbitrary<boolean>) => fc.array(fc.tuple(step, wait), { maxLength: 14 });

class Session {
  readonly store: Store;
  readonly views: Views;
  readonly timeline: Timeline;
  #next = HEAD + 1;

  private constructor(store: Store, views: Views) {
    this.store = store;
    this.views = views;
    this.timeline = views.timeline(ROOM);
  }

  static async open(): Promise<Session> {
    newDevice();
    const store = await annsStore();
    await store.opened(info({ head: HEAD }), false);
    await store.take(ROOM, posts(HEAD - TAIL + 1, HEAD), "sync");
    await store.synced(ROOM, [EPOCH, HEAD]);
    const fetchOlder = async (_room: unknown, before: number, limit: number): Promise<boolean> => {
      await store.take(ROOM, posts(Math.max(1, before - limit), before - 1), "history");
      return true;
    };
    const views = openViews(store, { ...QUIET, fetchOlder });
    return new Session(store, views);
  }

  async close(): Promise<void> {
    this.timeline.close();
    this.views.close();
    await this.store.close();
  }

  async run(step: Step): Promise<unknown> {
    const { timeline, store } = this;
    switch (step.do) {
      case "older":
        return timeline.loadOlder();
      case "newer":
        return timeline.loadNewer();
      case "latest":
        return timeline.jumpToLatest();
      case "index":
        return timeline.jumpToIndex(step.at);
      case "message":
        return timeline.jumpTo(dotKey([THEIRS, step.at + 1]));
      case "write":
        return store.write(ROOM, [{ kind: "post", text: "mine" }]);
      case "ack":
        return this.#ack();
      case "receive":
        return this.#receive({});
      case "react":
        return this.#receive({ kind: "reaction", target: [THEIRS, HEAD - 1], emoji: "👍", on: true });
      case "delete":
        return this.#receive({ kind: "delete", target: [THEIRS, HEAD - 40] });
      case "backfill":
        return this.#backfill();
    }
  }

  async #ack(): Promise<void> {
    const [op] = (await this.store.batch(ROOM))?.ops ?? [];
    if (op === undefined) return;
    const offset = this.#next++;
    // Now and then before what is here already.
    const stamp: Stamp = [1_000_000 + offset - (offset % 3 === 0 ? 100 : 0), 1];
    await this.store.acked(ROOM, [{ dot: op.dot, stamp, offset }]);
  }

  #receive(fields: Readonly<Record<string, unknown>>): Promise<unknown> {
    const entry: Entry = post(this.#next++, fields);
    return this.store.take(ROOM, [entry], "live");
  }

  async #backfill(): Promise<void> {
    const lowest = (await this.store.places())[0]?.lowest ?? 1;
    if (lowest > 1) await this.store.take(ROOM, posts(Math.max(1, lowest - 64), lowest - 1), "history");
  }
}

const keys = (items: readonly TimelineItem[]): readonly DotKey[] => items.map(({ key }) => key);

let session: Session | undefined;
afterEach(() => session?.close());

describe("a window", () => {
  test("is a piece of what is known", { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(walk(fc.boolean()), walk(fc.constant(true))), async (steps) => {
        await session?.close();
        session = await Session.open();
        const { timeline, store } = session;
        let running: Promise<unknown>[] = [];
        for (const [one, wait] of steps) {
          running.push(session.run(one));
          if (!wait) continue;
          await Promise.all(running);
          running = [];
        }
        await Promise.all(running);
        // Behind everything that was asked for.
        await timeline.loadNewer();
        await new Promise((resolve) => setTimeout(resolve, 0));

        const all = await messages(store);
        const view = timeline.view.get();
        const from = all.findIndex(({ key }) => key === view.items[0]?.key);
        expect(keys(view.items)).toEqual(keys(all.slice(from, from + view.items.length)));
        expect(view.items).toEqual(all.slice(from, from + view.items.length));
        expect(view.items.length).toBeLessThanOrEqual(WINDOW_MAX);
        expect(view.after).toBe(from + view.items.length < all.length);
        expect(view.total).toBe(all.length);
        const complete = (await store.places())[0]?.lowest === 1;
        expect(view.before).toBe(from > 0 ? "local" : complete ? "start" : "server");
        // What comes while a page is read may shift the scroll bar by an item or two, away from the end.
        if (!view.after || steps.every(([, wait]) => wait)) expect(view.offset).toBe(from);
      }),
      { numRuns: 30 },
    );
  });
});
