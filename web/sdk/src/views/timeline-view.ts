/** A window onto a lane: reads pages, follows commits, moves. What it holds is a {@link Stretch}. */

import type { Timeline } from "../api.js";
import type { TimelineView } from "../model.js";
import { parseDotKey, type DotKey, type RoomId, type UserId } from "../protocol/values.js";
import { Cell, type Slice } from "../slice.js";
import type { Commit } from "../store/context.js";
import type { Store } from "../store/store.js";
import {
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
import { HALF, PAGE, Stretch, type Records } from "./stretch.js";
import type { Moment } from "./views.js";

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

/** See the head of this file. */
export class TimelineWindow implements Timeline {
  readonly view: Slice<TimelineView>;
  readonly #cell = new Cell<TimelineView>(EMPTY);
  readonly #store: Store;
  readonly #options: WindowOptions;
  readonly #lane: Lane;
  readonly #presenter = new Presenter();
  readonly #ends: (() => void)[];
  readonly #stretch: Stretch;
  #root: ItemRecord | undefined;
  #state: TimelineView["state"] = "loading";
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
    this.#stretch = new Stretch(this.#lane);
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
      const here = (): boolean => this.#stretch.more.before;
      if (!here() && !(await this.#fetchUntil(here, FETCHES_MAX))) return;
      const [first] = this.#stretch.items;
      this.#stretch.prepend(await this.#store.reads.before(this.#lane, first && positionOf(first), PAGE + 1));
    });
  }

  loadNewer(): Promise<void> {
    return this.#move(undefined, async () => {
      const last = this.#stretch.items.at(-1);
      if (!this.#stretch.more.after || last === undefined) return;
      this.#stretch.append(await this.#store.reads.after(this.#lane, positionOf(last), PAGE + 1));
    });
  }

  jumpTo(message: DotKey): Promise<boolean> {
    this.#jumps += 1;
    return this.#move(false, () => this.#goTo(message));
  }

  jumpToIndex(index: number): Promise<void> {
    this.#jumps += 1;
    return this.#move(undefined, async () => {
      const { total } = this.#stretch;
      const at = Math.min(Math.max(0, Math.trunc(index)), Math.max(0, total - 1));
      const item = await this.#store.reads.at(this.#lane, at, total);
      if (item !== undefined) await this.#around(positionOf(item), at);
    });
  }

  jumpToLatest(): Promise<void> {
    this.#jumps += 1;
    return this.#move(undefined, async () => {
      if (this.#stretch.more.after) await this.#toEnd();
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
      this.#stretch.total = this.#count();
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
    this.#stretch.toEnd(await this.#store.reads.before(this.#lane, undefined, PAGE + 1));
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
    const [older, newer, counted] = await Promise.all([
      this.#store.reads.before(this.#lane, position, HALF + 1),
      this.#store.reads.from(this.#lane, position, PAGE + 1),
      index ?? this.#store.reads.count(this.#lane, position),
    ]);
    this.#stretch.around(older, newer, counted);
  }

  /** How many items the lane has, as far as is known. */
  #count(): number {
    const here = this.#stretch.items.length;
    if (this.#options.root === undefined) return this.#options.record()?.total ?? here;
    return Math.max(this.#root?.replies?.count ?? 0, here);
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
    const { root } = this.#options;
    if (root !== undefined && records.has(root)) this.#root = records.get(root);
    this.#stretch.apply(records, () => this.#count());
  }

  #make(now?: "now"): void {
    if (this.#closed || (this.#backlog !== undefined && now === undefined)) return;
    const { room, root, me } = this.#options;
    const record = this.#options.record();
    const { items: here, more, offset, total } = this.#stretch;
    const records = this.#root === undefined || root === undefined ? here : [this.#root, ...here];
    const pending = this.#store.pending.of(room);
    const items = this.#presenter.present(
      records,
      pending,
      { root, atEnd: !more.after },
      { room: record ?? {}, sent: this.#store.isSent },
      me(),
    );
    const before = this.#cell.get();
    const unchanged =
      items.length === before.items.length && items.every((item, index) => item === before.items[index]);
    const view: TimelineView = {
      items: unchanged ? before.items : items,
      state: this.#state,
      before: more.before ? "local" : this.#beyond(record),
      after: more.after,
      offset,
      total: Math.max(total, offset + here.length) + (root === undefined ? 0 : 1),
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
