/** What views read: a page, some messages, never a whole room. */

import type { Version } from "../model.js";
import type { Entry } from "../protocol/op.js";
import { dotKey, parseDotKey, type Dot, type DotKey, type RoomId } from "../protocol/values.js";
import { compareWritten, contentGone } from "../crdt/message.js";
import type { Database } from "./database.js";
import { hasContent, REPLY_STUB } from "./item.js";
import type { StoredAccount } from "./local-store.js";
import { stampOf } from "./records.js";
import type { ItemRecord, Lane, MemberRecord, Position, RoomRecord } from "./records.js";
import { dotIn, laneFrom, laneSpan, roomSpan, wholeRoom, type Schema } from "./schema.js";

const READ = { mode: "readonly" } as const;

export class Reads {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  account(): Promise<StoredAccount | undefined> {
    return this.#db.run(["meta"], READ, (tx) => tx.get("meta", "account") as Promise<StoredAccount | undefined>);
  }

  rooms(): Promise<readonly RoomRecord[]> {
    return this.#db.run(["rooms"], READ, (tx) => tx.getAll("rooms"));
  }

  room(room: RoomId): Promise<RoomRecord | undefined> {
    return this.#db.run(["rooms"], READ, (tx) => tx.get("rooms", room));
  }

  drafts(): Promise<readonly { readonly room: RoomId; readonly text: string }[]> {
    return this.#db.run(["drafts"], READ, (tx) => tx.getAll("drafts"));
  }

  members(room: RoomId): Promise<readonly MemberRecord[]> {
    return this.#db.run(["members"], READ, (tx) => tx.getAll("members", roomSpan(room)));
  }

  allMembers(): Promise<readonly MemberRecord[]> {
    return this.#db.run(["members"], READ, (tx) => tx.getAll("members"));
  }

  /** Up to `limit` items that end before a position, or at the end of the lane; in order. */
  before(lane: Lane, before: Position | undefined, limit: number): Promise<readonly ItemRecord[]> {
    return this.#db.run(["items"], READ, (tx) => tx.getLast("items", laneSpan(lane, undefined, before), limit));
  }

  /** Up to `limit` items after a position, or from the start of the lane. */
  after(lane: Lane, after: Position | undefined, limit: number): Promise<readonly ItemRecord[]> {
    return this.#db.run(["items"], READ, (tx) => tx.getAll("items", laneSpan(lane, after), limit));
  }

  /** Up to `limit` items from a position on. */
  from(lane: Lane, from: Position, limit: number): Promise<readonly ItemRecord[]> {
    return this.#db.run(["items"], READ, (tx) => tx.getAll("items", laneFrom(lane, from), limit));
  }

  /** How many items a lane has before a position, or in all. */
  count(lane: Lane, before?: Position): Promise<number> {
    return this.#db.run(["items"], READ, (tx) => tx.count("items", laneSpan(lane, undefined, before)));
  }

  /** The item with `index` items before it, of `total`: sought from the nearer end. */
  at(lane: Lane, index: number, total: number): Promise<ItemRecord | undefined> {
    return this.#db.run(["items"], READ, async (tx) => {
      const fromStart = index * 2 < total;
      const key = fromStart
        ? await tx.keyAt("items", laneSpan(lane), "next", index)
        : await tx.keyAt("items", laneSpan(lane), "prev", Math.max(0, total - 1 - index));
      return key === undefined ? undefined : tx.get("items", key as unknown as Schema["items"]["key"]);
    });
  }

  async items(room: RoomId, keys: Iterable<DotKey>): Promise<ReadonlyMap<DotKey, ItemRecord | undefined>> {
    const dots = [...keys].map((key) => [key, parseDotKey(key)] as const);
    return this.#db.run(["items"], READ, async (tx) => {
      const found = await Promise.all(
        dots.map(([, dot]) =>
          dot === undefined ? Promise.resolve(undefined) : tx.getBy("items", "dot", dotIn(room, dot)),
        ),
      );
      return new Map(dots.map(([key], index) => [key, found[index]]));
    });
  }

  async item(room: RoomId, dot: Dot): Promise<ItemRecord | undefined> {
    return (await this.items(room, [dotKey(dot)])).get(dotKey(dot));
  }

  pinned(room: RoomId): Promise<readonly ItemRecord[]> {
    return this.#db.run(["items"], READ, (tx) =>
      tx.getAllBy("items", "pinned", { from: [room, 1], to: [room, 1] }, PINNED_MAX),
    );
  }

  /** What a message said before, and says now; oldest first. */
  async versions(room: RoomId, message: DotKey): Promise<readonly Version[]> {
    const dot = parseDotKey(message);
    if (dot === undefined) return [];
    const [record, item, about] = await this.#db.run(["rooms", "items", "ops"], READ, (tx) =>
      Promise.all([
        tx.get("rooms", room),
        tx.getBy("items", "dot", dotIn(room, dot)),
        tx.getAllBy("ops", "target", { from: [room, ...dot], to: [room, ...dot] }),
      ]),
    );
    if (item === undefined || item.fold?.deleted === true) return [];
    const edits = about.filter(({ op }) => op.kind === "edit" && op.author === item.op.author).sort(compareWritten);
    return [{ op: item.op, stamp: stampOf(item) }, ...edits]
      .filter(({ op, stamp }) => hasContent(op) && !contentGone(stamp, record?.purgedUpTo))
      .map(({ op: { hlc, text } }) => ({ hlc, text: typeof text === "string" ? text : "" }));
  }

  /** All items of a room, those of its threads too. */
  whole(room: RoomId): Promise<readonly ItemRecord[]> {
    return this.#db.run(["items"], READ, (tx) => tx.getAll("items", wholeRoom(room)));
  }

  /** Everything accepted in a room; `undefined` while older entries are missing. Offsets are not kept: all are 0. */
  everything(room: RoomId): Promise<readonly Entry[] | undefined> {
    return this.#db.run(["rooms", "items", "ops"], READ, async (tx) => {
      const record = await tx.get("rooms", room);
      if (record?.lowest !== 1) return undefined;
      const [items, ops] = await Promise.all([tx.getAll("items", wholeRoom(room)), tx.getAll("ops", roomSpan(room))]);
      const entries: Entry[] = [];
      for (const item of items) {
        const stamp = stampOf(item);
        if (stamp !== undefined) entries.push({ offset: 0, stamp, op: item.op });
      }
      for (const { op, stamp } of ops) {
        if (stamp !== undefined && op.kind !== REPLY_STUB) entries.push({ offset: 0, stamp, op });
      }
      return entries;
    });
  }
}

/** How many pinned messages a room shows. */
const PINNED_MAX = 200;
