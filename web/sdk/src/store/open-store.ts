/** Opening the local op log: the parts of the store put together. */

import type { SearchQuery } from "../api.js";
import { tellAll } from "../listeners.js";
import type { Found, Persistence } from "../model.js";
import type { Entry, WireOp } from "../protocol/op.js";
import type { RoomInfo } from "../protocol/server-frames.js";
import {
  dotKey,
  type Cursor,
  type Dot,
  type DotKey,
  type ReplicaId,
  type RoomId,
  type Stamp,
  type UserId,
} from "../protocol/values.js";
import type { Slice } from "../slice.js";
import { randomReplica, type Commit, type Context } from "./context.js";
import { Database } from "./database.js";
import type { Batch, Change, LocalStore, OpBody, Place, StoredAccount } from "./local-store.js";
import { dropNotes, Journal, leftNotes } from "./journal.js";
import * as outbox from "./outbox.js";
import { Pending } from "./pending.js";
import { purgeAll, purgeRoom } from "./purge.js";
import { Reads } from "./reads.js";
import * as rooms from "./rooms.js";
import { STORES } from "./schema.js";
import { search } from "./search.js";
import { take, type HowTaken } from "./take.js";

/** Where to keep it, and what tests replace. */
export interface StoreOptions {
  /** Name of the database; tabs that share it share the account. Default `greenroom`. */
  readonly database?: string;
  /** `memory` keeps nothing on the device. Default `disk`. */
  readonly storage?: "disk" | "memory";
  /** Unix milliseconds by the device's clock. Default `Date.now`. */
  readonly nowMs?: () => number;
  /** As many random bytes as asked for. Default: WebCrypto's. */
  readonly randomBytes?: (count: number) => Uint8Array;
}

/** Told of each commit, by this tab or another. */
export type CommitListener = (commit: Commit, from: "here" | "elsewhere") => void;

/** The local op log, with what views read of it. */
export interface Store extends LocalStore {
  /** Asks the browser to keep the database when space runs short; `false` when it does not promise to. */
  persist(): Promise<boolean>;
  readonly reads: Reads;
  /** What was written here and is not committed yet. */
  readonly pending: Pending;
  /** Whether an unacked op is on its way. */
  readonly isSent: (dot: DotKey) => boolean;
  onCommit(listener: CommitListener): () => void;
}

/**
 * Opens the store. Never rejects: when the disk cannot be used (blocked, missing, or no answer within five seconds) it
 * works in memory, and `persistence` says so.
 */
export const openStore = async (options: StoreOptions = {}): Promise<Store> => {
  const db = await Database.open(options.database ?? "greenroom", options.storage ?? "disk");
  const store = new IndexedStore(db, options);
  await store.writeLeftNotes();
  void store.resume();
  return store;
};

class IndexedStore implements Store {
  readonly reads: Reads;
  readonly pending: Pending;
  readonly #db: Database;
  readonly #context: Context;
  readonly #listeners = new Set<CommitListener>();
  readonly #sent = new Set<DotKey>();
  readonly #name: string;
  readonly #journal: Journal;

  constructor(db: Database, options: StoreOptions) {
    this.#db = db;
    this.#name = options.database ?? "greenroom";
    this.reads = new Reads(db);
    this.#context = {
      db,
      nowMs: options.nowMs ?? Date.now,
      randomBytes: options.randomBytes ?? ((count) => crypto.getRandomValues(new Uint8Array(count))),
      emit: (commit) => this.#tell(commit, "here"),
    };
    this.pending = new Pending(this.#context);
    this.#journal = new Journal(this.#name, randomReplica(this.#context), this.#noteStorage());
  }

  get persistence(): Slice<Persistence> {
    return this.#db.persistence;
  }

  readonly isSent = (dot: DotKey): boolean => this.#sent.has(dot);

