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
  /** Name and version for the operator's logs. Default `greenroom-web`. */
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

/**
 * A request the server refused. Tell it from other errors by `isRefusal`; `message` is English, for developers.
 * Source: docs/PROTOCOL.md, "Errors".
 */
export interface Refusal extends Error {
  /** One of the protocol's, or this side's own `offline`, `timeout`, `overloaded`, `replaced` (another signs in). */
  readonly code: string;
  /** Who must act. */
  readonly advice: "retry" | "fix" | "reconnect" | "operator";
  /** Not before this, when the server says so. */
  readonly retryAfterMs?: number;
}

/**
 * One account on one device. Made by `openClient(options)`. Requests that need the server reject with a {@link Refusal};
 * `code` is `offline` without a connection, and after {@link Client.close}.
 */
export interface Client {
  /** Who is signed in on this device; `undefined` when nobody is. */
  readonly account: Slice<Account | undefined>;
  /** What the connection is doing. */
  readonly connection: Slice<ConnectionState>;
  /** Where what is written is kept. */
  readonly persistence: Slice<Persistence>;
  /** How far this device's clock is off: server's minus device's, milliseconds. */
  readonly clockSkewMs: Slice<number>;
  /** The last return from being offline for more than a few seconds, until dismissed by {@link Client.dismissSyncReport}. */
  readonly syncReport: Slice<SyncReport | undefined>;
  /** One's rooms, the most recently written first. */
  readonly rooms: Slice<readonly RoomSummary[]>;
  /** What is not stored by the server yet, over all rooms. */
  readonly outbox: Slice<{ readonly waiting: number; readonly failed: number }>;
  /** Calls of one's rooms. */
  readonly calls: Calls;

  /**
   * Signs in on this device. Resolves once the server welcomed it; rejects with a {@link Refusal}: among others
   * `name_taken`, `guests_refused`, `unauthorized` (also for another user than the one signed in), `offline`.
   */
  signIn(credentials: Credentials): Promise<Account>;
  /** Forgets the account and everything stored. Loses what is not sent: ask first. */
  signOut(): Promise<void>;
  /** Tries to connect now instead of later. */
  reconnect(): void;
  /** Clears {@link Client.syncReport}. */
  dismissSyncReport(): void;
  /** Tells rooms whether one is there: `away` when the page is hidden or idle. */
  setPresence(status: "online" | "away"): void;

  /** The handle of a room, the same one on every call; whether one is in that room says its `summary`. */
  room(room: RoomId): RoomHandle;
  /** Makes a room of which one is the owner. `name`: 1 to 128 bytes of UTF-8; `retentionDays` absent: kept for ever. */
  createRoom(options: {
    readonly name: string;
    readonly visibility: "public" | "private";
    readonly retentionDays?: number;
  }): Promise<RoomId>;
  /** The one room of oneself and this user, made on first use. Rejects with `user_not_found` or `forbidden`. */
  openDirect(user: UserId): Promise<RoomId>;
  /** All public rooms, a page of up to 200 at a time, by id: go on `after` the last. */
  browse(after?: RoomId): Promise<{ readonly rooms: readonly RoomSummary[]; readonly more: boolean }>;
  /** Joins a public room; resolves as well when one is in it. Rejects with `room_not_found` or `forbidden`. */
  join(room: RoomId): Promise<void>;
  /** Joins by an invite. Rejects with `invite_invalid` when it is wrong, expired, revoked or used up. */
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
  /** Part of the text, without regard to case, accents and width. Blank finds nothing. */
  readonly text: string;
  /** In this room alone. */
  readonly room?: RoomId;
  /** Of this author alone. */
  readonly from?: UserId;
  /** How many at most. Default 200. */
  readonly limit?: number;
  /** Ends the search: `search` resolves. */
  readonly signal?: AbortSignal;
}

/**
 * One room. Writing works offline and never rejects for want of a server: what the server refuses later shows in the
 * message's `delivery`. It rejects with an `Error` when nobody is signed in. Managing the room (from `update` on) needs the
 * server, and rejects with a {@link Refusal}; who may do what: docs/PROTOCOL.md, "Rooms, members, invites".
 */
export interface RoomHandle {
  readonly id: RoomId;
  /** As lists show it; `undefined` while nothing is known of the room. */
  readonly summary: Slice<RoomSummary | undefined>;
  /** Everyone known, also who is out again: see `standing`. Subscribing asks the server who is there. */
  readonly members: Slice<readonly Member[]>;
  /** How many are online, also in rooms too large to list. */
  readonly online: Slice<number>;
  /** Who else is typing now. */
  readonly typing: Slice<readonly UserId[]>;
  /** Pinned messages, in the order of the timeline, at most 200. */
  readonly pins: Slice<TimelineView["items"]>;
  /** What {@link RoomHandle.setDraft} kept; empty when there is none. */
  readonly draft: Slice<string>;

