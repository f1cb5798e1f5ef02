/** A window onto a lane: reads pages, follows commits, moves. It never holds more than {@link WINDOW_MAX} items. */

import type { Timeline } from "../api.js";
import type { TimelineView } from "../model.js";
import { parseDotKey, type DotKey, type RoomId, type UserId } from "../protocol/values.js";
import { Cell, type Slice } from "../slice.js";
import type { Commit } from "../store/context.js";
import type { Store } from "../store/open-store.js";
import {
  comparePosition,
  keyOf,
  laneOf,
  positionOf,
  type ItemRecord,
  type Lane,
  type Position,
  type RoomRecord,
} from "../store/records.js";
import { oncePerTurn } from "./per-turn.js";
import { Presenter } from "./presenter.js";
import type { Moment } from "./views.js";

/** Items read at once. */
const PAGE = 60;
/** Items a window holds at most; the far end is let go. */
export const WINDOW_MAX = 600;
/** Entries asked of the server at once. */
const FETCH = 256;
/** Fetches in a row that {@link TimelineWindow.loadOlder} makes until an item comes: entries may all be reactions. */
const FETCHES_MAX = 8;
/** The same for a message that is to be found. */
const SEEK_FETCHES_MAX = 60;

/** What a window is given besides the store. */
export interface WindowOptions {
  readonly room: RoomId;
  readonly root?: DotKey;
  readonly at?: DotKey;
  readonly me: () => UserId | undefined;
  readonly record: () => RoomRecord | undefined;
  readonly fetchOlder: Moment["fetchOlder"];
  /** When rooms and account are known. */
  readonly ready: Promise<unknown>;
}

type Records = ReadonlyMap<DotKey, ItemRecord | undefined>;

/** See the head of this file. */
export class TimelineWindow implements Timeline {
  readonly view: Slice<TimelineView>;
  readonly #cell = new Cell<TimelineView>(EMPTY);
  readonly #store: Store;
  readonly #options: WindowOptions;
  readonly #lane: Lane;
  readonly #presenter = new Presenter();
  readonly #ends: (() => void)[];
  #root: ItemRecord | undefined;
  #items: readonly ItemRecord[] = [];
  #state: TimelineView["state"] = "loading";
  #more = { before: false, after: false };
  /** Items of the lane before the window. */
  #offset = 0;
  #total = 0;
  #firstUnread: DotKey | undefined;
  /** Counts jumps: a search for a message far back ends when one jumps elsewhere. */
  #jumps = 0;
  /** Commits that came while a page is being read. */
  #backlog: Records[] | undefined;
  #moves: Promise<unknown>;
  /** Any number of commits in one turn make one view. */
  readonly #schedule = oncePerTurn(() => this.#make());
  #closed = false;

  constructor(store: Store, options: WindowOptions) {
    this.view = this.#cell;
    this.#store = store;
    this.#options = options;
    this.#lane = laneOf(options.room, options.root);
    this.#ends = [
      store.onCommit((commit) => this.#onCommit(commit)),
      store.pending.onChange((room) => {
        // Within the same turn: what one writes shows at once, even while a page is being read.
        if (room === options.room) this.#make("now");
      }),
    ];
    this.#moves = this.#open();
  }

