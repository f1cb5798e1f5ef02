/** The stretch of a lane that a window holds: pages join it at either end, commits change it. Pure. */

import type { DotKey } from "../protocol/values.js";
import { comparePosition, keyOf, positionOf, type ItemRecord, type Lane } from "../store/records.js";

/** Items read at once; one more tells whether others follow. */
export const PAGE = 60;
/** Of a page around an item, those before it. */
export const HALF = PAGE / 2;
/** Items held at most; the far end is let go. */
export const WINDOW_MAX = 600;

/** Records by message; `undefined` for those that are gone. */
export type Records = ReadonlyMap<DotKey, ItemRecord | undefined>;

/** New items that lie outside. */
interface Outside {
  readonly before: number;
  readonly after: number;
}

/** See the head of this file. */
export class Stretch {
  /** How many items the lane has, as far as is known. */
  total = 0;
  readonly #lane: Lane;
  #items: readonly ItemRecord[] = [];
  #more = { before: false, after: false };
  #offset = 0;

  constructor(lane: Lane) {
    this.#lane = lane;
  }

  get items(): readonly ItemRecord[] {
    return this.#items;
  }

  /** Whether the store has others before and after it. */
  get more(): { readonly before: boolean; readonly after: boolean } {
    return this.#more;
  }

  /** Items of the lane before it. */
  get offset(): number {
    // At the end the count of all tells exactly; elsewhere it is kept up step by step.
    return this.#more.after ? this.#offset : Math.max(0, this.total - this.#items.length);
  }

  /** A page that ends before the first item, of up to {@link PAGE} items and one. */
  prepend(page: readonly ItemRecord[]): void {
    const older = page.slice(-PAGE);
    const offset = this.offset - older.length;
    this.#more = { ...this.#more, before: page.length > older.length };
    this.#items = [...older, ...this.#items];
    this.#offset = this.#more.before ? Math.max(1, offset) : 0;
    if (this.#items.length <= WINDOW_MAX) return;
    this.#items = this.#items.slice(0, WINDOW_MAX);
    this.#more = { ...this.#more, after: true };
  }

  /** A page that begins after the last item. */
  append(page: readonly ItemRecord[]): void {
    this.#more = { ...this.#more, after: page.length > PAGE };
    this.#items = [...this.#items, ...page.slice(0, PAGE)];
    this.#trimStart();
  }

  /** The page at the end of the lane, in place of what was. */
  toEnd(page: readonly ItemRecord[]): void {
    this.#items = page.slice(-PAGE);
    this.#more = { before: page.length > PAGE, after: false };
  }

  /** The pages before and from a position, which has `counted` items before it, in place of what was. */
  around(older: readonly ItemRecord[], newer: readonly ItemRecord[], counted: number): void {
    const before = older.slice(-HALF);
    this.#items = [...before, ...newer.slice(0, PAGE)];
    this.#more = { before: older.length > HALF, after: newer.length > PAGE };
    this.#offset = counted - before.length;
  }

  /** What a commit changed; `count` tells how many items the lane has then. */
  apply(records: Records, count: () => number): void {
    const here = new Map(this.#items.map((item) => [keyOf(item), item]));
    const fresh: ItemRecord[] = [];
    for (const [key, record] of records) {
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
    const outside = this.#merge(kept, fresh);
    if (!this.#more.after) this.#trimStart();
    this.#recount(count(), outside);
  }

  /** New items go where they belong, if it reaches there. */
  #merge(kept: readonly ItemRecord[], fresh: readonly ItemRecord[]): Outside {
    const first = kept[0];
    const last = kept.at(-1);
    const outside = { before: 0, after: 0 };
    const inside = fresh.filter((item) => {
      const isBefore = first !== undefined && comparePosition(positionOf(item), positionOf(first)) < 0;
      const isAfter = this.#more.after && last !== undefined && comparePosition(positionOf(item), positionOf(last)) > 0;
      if (isBefore) outside.before += 1;
      if (isAfter) outside.after += 1;
      return !isBefore && !isAfter;
    });
    if (outside.before > 0) this.#more = { ...this.#more, before: true };
    this.#items = [...kept, ...inside];
    if (inside.length > 0) this.#items = this.#items.toSorted((a, b) => comparePosition(positionOf(a), positionOf(b)));
    return outside;
  }

  /** Follows the lane's count. What lies outside may be new or only changed: the count tells. */
  #recount(total: number, outside: Outside): void {
    const more = total - this.total;
    this.total = total;
    if (this.#more.after && more > 0) this.#offset += outside.after === 0 ? more : Math.min(outside.before, more);
  }

  #trimStart(): void {
    const over = this.#items.length - WINDOW_MAX;
    if (over <= 0) return;
    this.#items = this.#items.slice(over);
    this.#offset += over;
    this.#more = { ...this.#more, before: true };
  }
}
