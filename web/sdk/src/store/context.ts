/** What the parts of the store share. */

import { bytesToHex } from "@noble/hashes/utils.js";
import { HLC_ZERO, later, tick } from "../crdt/hlc.js";
import { compareHlc } from "../crdt/order.js";
import type { DotKey, Hlc, ReplicaId, RoomId, Stamp, UserId } from "../protocol/values.js";
import type { Database, TxOptions } from "./database.js";
import type { Change, StoredAccount } from "./local-store.js";
import type { ItemRecord, RoomRecord } from "./records.js";
import type { StoreName } from "./schema.js";
import { Sheet } from "./sheet.js";
import type { Tx } from "./transaction.js";

/** What a committed transaction changed; the records are there so that views need not read them. */
export interface Commit {
  readonly changes: readonly Change[];
  /** Records by room; `undefined` for those that are gone. Absent: read them. */
  readonly items?: ReadonlyMap<RoomId, ReadonlyMap<DotKey, ItemRecord | undefined>>;
  readonly rooms?: readonly RoomRecord[];
  readonly draft?: { readonly room: RoomId; readonly text: string };
}

/** See the head of this file. */
export interface Context {
  readonly db: Database;
  /** Unix milliseconds by the device's clock, without skew. */
  readonly nowMs: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
  /** Tells views and other tabs, after the transaction is on disk. */
  readonly emit: (commit: Commit) => void;
}

/** Everything a transaction on a room's log works with. */
export interface Desk {
  readonly tx: Tx;
  readonly sheet: Sheet;
  readonly account: StoredAccount | undefined;
  readonly clock: DeviceClock;
}

/** The device's clock within one transaction: docs/PROTOCOL.md, "What a client must do", 3. */
class DeviceClock {
  readonly #nowMs: number;
  readonly #before: Hlc;
  #hlc: Hlc;

  constructor(hlc: Hlc | undefined, nowMs: number) {
    this.#before = this.#hlc = hlc ?? HLC_ZERO;
    this.#nowMs = Math.max(0, Math.trunc(nowMs));
  }

  /** The clock of the next op. */
  next(): Hlc {
    this.#hlc = tick(this.#hlc, this.#nowMs);
    return this.#hlc;
  }

  see(stamp: Stamp): void {
    this.#hlc = later(this.#hlc, stamp);
  }

  /** Forgets what was read ahead of time: the server found it too far ahead. */
  reset(lastStamp: Stamp | undefined): void {
    this.#hlc = lastStamp ?? HLC_ZERO;
  }

  save(tx: Tx): void {
    if (compareHlc(this.#hlc, this.#before) !== 0) tx.put("meta", this.#hlc, "clock");
  }
}

/** Stores that work on a room's log needs. */
const LOG_STORES: readonly StoreName[] = ["items", "ops", "outbox", "rooms", "members", "meta"];

/** One transaction on a room's log: `work` changes the sheet, then everything is written, then told. */
export const onLog = async <T>(
  context: Context,
  room: RoomId,
  work: (desk: Desk) => Promise<T>,
  options: {
    /** Flushed to the disk: for what exists nowhere else. */
    readonly strict?: boolean;
    readonly also?: readonly Change["part"][];
    /** Called between the commit and telling of it. */
    readonly committed?: () => void;
  } = {},
): Promise<T> => {
  const tx: TxOptions = { mode: "readwrite", strict: options.strict ?? false };
  const { result, items, record, changes } = await context.db.run(LOG_STORES, tx, async (tx) => {
    const [record, account, clock, skewMs] = await Promise.all([
      tx.get("rooms", room),
      tx.get("meta", "account") as Promise<StoredAccount | undefined>,
      tx.get("meta", "clock") as Promise<Hlc | undefined>,
      tx.get("meta", "skewMs") as Promise<number | undefined>,
    ]);
    const sheet = new Sheet(tx, room, record, account?.user);
    const device = new DeviceClock(clock, context.nowMs() + (skewMs ?? 0));
    const result = await work({ tx, sheet, account, clock: device });
    const items = sheet.flush();
    device.save(tx);
    return { result, items, record: sheet.room, changes: changesOf(room, record, sheet.room, items) };
  });
  for (const part of options.also ?? []) changes.push({ part, room });
  options.committed?.();
  if (changes.length > 0) context.emit({ changes, items: new Map([[room, items]]), rooms: [record] });
  return result;
};

const REPLICA_BYTES = 8;

/** 64 random bits as an id. */
export const randomReplica = (context: Pick<Context, "randomBytes">): ReplicaId =>
  bytesToHex(context.randomBytes(REPLICA_BYTES)) as ReplicaId;

const changesOf = (
  room: RoomId,
  before: RoomRecord | undefined,
  after: RoomRecord,
  items: ReadonlyMap<DotKey, unknown>,
): Change[] => {
  const changes: Change[] = [];
  if (before !== after) changes.push({ part: "room", room });
  if (items.size > 0) changes.push({ part: "messages", room, messages: [...items.keys()] });
  if (before?.waiting !== after.waiting || before.failed !== after.failed) changes.push({ part: "outbox", room });
  return changes;
};

/** Who this device writes as. */
export const authorOf = (account: StoredAccount | undefined): { readonly author?: UserId } =>
  account === undefined ? {} : { author: account.user };