  loadOlder(): Promise<void> {
    return this.#move(undefined, async () => {
      if (!this.#more.before && !(await this.#fetchUntil(() => this.#more.before, FETCHES_MAX))) return;
      const first = this.#items[0];
      const page = await this.#store.reads.before(this.#lane, first && positionOf(first), PAGE + 1);
      const older = page.slice(-PAGE);
      this.#more = { ...this.#more, before: page.length > older.length };
      this.#items = [...older, ...this.#items];
      this.#offset = this.#more.before ? Math.max(1, this.#offset - older.length) : 0;
      if (this.#items.length > WINDOW_MAX) {
        this.#items = this.#items.slice(0, WINDOW_MAX);
        this.#more = { ...this.#more, after: true };
      }
    });
  }

  loadNewer(): Promise<void> {
    return this.#move(undefined, async () => {
      const last = this.#items.at(-1);
      if (!this.#more.after || last === undefined) return;
      const page = await this.#store.reads.after(this.#lane, positionOf(last), PAGE + 1);
      this.#more = { ...this.#more, after: page.length > PAGE };
      this.#items = [...this.#items, ...page.slice(0, PAGE)];
      this.#trimStart();
    });
  }

  jumpTo(message: DotKey): Promise<boolean> {
    this.#jumps += 1;
    return this.#move(false, () => this.#goTo(message));
  }

  jumpToIndex(index: number): Promise<void> {
    this.#jumps += 1;
    return this.#move(undefined, async () => {
      const at = Math.min(Math.max(0, Math.trunc(index)), Math.max(0, this.#total - 1));
      const item = await this.#store.reads.at(this.#lane, at, this.#total);
      if (item !== undefined) await this.#around(positionOf(item), at);
    });
  }

  jumpToLatest(): Promise<void> {
    this.#jumps += 1;
    return this.#move(undefined, async () => {
      if (this.#more.after) await this.#toEnd();
    });
  }

  close(): void {
    this.#closed = true;
    for (const end of this.#ends) end();
  }

  /** Reads the first page: around `at`, or the end. */
  async #open(): Promise<void> {
    const { at, root, room } = this.#options;
    await this.#options.ready.catch(() => undefined);
    await this.#reading(async () => {
      const dot = root && parseDotKey(root);
      if (dot !== undefined) this.#root = await this.#store.reads.item(room, dot);
      this.#total = this.#count();
      if (at === undefined || !(await this.#goTo(at))) await this.#toEnd();
      this.#firstUnread = await this.#unreadFrom();
      this.#state = "ready";
    }).catch(() => undefined);
  }

  /** One movement after another, each with the commits that came while it read. After the end there is none. */
  #move<T>(otherwise: T, work: () => Promise<T>): Promise<T> {
    const moved = this.#moves.then(() => (this.#closed ? otherwise : this.#reading(work)));
    const settled = moved.catch((error: unknown) => {
      if (this.#closed) return otherwise;
      throw error;
    });
    this.#moves = settled.catch(() => undefined);
    return settled;
  }

  async #reading<T>(work: () => Promise<T>): Promise<T> {
    this.#backlog = [];
    try {
      return await work();
    } finally {
      this.#catchUp();
      this.#backlog = undefined;
      this.#make();
    }
  }

  async #toEnd(): Promise<void> {
    const page = await this.#store.reads.before(this.#lane, undefined, PAGE + 1);
    this.#items = page.slice(-PAGE);
    this.#more = { before: page.length > PAGE, after: false };
    this.#offset = Math.max(0, this.#total - this.#items.length);
  }

  async #goTo(key: DotKey): Promise<boolean> {
    const dot = parseDotKey(key);
    if (dot === undefined) return false;
    const jump = this.#jumps;
    let item = await this.#store.reads.item(this.#options.room, dot);
    for (let fetches = 0; item === undefined && fetches < SEEK_FETCHES_MAX; fetches += 1) {
      if (jump !== this.#jumps || !(await this.#fetch())) return false;
      item = await this.#store.reads.item(this.#options.room, dot);
    }
    if (item === undefined) return false;
    if (item.lane !== this.#lane) {
      // An answer shows at its root; a root that is asked of its own thread is there already.
      const root = /\/(.+)$/.exec(item.lane)?.[1];
      if (this.#options.root === key) return true;
      return root !== undefined && this.#options.root === undefined ? this.#goTo(root as DotKey) : false;
    }
    await this.#around(positionOf(item), undefined);
    return true;
  }

  /** Puts the window around a position. `index` is how many items lie before it, if that is known. */
  async #around(position: Position, index: number | undefined): Promise<void> {
    const half = Math.trunc(PAGE / 2);
    const [older, newer, counted] = await Promise.all([
      this.#store.reads.before(this.#lane, position, half + 1),
      this.#store.reads.from(this.#lane, position, PAGE + 1),
      index ?? this.#store.reads.count(this.#lane, position),
    ]);
    const before = older.slice(-half);
    this.#items = [...before, ...newer.slice(0, PAGE)];
    this.#more = { before: older.length > half, after: newer.length > PAGE };
    this.#offset = counted - before.length;
  }

  /** How many items the lane has, as far as is known. */
  #count(): number {
    if (this.#options.root === undefined) return this.#options.record()?.total ?? this.#items.length;
    return Math.max(this.#root?.replies?.count ?? 0, this.#items.length);
  }

  /** The first post of others behind the read marker. */
  async #unreadFrom(): Promise<DotKey | undefined> {
    const record = this.#options.record();
    if (this.#options.root !== undefined || record?.read === undefined || record.unread === 0) return undefined;
    const [stamp, dot] = record.read;
    const me = this.#options.me();
    const items = await this.#store.reads.after(this.#lane, [...stamp, ...dot], PAGE);
    const first = items.find(({ op }) => op.kind === "post" && op.author !== me);
    return first && keyOf(first);
  }

  async #fetch(): Promise<boolean> {
    const lowest = this.#options.record()?.lowest;
    if (this.#closed || lowest === undefined || lowest <= 1) return false;
    // The network may take its time: what comes meanwhile shows at once.
    this.#catchUp();
    this.#backlog = undefined;
    this.#make();
    const fetched = await this.#options.fetchOlder(this.#options.room, lowest, FETCH).catch(() => false);
    this.#backlog = [];
    return fetched;
  }

  /** Fetches older entries until they hold an item of this lane; `false` when none came. */
  async #fetchUntil(found: () => boolean, fetchesMax: number): Promise<boolean> {
    const jump = this.#jumps;
    for (let fetches = 0; fetches < fetchesMax && jump === this.#jumps; fetches += 1) {
      if (!(await this.#fetch())) return false;
      if (found()) return true;
    }
    return false;
  }

  /** Applies what came while a page was read. */
  #catchUp(): void {
    const backlog = this.#backlog ?? [];
    this.#backlog = [];
    for (const records of backlog) this.#apply(records);
  }

  #onCommit(commit: Commit): void {
    const { room } = this.#options;
    let asked = new Set<DotKey>();
    let all = false;
    for (const change of commit.changes) {
      if (change.part === "messages" && (change.room === undefined || change.room === room)) {
        if (change.messages === undefined) all = true;
        else asked = new Set([...asked, ...change.messages]);
      }
    }
    const records = commit.items?.get(room);
    if (all) void this.#move(undefined, () => this.#toEnd());
    else if (records !== undefined) this.#receive(records);
    else if (asked.size > 0) void this.#reread(asked);
    if (commit.rooms?.some((record) => record.room === room) === true) this.#schedule();
  }

  /** Another tab changed these, or how they are delivered. */
  async #reread(keys: ReadonlySet<DotKey>): Promise<void> {
    const records = await this.#store.reads.items(this.#options.room, keys).catch(() => undefined);
    if (records !== undefined) this.#receive(records);
  }

  #receive(records: Records): void {
    if (this.#backlog !== undefined) this.#backlog.push(records);
    else this.#apply(records);
    this.#schedule();
  }

  #apply(records: Records): void {
    const here = new Map(this.#items.map((item) => [keyOf(item), item]));
    const fresh: ItemRecord[] = [];
    for (const [key, record] of records) {
      if (key === this.#options.root) this.#root = record;
      const known = here.get(key);
      if (record?.lane !== this.#lane) here.delete(key);
      else if (known !== undefined && comparePosition(positionOf(known), positionOf(record)) === 0)
        here.set(key, record);
      else {
        here.delete(key);
        fresh.push(record);
      }
    }
    const kept = this.#items.flatMap((item) => here.get(keyOf(item)) ?? []);
    const side = this.#merge(kept, fresh);
    if (!this.#more.after) this.#trimStart();
    this.#recount(side);
  }

  /** New items go where they belong, if the window reaches there; counts those that lie before it and after it. */
  #merge(
    kept: readonly ItemRecord[],
    fresh: readonly ItemRecord[],
  ): { readonly before: number; readonly after: number } {
    const first = kept[0];
    const last = kept.at(-1);
    const side = { before: 0, after: 0 };
    const inside = fresh.filter((item) => {
      const isBefore = first !== undefined && comparePosition(positionOf(item), positionOf(first)) < 0;
      const isAfter = this.#more.after && last !== undefined && comparePosition(positionOf(item), positionOf(last)) > 0;
      if (isBefore) side.before += 1;
      if (isAfter) side.after += 1;
      return !isBefore && !isAfter;
    });
    if (side.before > 0) this.#more = { ...this.#more, before: true };
    this.#items = [...kept, ...inside];
    if (inside.length > 0) this.#items = this.#items.toSorted((a, b) => comparePosition(positionOf(a), positionOf(b)));
    return side;
  }

  /** Follows the lane's count. What lies outside the window may be new or only changed: the count tells. */
  #recount(side: { readonly before: number; readonly after: number }): void {
    const total = this.#count();
    const more = total - this.#total;
    this.#total = total;
    if (this.#more.after && more > 0) this.#offset += side.after === 0 ? more : Math.min(side.before, more);
  }

  #trimStart(): void {
    const over = this.#items.length - WINDOW_MAX;
    if (over <= 0) return;
    this.#items = this.#items.slice(over);
    this.#offset += over;
    this.#more = { ...this.#more, before: true };
  }

  #make(now?: "now"): void {
    if (this.#closed || (this.#backlog !== undefined && now === undefined)) return;
    const { room, root, me } = this.#options;
    const record = this.#options.record();
    // At the end the count of all tells exactly; elsewhere the offset is kept up step by step.
    if (!this.#more.after) this.#offset = Math.max(0, this.#total - this.#items.length);
    const records = this.#root === undefined || root === undefined ? this.#items : [this.#root, ...this.#items];
    const pending = this.#store.pending.of(room);
    const items = this.#presenter.present(
      records,
      pending,
      { root, atEnd: !this.#more.after },
      { room: record ?? {}, sent: this.#store.isSent },
      me(),
    );
    const before = this.#cell.get();
    const unchanged =
      items.length === before.items.length && items.every((item, index) => item === before.items[index]);
    const view: TimelineView = {
      items: unchanged ? before.items : items,
      state: this.#state,
      before: this.#more.before ? "local" : this.#beyond(record),
      after: this.#more.after,
      offset: this.#offset,
      total: Math.max(this.#total, this.#offset + this.#items.length) + (root === undefined ? 0 : 1),
      ...(this.#firstUnread !== undefined && { firstUnread: this.#firstUnread }),
    };
    if (!sameView(before, view)) this.#cell.set(view);
  }

  /** What lies before the first item that is here. */
  #beyond(record: RoomRecord | undefined): TimelineView["before"] {
    if (this.#options.root !== undefined && this.#root !== undefined) return "start";
    return record?.lowest === 1 ? "start" : "server";
  }
}

const EMPTY: TimelineView = { items: [], state: "loading", before: "local", after: false, offset: 0, total: 0 };

const sameView = (a: TimelineView, b: TimelineView): boolean =>
  a.items === b.items &&
  a.state === b.state &&
  a.before === b.before &&
  a.after === b.after &&
  a.offset === b.offset &&
  a.total === b.total &&
  a.firstUnread === b.firstUnread;