  /** A window onto the room's messages, that follows the newest. Ends with {@link Timeline.close}. */
  timeline(options?: { readonly at?: DotKey }): Timeline;
  /** A root and its answers. Ends with {@link Timeline.close}. */
  thread(root: DotKey): Timeline;
  /** Every version of a message that is known, the newest last; empty when it was deleted. */
  versions(message: DotKey): Promise<readonly Version[]>;

  /** Writes a message: kept on this device, then sent. @throws RangeError beyond 16 KiB of UTF-8 or when blank. */
  post(text: string, options?: { readonly thread?: Dot; readonly mentions?: readonly UserId[] }): Promise<Dot>;
  /** Replaces the text of one's own message; others' edits count for nothing. @throws RangeError as `post`. */
  edit(target: Dot, text: string, mentions?: readonly UserId[]): Promise<void>;
  /** Deletes a message for everybody, for ever: one's own, or any as a moderator. */
  delete(target: Dot): Promise<void>;
  /** Sets (`on`) or takes back one's own reaction. `emoji`: at most 64 bytes of UTF-8. */
  react(target: Dot, emoji: string, on: boolean): Promise<void>;
  /** Pins a message, or takes the pin off. Members and up. */
  pin(target: Dot, on: boolean): Promise<void>;
  /** Sets the topic; an empty text is none. Members and up. @throws RangeError beyond 16 KiB of UTF-8. */
  setTopic(text: string): Promise<void>;
  /** Writes a failed message, or the failed edit of one, again. */
  retry(message: DotKey): Promise<void>;
  /** Gives a failed message, or the failed edit of one, up. */
  discard(message: DotKey): Promise<void>;

  /** Keeps what is being typed on this device, a moment after the last call; an empty text forgets it. */
  setDraft(text: string): void;
  /** Says that one is typing; call on each keystroke, it is sent as often as needed. */
  setTyping(on: boolean): void;
  /** Everything up to this message is read, on all one's devices; the marker only moves forward. Kept while offline. */
  markRead(stamp: readonly [number, number], dot: Dot): void;

  /** Changes what is given. Owners. `retentionDays` 0: kept for ever. */
  update(change: {
    readonly name?: string;
    readonly visibility?: "public" | "private";
    readonly retentionDays?: number;
  }): Promise<void>;
  /** Leaves the room. */
  leave(): Promise<void>;
  /** Gives a member a role, at most one's own. Moderators and up. */
  setRole(user: UserId, role: Role): Promise<void>;
  /** Puts a member out; with `ban` for good. Moderators and up. */
  kick(user: UserId, options?: { readonly ban?: boolean }): Promise<void>;
  /** Lets somebody come back who was banned. Moderators and up. */
  unban(user: UserId): Promise<void>;
  /** Makes an invite. `role`: at most one's own; `expiresS`: up to 2,592,000 (30 days); `uses` absent: any number. */
  createInvite(options: { readonly role: Role; readonly expiresS: number; readonly uses?: number }): Promise<Invite>;
  /** The room's valid invites. */
  invites(): Promise<readonly Invite[]>;
  /** Ends an invite: its maker, moderators and up. */
  revokeInvite(invite: InviteId): Promise<void>;
  /** SHA-256 of the whole state (docs/DIGEST.md); resolves to `undefined` while older history is missing here. */
  digest(): Promise<string | undefined>;
}

/** A window onto a timeline. It holds at most 600 items and moves; of what is beyond it lets the far end go. */
export interface Timeline {
  readonly view: Slice<TimelineView>;
  /** Extends the window; resolves when the items are in `view`, at once when there are none. */
  loadOlder(): Promise<void>;
  /** The same at the other end. */
  loadNewer(): Promise<void>;
  /** Moves the window to a message; `false` when it is not known here and cannot be fetched. */
  jumpTo(message: DotKey): Promise<boolean>;
  /** Moves the window to a place among all known items (0 is the oldest): for dragging the scroll bar. */
  jumpToIndex(index: number): Promise<void>;
  /** Moves the window to the end, where it follows what comes. */
  jumpToLatest(): Promise<void>;
  /** Ends it: `view` changes no more. */
  close(): void;
}
