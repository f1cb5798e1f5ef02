/** What the tests of the store and of its views share: a clean IndexedDB, entries, a room. */

import { IDBFactory, IDBKeyRange } from "fake-indexeddb";

import type { Message } from "../model.js";
import type { Entry, Stamped, WireOp } from "../protocol/op.js";
import type { RoomInfo } from "../protocol/server-frames.js";
import { dotKey } from "../protocol/values.js";
import type { Dot, DotKey, Epoch, ReplicaId, RoomId, Stamp, UserId } from "../protocol/values.js";
import { openStore, type Store, type StoreOptions } from "./open-store.js";
import { sameOp } from "./outbox.js";
import { messageOf } from "./present.js";
import type { ItemRecord } from "./records.js";

export const ROOM = "6f1d7c0a5b2e4f3890aabbccddeeff01" as RoomId;
export const EPOCH = "00c0ffee00c0ffee" as Epoch;
export const ANN = "ann" as UserId;
export const BEN = "ben" as UserId;
/** Ben's replica. */
export const THEIRS = "b2b2b2b2b2b2b2b2" as ReplicaId;

/** A device with nothing on it. */
export const newDevice = (): void => {
  globalThis.indexedDB = new IDBFactory();
  globalThis.IDBKeyRange = IDBKeyRange;
};

/** Web Storage in memory. */
export const webStorage = (): Storage => {
  const values = new Map<string, string>();
  return {
    get length() {
      return values.size;
    },
    key: (index) => [...values.keys()][index] ?? null,
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
    clear: () => values.clear(),
  };
};

/** Ann's store on this device: as a new tab opens it. */
export const annsStore = async (options: StoreOptions = {}): Promise<Store> => {
  const store = await openStore({ nowMs: () => 2_000_000, ...options });
  await store.saveAccount({ kind: "guest", name: "Ann", user: ANN });
  return store;
};

export const info = (change: Partial<RoomInfo> = {}): RoomInfo => ({
  room: ROOM,
  epoch: EPOCH,
  head: 0,
  name: "deck",
  visibility: "public",
  members: 1,
  role: "member",
  unread: 0,
  ...change,
});

/** A post of Ben's, the `offset`th entry. */
export const post = (offset: number, fields: Readonly<Record<string, unknown>> = {}): Entry => ({
  offset,
  stamp: [1_000_000 + offset, 0],
  op: {
    dot: [THEIRS, offset],
    hlc: [1_000_000 + offset, 0],
    author: BEN,
    kind: "post",
    text: `message ${offset}`,
    ...fields,
  },
});

export const posts = (from: number, to: number): Entry[] =>
  Array.from({ length: to - from + 1 }, (_, index) => post(from + index));

/** Numbers pairs as a log does. */
export const numbered = (pairs: readonly Stamped[]): Entry[] =>
  pairs.map((pair, index) => ({ ...pair, offset: index + 1 }));

/** Every message of a room as views show it, in the order of their places. */
export const messages = async (store: Store, room: RoomId = ROOM): Promise<readonly Message[]> => {
  const [record, items] = await Promise.all([store.reads.room(room), everyItem(store, room)]);
  const around = { room: record ?? {}, sent: store.isSent };
  return items.flatMap((item) => messageOf(item, around) ?? []);
};

/** What the text of each message is, or what became of it. */
export const texts = (all: readonly Message[]): readonly string[] =>
  all.map(({ body }) => (body.state === "present" ? body.text : body.state));

const everyItem = async (store: Store, room: RoomId): Promise<readonly ItemRecord[]> => {
  const items = [...(await store.reads.whole(room))];
  return items.sort((a, b) => a.ms - b.ms || a.n - b.n || (dotText(a) < dotText(b) ? -1 : 1));
};

/** Counters of the tests have few digits. */
const dotText = ({ replica, counter }: ItemRecord): string => `${replica}${String(counter).padStart(9, "0")}`;

/** What a server answers. */
export interface Acks {
  readonly acks: { dot: Dot; stamp: Stamp; offset: number }[];
  readonly refused: { dot: Dot; code: string; message: string; offset: number }[];
  readonly stopped?: "gap" | "dot_conflict";
  readonly have?: number;
}

/** A server that keeps to docs/PROTOCOL.md, "Posting": texts that begin with `bad` are refused for good. */
export class Server {
  readonly log: Entry[] = [];
  readonly #known = new Map<DotKey, Entry>();
  readonly #have = new Map<ReplicaId, number>();
  #others = 0;

  post(ops: readonly WireOp[]): Acks {
    const answer: Acks = { acks: [], refused: [] };
    for (const op of ops) {
      const known = this.#known.get(dotKey(op.dot));
      if (known !== undefined && known.op.kind !== "void" && !sameOp(op, known.op))
        return { ...answer, stopped: "dot_conflict" };
      const [replica, counter] = op.dot;
      const have = this.#have.get(replica) ?? 0;
      if (known === undefined && counter !== have + 1) return { ...answer, stopped: "gap", have };
      const entry = known ?? this.#append(op);
      const { dot } = op;
      if (entry.op.kind === "void") answer.refused.push({ dot, code: "invalid", message: "no", offset: entry.offset });
      else answer.acks.push({ dot, stamp: entry.stamp, offset: entry.offset });
    }
    return answer;
  }

  /** Somebody else posts. */
  others(): Entry {
    this.#others += 1;
    const { op } = post(this.#others);
    return this.#append(op);
  }

  #append(op: WireOp): Entry {
    const offset = this.log.length + 1;
    const stamp: Stamp = [1_000_000 + offset, 0];
    const bad = typeof op["text"] === "string" && op["text"].startsWith("bad");
    const { dot, hlc } = op;
    const stored: WireOp = bad ? { dot, hlc, author: ANN, kind: "void", code: "invalid" } : { author: ANN, ...op };
    const entry = { offset, stamp, op: stored };
    this.log.push(entry);
    this.#known.set(dotKey(dot), entry);
    this.#have.set(dot[0], dot[1]);
    return entry;
  }
}
