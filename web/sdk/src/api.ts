/** What the SDK offers: one {@link Client} for an account on a device, a {@link RoomHandle} for each room. */

import type {
  Account,
  ConnectionState,
  Found,
  Invite,
  Member,
  Persistence,
  RoomSummary,
  SyncReport,
  TimelineView,
  Version,
} from "./model.js";
import type { Calls } from "./calls/api.js";
import type { Dot, DotKey, InviteId, Role, RoomId, UserId } from "./protocol/values.js";
import type { Slice } from "./slice.js";

/** How to reach a server, and where to keep what is written. */
export interface ClientOptions {
  /** `http(s)://host:port`, the server's own address. */
  readonly url: string;
  /** Name of the local database; tabs that share it share the account. Default `greenroom`. */
  readonly database?: string;
  /** `memory` keeps nothing on the device (bots, and browsers that block storage). Default `disk`. */
  readonly storage?: "disk" | "memory";
  /** For runtimes without one, such as Node 20 (`ws`). */
  readonly webSocket?: typeof WebSocket;
  /** Name and version for the operator's logs. */
  readonly client?: string;
}

/** Who wants in. */
export type Credentials =
  | {
      readonly kind: "guest";
      readonly name: string;
      /**
       * Whoever has this Ed25519 secret key, 32 random bytes, is this guest, and the name is theirs. Default: the key
       * that this device keeps. For bots without a disk's storage, which shall be the same guest tomorrow.
       */
      readonly secretKey?: Uint8Array;
    }
  | { readonly kind: "token"; readonly token: string };

/** A request the server refused; `code` and `advice` are those of docs/PROTOCOL.md, "Errors". */
export interface Refusal extends Error {
  readonly code: string;
  readonly advice: "retry" | "fix" | "reconnect" | "operator";
  readonly retryAfterMs?: number;
}

/** One account on one device. Made by `openClient(options)`. Requests that need the server reject with a {@link Refusal}; `code` is `offline` without a connection. */
export interface Client {
  readonly account: Slice<Account | undefined>;
  readonly connection: Slice<ConnectionState>;
  readonly persistence: Slice<Persistence>;
  /** How far this device's clock is off: server's minus device's, milliseconds. */
  readonly clockSkewMs: Slice<number>;
  /** The last return from being offline for more than a few seconds, until dismissed by {@link Client.dismissSyncReport}. */
  readonly syncReport: Slice<SyncReport | undefined>;
  /** One's rooms, the most recently written first. */
  readonly rooms: Slice<readonly RoomSummary[]>;
  /** What is not stored by the server yet, over all rooms. */
  readonly outbox: Slice<{ readonly waiting: number; readonly failed: number }>;
  readonly calls: Calls;

  /** Signs in on this device. Resolves once the server welcomed it; rejects with a {@link Refusal}. */
  signIn(credentials: Credentials): Promise<Account>;
  /** Forgets the account and everything stored. Loses what is not sent: ask first. */
  signOut(): Promise<void>;
  /** Tries to connect now instead of later. */
  reconnect(): void;
  dismissSyncReport(): void;
  /** Tells rooms whether one is there: `away` when the page is hidden or idle. */
  setPresence(status: "online" | "away"): void;

  room(room: RoomId): RoomHandle;
  createRoom(options: {
    readonly name: string;
    readonly visibility: "public" | "private";
    readonly retentionDays?: number;
  }): Promise<RoomId>;
  openDirect(user: UserId): Promise<RoomId>;
  /** All public rooms, a page at a time. */
  browse(after?: RoomId): Promise<{ readonly rooms: readonly RoomSummary[]; readonly more: boolean }>;
  join(room: RoomId): Promise<void>;
  acceptInvite(room: RoomId, invite: InviteId): Promise<void>;
  /** Searches what is stored on this device, newest first; calls `onFound` as it finds. Resolves when all was read. */
  search(query: SearchQuery, onFound: (found: readonly Found[]) => void): Promise<void>;
  /** People known from one's rooms. */
  people(): Promise<readonly Member[]>;
  /**
   * Every new message of others, as it arrives: for notifications and bots. `missed`: written while there was no
   * connection. Not history: what was there before this device first opened the room.
   */
  onMessage(listener: (found: Found, how: "live" | "missed") => void): () => void;
  /** Ends connections and subscriptions; what is written stays. */
  close(): Promise<void>;
}