  /** Goes on with what an earlier session left unfinished. */
  async resume(): Promise<void> {
    await purgeAll(this.#context).catch(() => undefined);
  }

  async persist(): Promise<boolean> {
    const storage = (globalThis.navigator as Navigator | undefined)?.storage;
    return (await storage?.persist?.().catch(() => false)) ?? false;
  }

  onCommit(listener: CommitListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onChange(listener: (changes: readonly Change[], from: "here" | "elsewhere") => void): () => void {
    return this.onCommit((commit, from) => listener(commit.changes, from));
  }

  announce(changes: readonly Change[]): void {
    // A store that is closed meanwhile has nobody to tell.
    this.#announce(changes).catch(() => undefined);
  }

  account(): Promise<StoredAccount | undefined> {
    return this.reads.account();
  }

  async saveAccount(account: StoredAccount): Promise<void> {
    await this.#db.run(["meta"], { mode: "readwrite", strict: true }, (tx) => {
      tx.put("meta", account, "account");
      return Promise.resolve();
    });
    this.#tell({ changes: [{ part: "account" }] }, "here");
  }

  async erase(): Promise<void> {
    // What a page left of somebody else's must not be written in the name of whoever comes next.
    const storage = this.#noteStorage();
    for (const left of leftNotes(this.#name, storage)) dropNotes(left, storage);
    await this.#db.run(STORES, { mode: "readwrite", strict: true }, (tx) => {
      for (const store of STORES) tx.clear(store);
      return Promise.resolve();
    });
    this.#sent.clear();
    this.pending.forget();
    const parts: Change["part"][] = ["account", "rooms", "outbox", "draft", "members", "messages"];
    this.#tell({ changes: parts.map((part) => ({ part })), rooms: [] }, "here");
  }

