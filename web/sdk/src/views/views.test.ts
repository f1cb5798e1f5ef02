/** Slices change when what they show changed, and only then. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Message, Presence } from "../model.js";
import { dotKey, type CallId, type Dot, type RoomId, type UserId } from "../protocol/values.js";
import { Cell } from "../slice.js";
import type { Change } from "../store/local-store.js";
import type { Store } from "../store/store.js";
import { ANN, annsStore, BEN, EPOCH, info, newDevice, post, posts, ROOM, THEIRS } from "../store/testing.js";
import { when } from "./testing.js";
import { openViews, type Moment, type Views } from "./views.js";

const OTHER = "ffffffffffffffffffffffffffffffff" as RoomId;

let store: Store;
let views: Views;
const presence = new Cell<ReadonlyMap<UserId, Presence>>(new Map());
const running: Cell<ReturnType<Moment["running"]["get"]>> = new Cell(new Map());
const fetchOlder = vi.fn<Moment["fetchOlder"]>();
const moment: Moment = { presence: () => presence, running, fetchOlder };

beforeEach(async () => {
  newDevice();
  fetchOlder.mockReset().mockResolvedValue(false);
  store = await annsStore();
  await store.opened(info(), false);
  views = openViews(store, moment);
});

afterEach(async () => {
  views.close();
  await store.close();
});

const message = (items: readonly unknown[], at: number): Message => items.at(at) as Message;

const opened = async (room = ROOM) => {
  const timeline = views.timeline(room);
  await when(timeline.view, ({ state }) => state === "ready");
  return timeline;
};

describe("the list of rooms", () => {
  it("has the most recently written first, and keeps the objects of the others", async () => {
    await store.opened(info({ room: OTHER, name: "other" }), false);
    await store.take(OTHER, [post(1)], "live");
    await store.take(ROOM, [post(2)], "live");
    const before = await when(views.rooms, (rooms) => rooms.length === 2);
    expect(before.map(({ name }) => name)).toEqual(["deck", "other"]);
    expect(before[0]).toMatchObject({ unread: 1, lastPostMs: 1_000_002, waiting: 0, draft: false });
    await store.take(OTHER, [post(3)], "live");
    const after = await when(views.rooms, (rooms) => rooms[0]?.name === "other");
    expect(after[1]).toBe(before[0]);
    expect(views.summary(OTHER).get()).toBe(after[0]);
  });

  it("shows drafts, calls, and what waits", async () => {
    await store.setDraft(ROOM, "half a sen");
    await when(views.draft(ROOM), (text) => text === "half a sen");
    await when(views.summary(ROOM), (room) => room?.draft === true);
    const call = { call: "ca11ca11ca11ca11ca11ca11ca11ca11" as CallId, startedBy: BEN, startedMs: 1, participants: 2 };
    running.set(new Map([[ROOM, call]]));
    await when(views.summary(ROOM), (room) => room?.call === call);
    running.set(new Map());
    await store.write(ROOM, [{ kind: "post", text: "mine" }]);
    await when(views.outbox, ({ waiting }) => waiting === 1);
    await store.setRefusing(ROOM, { code: "not_a_member", message: "no" });
    await when(views.outbox, ({ waiting, failed }) => waiting === 0 && failed === 1);
    expect(views.summary(ROOM).get()).toMatchObject({ waiting: 0, failed: 1 });
    await store.setDraft(ROOM, "");
    await when(views.summary(ROOM), (room) => room?.draft === false);
  });

  it("is the same after opening it again", async () => {
    await store.setDraft(ROOM, "kept");
    await store.take(ROOM, posts(1, 3), "live");
    const before = await when(views.rooms, ([room]) => room?.unread === 3);
    views.close();
    await store.close();
    store = await annsStore();
    views = openViews(store, moment);
    expect(await when(views.rooms, ([room]) => room?.draft === true)).toEqual([{ ...before[0], draft: true }]);
    expect((await when(views.account, (account) => account !== undefined))?.user).toBe(ANN);
  });

  it("is empty after all was erased", async () => {
    await when(views.rooms, (rooms) => rooms.length === 1);
    const timeline = await opened();
    await store.erase();
    await when(views.rooms, (rooms) => rooms.length === 0);
    await when(views.account, (account) => account === undefined);
    await when(timeline.view, ({ items }) => items.length === 0);
  });
});

describe("members", () => {
  it("have names, roles and whether they are there", async () => {
    const member = (offset: number, user: UserId, name: string) =>
      post(offset, { kind: "member", user, name, standing: "joined", role: "member" });
    await store.take(ROOM, [member(1, ANN, "Ann"), member(2, BEN, "Ben")], "live");
    const members = views.members(ROOM);
    const before = await when(members, (all) => all.length === 2);
    presence.set(new Map([[BEN, { status: "online" }]]));
    const after = await when(members, (all) => all.some(({ status }) => status === "online"));
    expect(after).toMatchObject([
      { name: "Ann", status: "offline" },
      { name: "Ben", status: "online" },
    ]);
    expect(after[0]).toBe(before[0]);
    await store.setRead(ROOM, BEN, [1_000_001, 0], [THEIRS, 1]);
    await when(members, (all) => all[1]?.read?.[0][0] === 1_000_001);
    expect((await views.people()).map(({ user }) => user)).toEqual([ANN, BEN]);
  });
});

describe("what one does", () => {
  it("shows within the same turn: an edit, a reaction, a pin, a delete", async () => {
    await store.take(ROOM, [post(1), post(2, { author: ANN })], "live");
    const timeline = await opened();
    const [theirs, mine]: readonly [Dot, Dot] = [
      [THEIRS, 1],
      [THEIRS, 2],
    ];
    const shown = (at: number) => message(timeline.view.get().items, at);
    const react = (on: boolean) => store.write(ROOM, [{ kind: "reaction", target: theirs, emoji: "👍", on }]);

    const first = react(true);
    expect(shown(0).reactions).toEqual([{ emoji: "👍", users: [ANN] }]);
    const second = react(false);
    expect(shown(0).reactions).toEqual([]);
    const third = store.write(ROOM, [{ kind: "edit", target: mine, text: "better" }]);
    expect(shown(1)).toMatchObject({ body: { text: "better" }, delivery: { state: "waiting" } });
    const fourth = store.write(ROOM, [{ kind: "pin", target: theirs, on: true }]);
    expect(shown(0).pinned).toBe(true);
    await Promise.all([first, second, third, fourth]);
    await when(timeline.view, ({ items }) => message(items, 0).pinned && message(items, 1).edited !== undefined);
    expect(shown(0).reactions).toEqual([]);
    await when(views.pins(ROOM), (pins) => pins.length === 1);

    const fifth = store.write(ROOM, [{ kind: "delete", target: mine }]);
    expect(shown(1).body).toEqual({ state: "deleted" });
    await fifth;
    expect(shown(1).body).toEqual({ state: "deleted" });
    await store.write(ROOM, [{ kind: "pin", target: theirs, on: false }]);
    await when(views.pins(ROOM), (pins) => pins.length === 0);
  });

  it("never flickers: the message is there in every view from the first to the last", async () => {
    const timeline = await opened();
    const seen: number[] = [];
    timeline.view.subscribe(() => seen.push(timeline.view.get().items.length));
    await Promise.all(["a", "b", "c"].map((text) => store.write(ROOM, [{ kind: "post", text }])));
    const acks = ((await store.batch(ROOM))?.ops ?? []).map(({ dot }, index) => ({
      dot,
      stamp: [3_000_000 + index, 0] as const,
      offset: index + 1,
    }));
    await store.acked(ROOM, acks);
    await when(timeline.view, ({ items }) => items.every((item) => message([item], 0).delivery.state === "stored"));
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(timeline.view.get().items).toHaveLength(3);
  });
});

describe("another tab", () => {
  it("is followed by what it announces", async () => {
    const timeline = await opened();
    const other = await annsStore();
    other.onChange((changes: readonly Change[]) => store.announce(changes));
    await other.write(ROOM, [{ kind: "post", text: "over there" }]);
    await when(timeline.view, ({ items }) => items.length === 1);
    await when(views.outbox, ({ waiting }) => waiting === 1);
    await other.setDraft(ROOM, "there too");
    await when(views.draft(ROOM), (text) => text === "there too");
    // Its counters are known, so that the next message shows under its own dot at once.
    const written = store.write(ROOM, [{ kind: "post", text: "over here" }]);
    const shown = timeline.view.get().items.at(-1)?.key;
    const [op] = await written;
    expect(op && dotKey(op.dot)).toBe(shown);
    await other.close();
  });
});

describe("history", () => {
  it("is fetched when what is here ends, and shows when it comes", async () => {
    await store.opened(info({ head: 300 }), false);
    await store.take(ROOM, posts(290, 300), "sync");
    await store.synced(ROOM, [EPOCH, 300]);
    fetchOlder.mockImplementation(async (_room, before, limit) => {
      await store.take(ROOM, posts(Math.max(1, before - limit), before - 1), "history");
      return true;
    });
    const timeline = await opened();
    expect(timeline.view.get()).toMatchObject({ before: "server", total: 11 });
    await timeline.loadOlder();
    expect(fetchOlder).toHaveBeenCalledExactlyOnceWith(ROOM, 290, 256);
    expect(timeline.view.get()).toMatchObject({ before: "local", total: 267 });
    expect(await timeline.jumpTo(dotKey([THEIRS, 3]))).toBe(true);
    expect(timeline.view.get().before).toBe("start");
  });

  it("stays where it is when there is no connection", async () => {
    await store.opened(info({ head: 300 }), false);
    await store.take(ROOM, posts(290, 300), "sync");
    await store.synced(ROOM, [EPOCH, 300]);
    const timeline = await opened();
    await timeline.loadOlder();
    expect(timeline.view.get()).toMatchObject({ before: "server", total: 11 });
    expect(await timeline.jumpTo(dotKey([THEIRS, 3]))).toBe(false);
  });

  it("says from where one has not read yet", async () => {
    await store.take(ROOM, posts(1, 5), "live");
    await store.setRead(ROOM, ANN, [1_000_003, 0], [THEIRS, 3]);
    const timeline = await opened();
    expect(timeline.view.get().firstUnread).toBe(dotKey([THEIRS, 4]));
  });
});
