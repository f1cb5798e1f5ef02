/** How the lines of a timeline stand to each other: days, groups of one author, what is unread, what moved. */

import type { DotKey, Member, TimelineItem, TimelineView, UserId } from "@greenroom/client";
import { sameDay } from "../i18n/format";

/** Messages of one author within this time stand under one name. */
const GROUP_MS_MAX = 5 * 60_000;

/** What stands before and around a line. */
export interface RowLayout {
  /** Begins a day: Unix milliseconds. */
  readonly dayMs: number | undefined;
  readonly unread: boolean;
  /** Goes on under the name of the line before. */
  readonly continued: boolean;
}

/** When it happened: by the server's clock; by the author's while the server has not stored it. */
export const momentOf = (item: TimelineItem): number => item.stamp?.[0] ?? (item.kind === "message" ? item.hlc[0] : 0);

/** How a line stands to the one before it; `undefined`: none is known. */
export const layoutOf = (
  item: TimelineItem,
  previous: TimelineItem | undefined,
  firstUnread: DotKey | undefined,
): RowLayout => {
  const moment = momentOf(item);
  const begins = previous === undefined || !sameDay(momentOf(previous), moment);
  const unread = item.key === firstUnread;
  return {
    dayMs: begins ? moment : undefined,
    unread,
    continued: !begins && !unread && isContinued(item, previous),
  };
};

const isContinued = (item: TimelineItem, previous: TimelineItem): boolean =>
  item.kind === "message" &&
  previous.kind === "message" &&
  item.author === previous.author &&
  item.writtenLateMs === undefined &&
  Math.abs(momentOf(item) - momentOf(previous)) <= GROUP_MS_MAX;

/** Whether lines came or went before those that were shown, so that the list must hold its end. */
export const movedAtFront = (before: TimelineView, after: TimelineView): boolean => {
  if (before.total === after.total || before.items.length === 0) return false;
  const places = new Map<DotKey, number>(before.items.map((item, at) => [item.key, before.offset + at]));
  for (const [at, item] of after.items.entries()) {
    const place = places.get(item.key);
    if (place !== undefined) return after.offset + at !== place;
  }
  return false;
};

/** How many lines the list has: never fewer than those shown. */
export const countOf = (view: TimelineView): number =>
  view.after ? Math.max(view.total, view.offset + view.items.length) : view.offset + view.items.length;

/** Who has read up to a line and no further, by line. Not oneself, and not who wrote it. */
export const readersOf = (
  items: readonly TimelineItem[],
  members: readonly Member[],
  self: UserId,
): ReadonlyMap<DotKey, readonly UserId[]> => {
  const messages = items.filter((item) => item.kind === "message" && item.stamp !== undefined);
  const readers = new Map<DotKey, UserId[]>();
  for (const { user, read } of members) {
    if (read === undefined || user === self) continue;
    const at = lastUpTo(messages, read[0]);
    const item = messages[at];
    // Beyond the window nothing is known of what lies between.
    if (item === undefined || item.author === user) continue;
    const known = readers.get(item.key);
    if (known) known.push(user);
    else readers.set(item.key, [user]);
  }
  return readers;
};

/** Index of the last line stamped at or before; -1 when all are later. */
const lastUpTo = (items: readonly TimelineItem[], stamp: readonly [number, number]): number => {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const [ms, count] = items[middle]?.stamp ?? [Infinity, 0];
    if (ms < stamp[0] || (ms === stamp[0] && count <= stamp[1])) low = middle + 1;
    else high = middle;
  }
  return low - 1;
};

/** Messages of others that came at the end since `known` was the last line; oldest first, at most `max`. */
export const arrivedSince = (
  items: readonly TimelineItem[],
  known: DotKey | undefined,
  self: UserId,
  max: number,
): readonly (TimelineItem & { kind: "message" })[] => {
  const arrived: (TimelineItem & { kind: "message" })[] = [];
  for (let at = items.length - 1; at >= 0 && arrived.length < max; at -= 1) {
    const item = items[at];
    if (item === undefined || item.key === known) break;
    if (item.kind === "message" && item.author !== self && item.body.state === "present") arrived.unshift(item);
  }
  return arrived;
};