/** What to look for: all of it must fit. */
export interface SearchQuery {
  /** Part of the text, without regard to case or accents. */
  readonly text: string;
  readonly room?: RoomId;
  readonly from?: UserId;
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** One room. Writing works offline and never rejects for want of a server. */
export interface RoomHandle {
  readonly id: RoomId;
  readonly summary: Slice<RoomSummary | undefined>;
  readonly members: Slice<readonly Member[]>;
  /** How many are online, also in rooms too large to list. */
  readonly online: Slice<number>;
  readonly typing: Slice<readonly UserId[]>;
  readonly pins: Slice<TimelineView["items"]>;
  readonly draft: Slice<string>;

  /** A window onto the room's messages, that follows the newest. Ends with {@link Timeline.close}. */
  timeline(options?: { readonly at?: DotKey }): Timeline;
  /** A root and its answers. */
  thread(root: DotKey): Timeline;
  /** Older versions of an edited message. */
  versions(message: DotKey): Promise<readonly Version[]>;

  /** Writes a message: kept on this device, then sent. @throws RangeError beyond 16 KiB of UTF-8 or when blank. */
  post(text: string, options?: { readonly thread?: Dot; readonly mentions?: readonly UserId[] }): Promise<Dot>;
  edit(target: Dot, text: string, mentions?: readonly UserId[]): Promise<void>;
  delete(target: Dot): Promise<void>;
  react(target: Dot, emoji: string, on: boolean): Promise<void>;
  pin(target: Dot, on: boolean): Promise<void>;
  setTopic(text: string): Promise<void>;
  /** Writes a failed message again. */
  retry(message: DotKey): Promise<void>;
  /** Gives a failed message up. */
  discard(message: DotKey): Promise<void>;

  setDraft(text: string): void;
  /** Says that one is typing; call on each keystroke, it is sent as often as needed. */
  setTyping(on: boolean): void;
  /** Everything up to here is read. */
  markRead(stamp: readonly [number, number], dot: Dot): void;

  update(change: {
    readonly name?: string;
    readonly visibility?: "public" | "private";
    readonly retentionDays?: number;
  }): Promise<void>;
  leave(): Promise<void>;
  setRole(user: UserId, role: Role): Promise<void>;
  kick(user: UserId, options?: { readonly ban?: boolean }): Promise<void>;
  unban(user: UserId): Promise<void>;
  createInvite(options: { readonly role: Role; readonly expiresS: number; readonly uses?: number }): Promise<Invite>;
  invites(): Promise<readonly Invite[]>;
  revokeInvite(invite: InviteId): Promise<void>;
  /** SHA-256 of the whole state (docs/DIGEST.md); resolves to `undefined` while older history is missing here. */
  digest(): Promise<string | undefined>;
}

/** A window onto a timeline. It holds at most a few hundred items and moves. */
export interface Timeline {
  readonly view: Slice<TimelineView>;
  /** Extends the window; resolves when the items are in `view`. */
  loadOlder(): Promise<void>;
  loadNewer(): Promise<void>;
  /** Moves the window to a message; `false` when it is not known here and cannot be fetched. */
  jumpTo(message: DotKey): Promise<boolean>;
  /** Moves the window to a place among all known items (0 is the oldest): for dragging the scroll bar. */
  jumpToIndex(index: number): Promise<void>;
  jumpToLatest(): Promise<void>;
  close(): void;
}
