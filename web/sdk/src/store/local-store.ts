/**
 * What the rest of the SDK asks of the local op log. The one implementation is on IndexedDB (`openStore`), on a disk's
 * or an in-memory one (fake-indexeddb). Tabs share the database: a write by any tab is one transaction, so counters
 * never collide; whoever holds the connection sends.
 */

import type { Found, Persistence, Version } from "../model.js";
import type { Entry, WireOp } from "../protocol/op.js";
import type { RoomInfo } from "../protocol/server-frames.js";
import type { Cursor, Dot, DotKey, ReplicaId, Role, RoomId, Stamp, UserId } from "../protocol/values.js";
import type { SearchQuery } from "../api.js";
import type { Slice } from "../slice.js";

/** An op without the parts that the store gives it. */
export interface OpBody {
  readonly kind: "post" | "edit" | "delete" | "reaction" | "pin" | "topic";
  readonly [field: string]: unknown;
}

/** The credentials of this device, and what the server made of them. */
export interface StoredAccount {
  readonly kind: "guest" | "token";
  readonly name: string;
  readonly user: UserId;
  /** A guest's Ed25519 secret key, 32 bytes. */
  readonly secretKey?: Uint8Array;
  readonly token?: string;
  readonly node?: string;
}

/** What changed, for views here and in other tabs. */
export interface Change {
  readonly part: "account" | "rooms" | "room" | "messages" | "members" | "outbox" | "draft";
  readonly room?: RoomId;
  /** Of `messages`: which; absent: any. */
  readonly messages?: readonly DotKey[];
}

/** Where to go on in a room. */
export interface Place {
  readonly room: RoomId;
  readonly cursor?: Cursor;
  /** The smallest offset that is here; 1 when history is complete, `undefined` when nothing is. */
  readonly lowest?: number;
}

/** What is unacked in a room, oldest first: ops of one replica without gaps, as many as one `post` takes. */
export interface Batch {
  readonly room: RoomId;
  readonly ops: readonly WireOp[];
}

/** The local op log with what is derived from it. All promises reject only on bugs: a full disk moves the store to memory. */
export interface LocalStore {
  readonly persistence: Slice<Persistence>;
  /** Changes committed by this tab or announced by others, after the data can be read. */
  onChange(listener: (changes: readonly Change[], from: "here" | "elsewhere") => void): () => void;
  /** Another tab committed these. */
  announce(changes: readonly Change[]): void;

  account(): Promise<StoredAccount | undefined>;
  saveAccount(account: StoredAccount): Promise<void>;
  /** Deletes everything. */
  erase(): Promise<void>;
  /** Server's minus device's clock, milliseconds; kept, so that offline writing is right too. */
  setClockSkew(skewMs: number): Promise<void>;

  // Writing.
  /** Gives each body a dot and an hlc, keeps op and outbox entry in one transaction; views show them before. @throws Error when nobody is signed in. */
  write(room: RoomId, bodies: readonly OpBody[]): Promise<readonly WireOp[]>;
  /** Writes what pages were writing as they ended: see `journal.ts`. */
  writeLeftNotes(): Promise<void>;
  /** Rooms with unacked ops. */
  unsent(): Promise<readonly RoomId[]>;
  /** What to send first in a room, after `after` if given. */
  batch(room: RoomId, after?: Dot): Promise<Batch | undefined>;
  /** Marks them as on their way (`sent`), or as waiting again when the link was lost. Not durable. */
  markSent(room: RoomId, dots: readonly Dot[], sent: boolean): void;
  acked(room: RoomId, acks: readonly { dot: Dot; stamp: Stamp; offset: number }[]): Promise<void>;
  refused(room: RoomId, refused: readonly { dot: Dot; code: string; message: string; offset: number }[]): Promise<void>;
  /**
   * `gap`, `dot_conflict`, `foreign_replica`: writes what is unacked again under a new replica, unless another tab has
   * left the `refused` one already: what it sent since would be written twice.
   */
  renewReplica(room: RoomId, refused: ReplicaId): Promise<void>;
  /** `clock_skew`: gives what is unacked new clocks, unless another tab has given them to the `refused` ones already. */
  renewClocks(room: RoomId, refused: readonly WireOp[]): Promise<void>;
  /** The room takes nothing from us now (`not_a_member`, `forbidden`): shows its unacked messages as failed with retry. `undefined`: again. */
  setRefusing(room: RoomId, refusal: { readonly code: string; readonly message: string } | undefined): Promise<void>;
  retry(room: RoomId, message: DotKey): Promise<void>;
  discard(room: RoomId, message: DotKey): Promise<void>;

  // What the server sends.
  /** Of all own rooms, the most recently written first. */
  places(): Promise<readonly Place[]>;
  saveRooms(rooms: readonly RoomInfo[], complete: boolean): Promise<void>;
  opened(room: RoomInfo, epochChanged: boolean): Promise<void>;
  /** Takes entries in any order, twice or more. Moves the cursor when `how` is not `history`. Resolves to the new posts of others. */
  take(room: RoomId, entries: readonly Entry[], how: "live" | "sync" | "history"): Promise<readonly Found[]>;
  /** The end of a sync: the cursor stands there. */
  synced(room: RoomId, cursor: Cursor): Promise<void>;
  /** History below this is complete (an `ops` answer to `history` without `more`). */
  reachedStart(room: RoomId): Promise<void>;
  setRead(room: RoomId, user: UserId, stamp: Stamp, dot: Dot, unread?: number): Promise<void>;
  /** The account's own marker in a room, as this device knows it. */
  readMarker(room: RoomId): Promise<readonly [Stamp, Dot] | undefined>;
  closed(room: RoomId, code: string): Promise<void>;
  saveMembers(
    room: RoomId,
    members: readonly { user: UserId; name: string; role: Role; status?: string; last_seen_ms?: number }[],
  ): Promise<void>;

  // Reading for others than views.
  setDraft(room: RoomId, text: string): Promise<void>;
  versions(room: RoomId, message: DotKey): Promise<readonly Version[]>;
  search(query: SearchQuery, onFound: (found: readonly Found[]) => void): Promise<void>;
  /** All (op, stamp) pairs of a room, for digests; `undefined` while history is incomplete. */
  everything(room: RoomId): Promise<readonly Entry[] | undefined>;
  close(): Promise<void>;
}
