import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { Message, TimelineItem } from "../model.js";
import type { Entry } from "../protocol/op.js";
import { dotKey } from "../protocol/values.js";
import type { Store } from "../store/store.js";
import { ANN, annsStore, BEN, info, newDevice, post, posts, ROOM, THEIRS } from "../store/testing.js";
import { QUIET, when } from "./testing.js";
import { openViews, type Views } from "./views.js";

const texts = (items: readonly TimelineItem[]): string[] =>
  items.map((item) => (item.kind === "message" && item.body.state === "present" ? item.body.text : item.kind));

let store: Store;
let views: Views;

beforeEach(async () => {
  newDevice();
  store = await annsStore();
  await store.opened(info(), false);
  views = openViews(store, QUIET);
});

afterEach(async () => {
  views.close();
  await store.close();
});

describe("a timeline", () => {
  it("reads the newest page, then older ones, and holds a bounded number", async () => {
    for (let first = 1; first <= 1_000; first += 250) await store.take(ROOM, posts(first, first + 249), "live");
    const timeline = views.timeline(ROOM);
    const opened = await when(timeline.view, ({ state }) => state === "ready");
    expect(texts(opened.items)).toEqual(texts(posts(941, 1_000).map(asItem)));
    expect(opened).toMatchObject({ before: "local", after: false, offset: 940, total: 1_000 });

    for (let page = 0; page < 20; page += 1) await timeline.loadOlder();
    const oldest = timeline.view.get();
    expect(oldest).toMatchObject({ before: "start", after: true, offset: 0, total: 1_000 });
    expect(oldest.items).toHaveLength(600);
    expect(texts(oldest.items)[0]).toBe("message 1");

    await timeline.loadNewer();
    expect(timeline.view.get()).toMatchObject({ before: "local", offset: 60 });
    await timeline.jumpToLatest();
    expect(timeline.view.get()).toMatchObject({ after: false, offset: 940 });
    await timeline.jumpToIndex(500);
    expect(timeline.view.get().offset).toBe(470);
    expect(texts(timeline.view.get().items)[30]).toBe("message 501");
    expect(await timeline.jumpTo(dotKey([THEIRS, 77]))).toBe(true);
    expect(timeline.view.get().offset).toBe(46);
    expect(await timeline.jumpTo(dotKey([THEIRS, 7_777]))).toBe(false);
  });

  it("shows what one writes before it is stored, and keeps the other items' objects", async () => {
    await store.take(ROOM, posts(1, 3), "live");
    const timeline = views.timeline(ROOM);
    const before = await when(timeline.view, ({ state }) => state === "ready");
    const written = store.write(ROOM, [{ kind: "post", text: "mine" }]);
    const shown = timeline.view.get().items;
    expect(texts(shown)).toEqual(["message 1", "message 2", "message 3", "mine"]);
    expect(shown.slice(0, 3).every((item, index) => item === before.items[index])).toBe(true);

    const [op] = await written;
    await Promise.resolve();
    const kept = timeline.view.get().items.at(-1) as Message;
    expect(kept).toMatchObject({ key: dotKey(op?.dot ?? [THEIRS, 0]), delivery: { state: "waiting" }, author: ANN });
    expect(shown.at(-1)?.key).toMatch(/:1$/);

    if (op === undefined) throw new Error("nothing was written");
    store.markSent(ROOM, [op.dot], true);
    await when(timeline.view, ({ items }) => (items.at(-1) as Message).delivery.state === "sent");
    // Stored before a message that is here already: it takes its place.
    await store.acked(ROOM, [{ dot: op.dot, stamp: [1_000_002, 5], offset: 4 }]);
    const stored = await when(timeline.view, ({ items }) =>
      items.every((item) => item.kind === "message" && item.delivery.state === "stored"),
    );
    expect(texts(stored.items)).toEqual(["message 1", "message 2", "mine", "message 3"]);
    expect(stored.total).toBe(4);
  });

  it("keeps answers in their thread and counts them at the root", async () => {
    const root = dotKey([THEIRS, 1]);
    const answer = post(2, { text: "answer", thread: [THEIRS, 1] });
    await store.take(ROOM, [answer], "live");
    await store.take(ROOM, [post(1)], "live");
    const timeline = views.timeline(ROOM);
    const { items } = await when(timeline.view, ({ state }) => state === "ready");
    expect(texts(items)).toEqual(["message 1"]);
    expect((items[0] as Message).replies).toEqual({ count: 1, lastMs: 1_000_002, users: [BEN] });
    const thread = views.thread(ROOM, root);
    const opened = await when(thread.view, ({ state }) => state === "ready");
    expect(texts(opened.items)).toEqual(["message 1", "answer"]);
    const mine = store.write(ROOM, [{ kind: "post", text: "mine", thread: [THEIRS, 1] }]);
    expect(texts(thread.view.get().items)).toEqual(["message 1", "answer", "mine"]);
    expect(texts(timeline.view.get().items)).toEqual(["message 1"]);
    await mine;
    await when(timeline.view, (view) => (view.items[0] as Message).replies.count === 2);
  });
});

const asItem = ({ op }: Entry): TimelineItem =>
  ({ kind: "message", body: { state: "present", text: op["text"] } }) as unknown as TimelineItem;
