/** Slices over the local store: what an app shows, recomputed only where something changed. */

import type { Timeline } from "../api.js";
import type { Account, Member, Presence, RoomCall, RoomSummary, TimelineView } from "../model.js";
import type { DotKey, RoomId, UserId } from "../protocol/values.js";
import type { Slice } from "../slice.js";
import type { Commit } from "../store/context.js";
import type { Store } from "../store/store.js";
import { memberOf, MembersView } from "./members-view.js";
import { PinsView } from "./pins-view.js";
import { ReadCell } from "./read-cell.js";
import { RoomsView } from "./rooms-view.js";
import { TimelineWindow, type WindowOptions } from "./timeline-view.js";

/** What only the connection knows, and views show beside what is stored. */
export interface Moment {
  presence(room: RoomId): Slice<ReadonlyMap<UserId, Presence>>;
  /** Calls that run now, by room. */
  readonly running: Slice<ReadonlyMap<RoomId, RoomCall>>;
  /**
   * Fetches up to `limit` entries before an offset into the store ({@link LocalStore.take} with `history`, and
   * `reachedStart` at the end); `false` when offline or refused. `before` is always the lowest offset that is here.
   */
  fetchOlder(room: RoomId, before: number, limit: number): Promise<boolean>;
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
export const openViews = (store: Store, moment: Moment): Views => new StoreViews(store, moment);

class StoreViews implements Views {
  readonly account: Slice<Account | undefined>;
  readonly #store: Store;
  readonly #moment: Moment;
  readonly #account: ReadCell<Account | undefined>;
  readonly #rooms: RoomsView;
  readonly #members = new Map<RoomId, MembersView>();
  readonly #pins = new Map<RoomId, PinsView>();
  readonly #ends: (() => void)[];
  readonly #ready: Promise<unknown>;

  constructor(store: Store, moment: Moment) {
    this.#store = store;
    this.#moment = moment;
    this.account = this.#account = new ReadCell<Account | undefined>(undefined, async () => {
      const stored = await store.account();
      return stored && { user: stored.user, name: stored.name, kind: stored.kind };
    });
    this.#rooms = new RoomsView(store, moment.running);
    this.#ready = Promise.all([this.#rooms.ready, this.#account.refresh()]);
    this.#ends = [store.onCommit((commit) => this.#onCommit(commit))];
  }

  get rooms(): Slice<readonly RoomSummary[]> {
    return this.#rooms.rooms;
  }

  get outbox(): Views["outbox"] {
    return this.#rooms.outbox;
  }

  summary(room: RoomId): Slice<RoomSummary | undefined> {
    return this.#rooms.summary(room);
  }

  members(room: RoomId): Slice<readonly Member[]> {
    return kept(this.#members, room, () => new MembersView(this.#store, room, this.#moment.presence(room)));
  }

  pins(room: RoomId): Slice<TimelineView["items"]> {
    return kept(this.#pins, room, () => new PinsView(this.#store, room, () => this.#rooms.record(room)));
  }

  draft(room: RoomId): Slice<string> {
    return this.#rooms.draft(room);
  }

  timeline(room: RoomId, options: { readonly at?: DotKey } = {}): Timeline {
    return new TimelineWindow(this.#store, { ...this.#windowOptions(room), ...options });
  }

  thread(room: RoomId, root: DotKey): Timeline {
    return new TimelineWindow(this.#store, { ...this.#windowOptions(room), root });
  }

  async people(): Promise<readonly Member[]> {
    const people = new Map<UserId, Member>();
    for (const record of await this.#store.reads.allMembers()) {
      if (!record.known || record.standing !== "joined" || people.has(record.user)) continue;
      people.set(record.user, memberOf(record, this.#moment.presence(record.room).get().get(record.user)));
    }
    return [...people.values()];
  }

  close(): void {
    this.#rooms.close();
    for (const members of this.#members.values()) members.close();
    for (const end of this.#ends) end();
  }

  #windowOptions(room: RoomId): WindowOptions {
    return {
      room,
      me: () => this.#account.get()?.user,
      record: () => this.#rooms.record(room),
      fetchOlder: (...asked) => this.#moment.fetchOlder(...asked),
      ready: this.#ready,
    };
  }

  #onCommit(commit: Commit): void {
    for (const { part, room } of commit.changes) {
      if (part === "account") void this.#account.refresh();
      if (part === "members" || part === "account") each(this.#members, room, (members) => members.changed());
      if (part === "messages") {
        const records = room && commit.items?.get(room);
        each(this.#pins, room, (pins) => pins.changed(records));
      }
    }
  }
}

/** The one of a room, made when it is first asked for. */
const kept = <T>(all: Map<RoomId, T>, room: RoomId, make: () => T): T => {
  let one = all.get(room);
  if (one === undefined) all.set(room, (one = make()));
  return one;
};

/** The one of a room, or all when no room is named. */
const each = <T>(all: ReadonlyMap<RoomId, T>, room: RoomId | undefined, tell: (one: T) => void): void => {
  if (room === undefined) for (const one of all.values()) tell(one);
  else {
    const one = all.get(room);
    if (one !== undefined) tell(one);
  }
};
