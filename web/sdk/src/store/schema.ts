/** The database: object stores, indexes and ranges of keys. A change of it needs a new {@link SCHEMA_VERSION} and an upgrade. */

import type { Dot, ReplicaId, RoomId, UserId } from "../protocol/values.js";
import type {
  DraftRecord,
  ItemRecord,
  Lane,
  MemberRecord,
  MetaValues,
  OpRecord,
  OutboxRecord,
  Position,
  RoomRecord,
} from "./records.js";

export const SCHEMA_VERSION = 1;

type DotInRoom = readonly [RoomId, ReplicaId, number];

/** Key and value of each object store, and the keys of its indexes. */
export interface Schema {
  items: {
    key: readonly [Lane, number, number, ReplicaId, number];
    value: ItemRecord;
    indexes: { dot: DotInRoom; pinned: readonly [RoomId, number] };
  };
  ops: { key: DotInRoom; value: OpRecord; indexes: { target: DotInRoom } };
  outbox: { key: DotInRoom; value: OutboxRecord; indexes: Record<never, never> };
  rooms: { key: RoomId; value: RoomRecord; indexes: Record<never, never> };
  members: { key: readonly [RoomId, UserId]; value: MemberRecord; indexes: Record<never, never> };
  drafts: { key: RoomId; value: DraftRecord; indexes: Record<never, never> };
  meta: { key: keyof MetaValues; value: MetaValues[keyof MetaValues]; indexes: Record<never, never> };
}

export type StoreName = keyof Schema;
export const STORES: readonly StoreName[] = ["items", "ops", "outbox", "rooms", "members", "drafts", "meta"];

/** A range of keys; both ends belong to it unless they are open. */
export interface Span {
  readonly from: IDBValidKey | Unbounded;
  readonly to: IDBValidKey | Unbounded;
  readonly fromOpen?: boolean;
  readonly toOpen?: boolean;
}

/** Keys are read-only here, which the DOM's types do not know. */
type Unbounded = readonly unknown[];

/** Makes what a database of `oldVersion` lacks. */
export const upgrade = (db: IDBDatabase, oldVersion: number): void => {
  if (oldVersion >= 1) return;
  const items = db.createObjectStore("items", { keyPath: ["lane", "ms", "n", "replica", "counter"] });
  items.createIndex("dot", ["room", "replica", "counter"]);
  items.createIndex("pinned", ["room", "pinned"]);
  const ops = db.createObjectStore("ops", { keyPath: ["room", "replica", "counter"] });
  ops.createIndex("target", ["room", "targetReplica", "targetCounter"]);
  db.createObjectStore("outbox", { keyPath: ["room", "replica", "counter"] });
  db.createObjectStore("rooms", { keyPath: "room" });
  db.createObjectStore("members", { keyPath: ["room", "user"] });
  db.createObjectStore("drafts", { keyPath: "room" });
  db.createObjectStore("meta");
};

/** Greater than every number and text in a key. */
const LAST: readonly never[] = [];

export const itemKey = (lane: Lane, [ms, n, replica, counter]: Position): Schema["items"]["key"] => [
  lane,
  ms,
  n,
  replica,
  counter,
];

/** What stands in a lane between two positions, themselves left out; the lane's ends when there are none. */
export const laneSpan = (lane: Lane, after?: Position, before?: Position): Span => ({
  from: after === undefined ? [lane] : itemKey(lane, after),
  to: before === undefined ? [lane, LAST] : itemKey(lane, before),
  fromOpen: after !== undefined,
  toOpen: before !== undefined,
});

/** From a position on, itself included. */
export const laneFrom = (lane: Lane, from: Position): Span => ({ from: itemKey(lane, from), to: [lane, LAST] });

/** All lanes of a room: its own, and those of its threads, whose names go on with a slash. */
export const wholeRoom = (room: RoomId): Span => ({ from: [room], to: [`${room}0`] });

/** Everything of a room in a store whose keys begin with it. */
export const roomSpan = (room: RoomId): Span => ({ from: [room], to: [room, LAST] });

/** A replica's counters from `first` to `last`. */
export const dotSpan = (room: RoomId, replica: ReplicaId, first: number, last: number): Span => ({
  from: [room, replica, first],
  to: [room, replica, last],
});

export const dotIn = (room: RoomId, [replica, counter]: Dot): DotInRoom => [room, replica, counter];
