/** Cursors, epochs, lists of rooms and members, purges, search: docs/PROTOCOL.md, "What a client must do", 5 and 6. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Found } from "../model.js";
import { dotKey, type Epoch, type ReplicaId, type RoomId, type UserId } from "../protocol/values.js";
import type { Place } from "./local-store.js";
import { liftedBans } from "./settings.js";
import type { Store } from "./store.js";
import { ANN, annsStore, BEN, EPOCH, info, messages, newDevice, post, posts, ROOM, texts, THEIRS } from "./testing.js";

const OTHER_EPOCH = "1111111111111111" as Epoch;

let store: Store;

beforeEach(async () => {
  newDevice();
  store = await annsStore();
});

afterEach(() => store.close());

const place = async (): Promise<Place | undefined> => (await store.places())[0];

describe("a cursor", () => {
  it("is the highest offset without a gap, over entries, acks and refusals", async () => {
    await store.opened(info(), false);
    await store.take(ROOM, posts(1, 3), "live");
    expect(await place()).toEqual({ room: ROOM, cursor: [EPOCH, 3], lowest: 1 });
    await store.take(ROOM, [post(6)], "live");
    expect(await place()).toMatchObject({ cursor: [EPOCH, 3] });
    const [four, five] = await store.write(ROOM, [
      { kind: "post", text: "four" },
      { kind: "post", text: "five" },
    ]);
    if (four === undefined || five === undefined) throw new Error("nothing was written");
    await store.refused(ROOM, [{ dot: five.dot, code: "invalid", message: "", offset: 5 }]);
    expect(await place()).toMatchObject({ cursor: [EPOCH, 3] });
    await store.acked(ROOM, [{ dot: four.dot, stamp: [2_000_000, 0], offset: 4 }]);
    expect(await place()).toMatchObject({ cursor: [EPOCH, 6] });
  });

  it("of a room that begins with its newest entries stands nowhere until the sync ends", async () => {
    await store.opened(info({ head: 500 }), false);
    await store.take(ROOM, posts(301, 400), "sync");
    expect(await place()).toEqual({ room: ROOM });
    await store.take(ROOM, posts(401, 500), "sync");
    await store.synced(ROOM, [EPOCH, 500]);
    expect(await place()).toEqual({ room: ROOM, cursor: [EPOCH, 500], lowest: 301 });
    await store.take(ROOM, posts(45, 300), "history");
    expect(await place()).toMatchObject({ lowest: 45 });
    await store.take(ROOM, posts(1, 44), "history");
    expect(await place()).toEqual({ room: ROOM, cursor: [EPOCH, 500], lowest: 1 });
    expect(await store.everything(ROOM)).toHaveLength(500);
  });

  it("leaves no hole when such a sync is cut short and begins again further on", async () => {
    await store.opened(info({ head: 400 }), false);
    await store.take(ROOM, posts(301, 350), "sync");
    await store.opened(info({ head: 600 }), false);
    await store.take(ROOM, posts(501, 600), "sync");
    await store.synced(ROOM, [EPOCH, 600]);
    expect(await place()).toEqual({ room: ROOM, cursor: [EPOCH, 600], lowest: 501 });
    await store.take(ROOM, posts(345, 500), "history");
    // What was known before is not asked for again.
    expect(await place()).toMatchObject({ lowest: 301 });
  });

  it("goes over what cannot be read: synced says where it stands", async () => {
    await store.opened(info(), false);
    await store.take(ROOM, posts(1, 3), "live");
    await store.opened(info({ head: 6 }), false);
    await store.take(ROOM, [post(4), post(6)], "sync");
    await store.synced(ROOM, [EPOCH, 6]);
    expect(await place()).toEqual({ room: ROOM, cursor: [EPOCH, 6], lowest: 1 });
  });

  it("of an empty room is 0, with nothing before it", async () => {
    await store.opened(info(), false);
    await store.synced(ROOM, [EPOCH, 0]);
    expect(await place()).toEqual({ room: ROOM, cursor: [EPOCH, 0], lowest: 1 });
  });

  it("says that history is complete when the server has none before", async () => {
    await store.opened(info({ head: 10 }), false);
    await store.take(ROOM, posts(3, 10), "sync");
    await store.synced(ROOM, [EPOCH, 10]);
    await store.reachedStart(ROOM);
    expect(await place()).toMatchObject({ lowest: 1 });
  });
});

describe("another epoch", () => {
  it("voids all offsets and no op", async () => {
    await store.opened(info(), false);
    await store.take(ROOM, posts(1, 3), "live");
    await store.write(ROOM, [{ kind: "post", text: "mine" }]);
    await store.opened(info({ epoch: OTHER_EPOCH, head: 2 }), true);
    expect(await place()).toEqual({ room: ROOM });
    expect(texts(await messages(store))).toEqual(["message 1", "message 2", "message 3", "mine"]);
    await store.take(
      ROOM,
      [
        { ...post(2), offset: 1 },
        { ...post(4), offset: 2 },
      ],
      "sync",
    );
    await store.synced(ROOM, [OTHER_EPOCH, 2]);
    expect(await place()).toEqual({ room: ROOM, cursor: [OTHER_EPOCH, 2], lowest: 1 });
    expect(texts(await messages(store))).toEqual(["message 1", "message 2", "message 3", "message 4", "mine"]);
    expect((await store.batch(ROOM))?.ops).toHaveLength(1);
  });
});

describe("the list of rooms", () => {
  const other = "ffffffffffffffffffffffffffffffff" as RoomId;

  it("forgets rooms one is out of, but not what waits there", async () => {
    await store.saveRooms([info(), info({ room: other })], true);
    await store.write(other, [{ kind: "post", text: "still here" }]);
    await store.saveRooms([info()], true);
    expect((await store.places()).map(({ room }) => room)).toEqual([ROOM]);
    expect(await store.unsent()).toEqual([other]);
    expect((await store.reads.room(other))?.role).toBeUndefined();
  });

  it("knows the other one of a direct room", async () => {
    await store.saveRooms([info({ visibility: "direct", name: "" })], true);
    const member = (offset: number, user: UserId) =>
      post(offset, { kind: "member", user, name: user, standing: "joined", role: "member" });
    await store.take(ROOM, [member(1, ANN), member(2, BEN)], "live");
    expect((await store.reads.room(ROOM))?.peer).toBe(BEN);
  });

  it("takes the server's list of members over older ops, and newer ops over the list", async () => {
    await store.opened(info({ head: 0 }), false);
    const member = (offset: number, standing: string) =>
      post(offset, { kind: "member", user: BEN, name: `Ben ${offset}`, standing, role: "member" });
    await store.take(ROOM, [post(5)], "live");
    await store.saveMembers(ROOM, [{ user: BEN, name: "Ben", role: "owner" }]);
    await store.take(ROOM, [member(2, "left")], "history");
    expect(await store.reads.members(ROOM)).toMatchObject([{ name: "Ben", standing: "joined", role: "owner" }]);
    await store.take(ROOM, [member(6, "kicked")], "live");
    expect(await store.reads.members(ROOM)).toMatchObject([{ name: "Ben 6", standing: "kicked", role: "member" }]);
  });
});

describe("a lifted ban", () => {
  const STANDINGS = ["joined", "kicked", "joined", "banned", "kicked", "joined", "kicked"] as const;
  const turns = STANDINGS.map((standing, index) =>
    post(index + 1, { kind: "member", user: BEN, name: "Ben", standing, role: "member" }),
  );

  it.each([
    ["live", [turns]],
    ["with its ban in older history", [turns.slice(4), turns.slice(2, 4), turns.slice(0, 2)]],
    ["with the ban last", [turns.slice(4), turns.slice(0, 3), turns.slice(3, 4)]],
  ])("is told from being put out, %s", async (_, pages) => {
    await store.opened(info({ head: turns.length }), false);
    for (const page of pages) await store.take(ROOM, page, "history");
    const [ben] = await store.reads.members(ROOM);
    expect(ben).toMatchObject({ standing: "kicked" });
    expect(liftedBans(ben?.turns ?? [])).toEqual([`${THEIRS}:5`]);
  });
});

describe("a purge", () => {
  it("is effective at once, and scrubs in the background, edits and history too", async () => {
    await store.take(ROOM, posts(1, 700), "live");
    const edit = post(701, { kind: "edit", target: [THEIRS, 2], text: "edited", dot: [THEIRS, 701] });
    await store.take(ROOM, [edit], "live");
    const purge = {
      offset: 702,
      stamp: [1_000_702, 0],
      op: { dot: ["5e5e5e5e5e5e5e5e" as ReplicaId, 1], hlc: [1, 0], kind: "purge", up_to: [1_000_650, 0] },
    } as const;
    await store.take(ROOM, [purge], "live");
    const now = await messages(store);
    expect(now.filter(({ body }) => body.state === "present").map(({ dot: [, counter] }) => counter)).toEqual([
      2,
      ...Array.from({ length: 50 }, (_, index) => 651 + index),
    ]);
    const isOver = async (): Promise<void> => expect((await store.reads.room(ROOM))?.purging).toBeUndefined();
    await vi.waitFor(isOver, { timeout: 50_000 });
    const raw = await store.reads.whole(ROOM);
    expect(raw.filter(({ op }) => op["text"] !== undefined)).toHaveLength(50);
    await store.take(ROOM, [post(5)], "history");
    expect(texts(await messages(store))[4]).toBe("purged");
  });
});

describe("searching", () => {
  const found = async (query: Parameters<Store["search"]>[0]): Promise<readonly (string | undefined)[]> => {
    const all: Found[] = [];
    await store.search(query, (some) => all.push(...some));
    return texts(all.map(({ message }) => message));
  };

  beforeEach(async () => {
    await store.take(
      ROOM,
      [
        post(1, { text: "Crème brûlée" }),
        post(2, { text: "你好，世界" }),
        post(3, { text: "creme FRAICHE", author: ANN }),
        post(4, { text: "gone creme" }),
        post(5, { text: "an answer with Crème", thread: [THEIRS, 1] }),
        post(6, { kind: "delete", target: [THEIRS, 4] }),
      ],
      "live",
    );
  });

  it("finds without regard to case and accents, newest first, in threads too", async () => {
    expect(await found({ text: "CREME" })).toEqual(["creme FRAICHE", "Crème brûlée", "an answer with Crème"]);
    expect(await found({ text: "世界" })).toEqual(["你好，世界"]);
    expect(await found({ text: "creme", from: ANN })).toEqual(["creme FRAICHE"]);
    expect(await found({ text: "creme", limit: 1 })).toEqual(["creme FRAICHE"]);
    expect(await found({ text: "creme", room: "ffffffffffffffffffffffffffffffff" as RoomId })).toEqual([]);
    expect(await found({ text: " " })).toEqual([]);
  });

  it("stops when told", async () => {
    const stop = new AbortController();
    stop.abort();
    expect(await found({ text: "creme", signal: stop.signal })).toEqual([]);
  });

  it("tells older versions of a message", async () => {
    const edit = (offset: number, text: string) =>
      post(offset, { kind: "edit", target: [THEIRS, 1], text, hlc: [1_000_000 + offset, 0] });
    await store.take(ROOM, [edit(8, "third"), edit(7, "second")], "live");
    const versions = await store.versions(ROOM, dotKey([THEIRS, 1]));
    expect(versions.map(({ text }) => text)).toEqual(["Crème brûlée", "second", "third"]);
    expect(await store.versions(ROOM, dotKey([THEIRS, 4]))).toEqual([]);
  });
});
