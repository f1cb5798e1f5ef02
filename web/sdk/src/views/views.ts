/** Slices over the local store: what an app shows, recomputed only where something changed. */

import type { Timeline } from "../api.js";
import type { Account, Member, RoomCall, RoomSummary, TimelineView } from "../model.js";
import type { DotKey, RoomId, UserId } from "../protocol/values.js";
import type { Slice } from "../slice.js";
import type { Store } from "../store/open-store.js";

/** What only the connection knows, and views show beside what is stored. */
export interface Moment {
  /** Who is typing, without oneself. */
  typing(room: RoomId): Slice<readonly UserId[]>;
  presence(room: RoomId): Slice<ReadonlyMap<UserId, PresenceOf>>;
  /** How many are online, also in rooms too large to list. */
  online(room: RoomId): Slice<number>;
  /** Calls that run now, by room. */
  readonly running: Slice<ReadonlyMap<RoomId, RoomCall>>;
  /**
   * Fetches up to `limit` entries before an offset into the store ({@link LocalStore.take} with `history`, and
   * `reachedStart` at the end); `false` when offline or refused. `before` is always the lowest offset that is here.
   */
  fetchOlder(room: RoomId, before: number, limit: number): Promise<boolean>;
}

/** Whether somebody is there. */
export interface PresenceOf {
  readonly status: "online" | "away" | "offline";
  readonly lastSeenMs?: number;
}

/** All views of one store. Slices of a room are the same objects on every call. */
export interface Views {
  readonly account: Slice<Account | undefined>;
  /** One's rooms, the most recently written first. */
  readonly rooms: Slice<readonly RoomSummary[]>;
  /** What is not stored by the server yet, over all rooms. */
  readonly outbox: Slice<{ readonly waiting: number; readonly failed: number }>;
  summary(room: RoomId): Slice<RoomSummary | undefined>;
  members(room: RoomId): Slice<readonly Member[]>;
  pins(room: RoomId): Slice<TimelineView["items"]>;
  draft(room: RoomId): Slice<string>;
  /** A window onto a room, at `at` or at its end. */
  timeline(room: RoomId, options?: { readonly at?: DotKey }): Timeline;
  /** A root and its answers. */
  thread(room: RoomId, root: DotKey): Timeline;
  /** People known from all rooms, once each. */
  people(): Promise<readonly Member[]>;
  /** Ends all subscriptions; the store stays open. */
  close(): void;
}

/** Makes the views of a store. They start empty and fill within a few milliseconds. */
export const openViews = (_store: Store, _moment: Moment): Views => {
  throw new Error("views are being built");
};