  async setClockSkew(skewMs: number): Promise<void> {
    await this.#db.run(["meta"], { mode: "readwrite" }, (tx) => {
      tx.put("meta", Math.trunc(skewMs), "skewMs");
      return Promise.resolve();
    });
  }

  async write(room: RoomId, bodies: readonly OpBody[]): Promise<readonly WireOp[]> {
    if (bodies.length === 0) return [];
    const note = { id: randomReplica(this.#context), room, bodies };
    this.#journal.add(note);
    const { replica, settle } = this.pending.add(room, bodies);
    try {
      return await outbox.write(this.#context, note, { replica, committed: () => settle("committed") });
    } finally {
      settle("failed");
      this.#journal.remove(note.id);
    }
  }

  async writeLeftNotes(): Promise<void> {
    const storage = this.#noteStorage();
    for (const left of leftNotes(this.#name, storage)) {
      const options = { replica: randomReplica(this.#context), committed: () => undefined };
      const written = left.notes.map((note) => outbox.write(this.#context, note, options));
      const failed = (await Promise.allSettled(written)).some(({ status }) => status === "rejected");
      // Where the disk was full meanwhile only memory has it.
      if (!failed && this.#noteStorage() !== undefined) dropNotes(left, storage);
    }
  }

  /** Only what a disk keeps may be left behind. */
  #noteStorage(): Storage | undefined {
    if (this.#db.persistence.get().kind !== "disk") return undefined;
    try {
      return globalThis.localStorage;
    } catch {
      return undefined; // forbidden
    }
  }

  unsent(): Promise<readonly RoomId[]> {
    return outbox.unsent(this.#context);
  }

  batch(room: RoomId, after?: Dot): Promise<Batch | undefined> {
    return outbox.batch(this.#context, room, after);
  }

  markSent(room: RoomId, dots: readonly Dot[], sent: boolean): void {
    const keys = dots.map(dotKey);
    for (const key of keys) {
      if (sent) this.#sent.add(key);
      else this.#sent.delete(key);
    }
    if (keys.length > 0) this.#tell({ changes: [{ part: "messages", room, messages: keys }] }, "here");
  }

  async acked(room: RoomId, acks: readonly { dot: Dot; stamp: Stamp; offset: number }[]): Promise<void> {
    for (const { dot } of acks) this.#sent.delete(dotKey(dot));
    await outbox.acked(this.#context, room, acks);
  }

  async refused(
    room: RoomId,
    list: readonly { dot: Dot; code: string; message: string; offset: number }[],
  ): Promise<void> {
    for (const { dot } of list) this.#sent.delete(dotKey(dot));
    await outbox.refused(this.#context, room, list);
  }

  renewReplica(room: RoomId, refused: ReplicaId): Promise<void> {
    return outbox.renewReplica(this.#context, room, refused);
  }

  renewClocks(room: RoomId, refused: readonly WireOp[]): Promise<void> {
    return outbox.renewClocks(this.#context, room, refused);
  }

  setRefusing(room: RoomId, refusal: { readonly code: string; readonly message: string } | undefined): Promise<void> {
    return rooms.setRefusing(this.#context, room, refusal);
  }

  retry(room: RoomId, message: DotKey): Promise<void> {
    return outbox.retry(this.#context, room, message);
  }

  discard(room: RoomId, message: DotKey): Promise<void> {
    return outbox.discard(this.#context, room, message);
  }

  places(): Promise<readonly Place[]> {
    return rooms.places(this.#context);
  }

  saveRooms(infos: readonly RoomInfo[], complete: boolean): Promise<void> {
    return rooms.saveRooms(this.#context, infos, complete);
  }

  opened(room: RoomInfo, epochChanged: boolean): Promise<void> {
    return rooms.opened(this.#context, room, epochChanged);
  }

  async take(room: RoomId, entries: readonly Entry[], how: HowTaken): Promise<readonly Found[]> {
    const found = await take(this.#context, room, entries, how);
    if (entries.some(({ op }) => op.kind === "purge")) void purgeRoom(this.#context, room).catch(() => undefined);
    return found;
  }

  synced(room: RoomId, cursor: Cursor): Promise<void> {
    return rooms.synced(this.#context, room, cursor);
  }

  reachedStart(room: RoomId): Promise<void> {
    return rooms.reachedStart(this.#context, room);
  }

  setRead(room: RoomId, user: UserId, stamp: Stamp, dot: Dot, unread?: number): Promise<void> {
    return rooms.setRead(this.#context, room, user, [stamp, dot], unread);
  }

  async readMarker(room: RoomId): Promise<readonly [Stamp, Dot] | undefined> {
    return (await this.reads.room(room))?.read;
  }

  closed(room: RoomId, code: string): Promise<void> {
    return rooms.closed(this.#context, room, code);
  }

  saveMembers(room: RoomId, members: Parameters<LocalStore["saveMembers"]>[1]): Promise<void> {
    return rooms.saveMembers(this.#context, room, members);
  }

  async setDraft(room: RoomId, text: string): Promise<void> {
    await this.#db.run(["drafts"], { mode: "readwrite" }, (tx) => {
      if (text === "") tx.delete("drafts", room);
      else tx.put("drafts", { room, text });
      return Promise.resolve();
    });
    this.#tell({ changes: [{ part: "draft", room }], draft: { room, text } }, "here");
  }

  versions(room: RoomId, message: DotKey): ReturnType<LocalStore["versions"]> {
    return this.reads.versions(room, message);
  }

  search(query: SearchQuery, onFound: (found: readonly Found[]) => void): Promise<void> {
    return search(this.#db, query, onFound);
  }

  everything(room: RoomId): Promise<readonly Entry[] | undefined> {
    return this.reads.everything(room);
  }

  close(): Promise<void> {
    this.#listeners.clear();
    return this.#db.close();
  }

  async #announce(changes: readonly Change[]): Promise<void> {
    const parts = new Set(changes.map(({ part }) => part));
    const all = parts.has("rooms") || parts.has("account");
    const some = new Set(changes.flatMap(({ room }) => room ?? []));
    const known = all
      ? await this.reads.rooms()
      : (await Promise.all([...some].map((room) => this.reads.room(room)))).filter((record) => record !== undefined);
    this.#tell({ changes, rooms: known }, "elsewhere");
  }

  #tell(commit: Commit, from: "here" | "elsewhere"): void {
    if (commit.rooms !== undefined) this.pending.learn(commit.rooms);
    tellAll(this.#listeners, commit, from);
  }
}
