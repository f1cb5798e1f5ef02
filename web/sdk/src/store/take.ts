/** Taking what the server sends: entries of logs, in any order, twice or more. */

import { compareHlc, comparePlace } from "../crdt/order.js";
import type { Found } from "../model.js";
import { readBody, type Entry, type WireOp } from "../protocol/op.js";
import type { RoomId, Stamp, UserId } from "../protocol/values.js";
import { onLog, type Context, type Desk } from "./context.js";
import { threadOf } from "./item.js";
import { addOffsets, addRange, rangeAt } from "./offsets.js";
import { failOp, renew, sameOp } from "./outbox.js";
import { messageOf } from "./present.js";
import type { Mark, MemberRecord, RoomRecord } from "./records.js";
import { withMember, withMembership, withPurge, withSettings, withTopic } from "./settings.js";
import type { Sheet } from "./sheet.js";

/** `history`: the newest entries below the lowest offset that is here. */
export type HowTaken = "live" | "sync" | "history";

/** Takes entries; resolves to the new posts of others, none for history. */
export const take = async (
  context: Context,
  room: RoomId,
  entries: readonly Entry[],
  how: HowTaken,
): Promise<readonly Found[]> => {
  if (entries.length === 0) return [];
  const members = entries.some(({ op }) => op.kind === "member");
  return onLog(
    context,
    room,
    async (desk) => {
      const { sheet } = desk;
      await sheet.load(entries.map(({ op }) => op));
      const known = members ? await membersOf(desk, entries) : new Map<UserId, MemberRecord>();
      const fresh: WireOp[] = [];
      const takeAll = (some: readonly Entry[]): void => {
        for (const entry of some) if (takeOne(desk, entry, known)) fresh.push(entry.op);
      };
      const conflicts = new Set(entries.filter((entry) => isConflict(sheet, entry)));
      takeAll(entries.filter((entry) => !conflicts.has(entry)));
      // What the server has of the outbox left it by now, so that only the rest is written again.
      if (conflicts.size > 0) await renew(context, desk);
      takeAll([...conflicts]);
      sheet.room = withOffsets(sheet.room, entries, how);
      if (how === "history") return [];
      return found(sheet, fresh);
    },
    { also: members ? ["members"] : [] },
  );
};

/** The room with offsets known; the cursor and the lowest offset follow. */
export const withOffsets = (room: RoomRecord, entries: readonly { offset: number }[], how: HowTaken): RoomRecord => {
  let known = addOffsets(
    room.known,
    entries.map(({ offset }) => offset),
  );
  if (how === "history" && room.lowest !== undefined) {
    // An answer to `history` leaves nothing out, though an entry in it may have been unreadable.
    const first = Math.min(...entries.map(({ offset }) => offset));
    known = addRange(known, first, room.lowest - 1);
  }
  return known === room.known ? room : advanced({ ...room, known });
};

/** The cursor at the end of what is known without gaps. Without a cursor there is none until a sync ends. */
export const advanced = (room: RoomRecord): RoomRecord => {
  // A log that is known from its first entry needs no sync to say where the cursor stands.
  const cursor = room.cursor ?? (rangeAt(room.known, 1) === undefined || room.epoch === undefined ? undefined : 0);
  if (cursor === undefined) return room;
  const range = rangeAt(room.known, cursor) ?? rangeAt(room.known, cursor + 1);
  if (range === undefined) return room.cursor === cursor ? room : { ...room, cursor };
  return { ...room, cursor: Math.max(cursor, range[1]), lowest: range[0] };
};

/** One entry; `true` for a new post of somebody else. */
const takeOne = (desk: Desk, { op, stamp, offset }: Entry, members: Map<UserId, MemberRecord>): boolean => {
  const { sheet, clock } = desk;
  clock.see(stamp);
  if (op.kind === "void" && sheet.outbox(op.dot) !== undefined) {
    failOp(sheet, op.dot, { code: String(op["code"]), message: "" });
    return false;
  }
  const placed = sheet.place(op, stamp);
  sheet.unqueue(op.dot);
  const told = offset <= sheet.room.head;
  sheet.room = seen(sheet.room, stamp);
  if (placed === "ignored") return false;
  switch (op.kind) {
    case "topic":
      sheet.room = withTopic(sheet.room, op, stamp, told);
      return false;
    case "room":
      sheet.room = withSettings(sheet.room, op, stamp, told);
      return false;
    case "purge":
      sheet.room = withPurge(sheet.room, op);
      return false;
    case "member":
      takeMember(desk, { op, stamp, offset }, members);
      return false;
    case "post":
      sheet.room = { ...sheet.room, lastPostMs: Math.max(sheet.room.lastPostMs ?? 0, stamp[0]) };
      return placed === "new" && countUnread(sheet, op, stamp, offset <= sheet.room.countedTo);
    default:
      return false;
  }
};

const takeMember = ({ tx, sheet }: Desk, { op, stamp, offset }: Entry, members: Map<UserId, MemberRecord>): void => {
  const body = readBody(op);
  if (body.kind !== "member") return;
  const before = members.get(body.user);
  const after = withMember(before, sheet.room, op, stamp);
  if (after === undefined) return;
  members.set(body.user, after);
  tx.put("members", after);
  if (after.at === before?.at) return;
  sheet.room = withMembership(sheet.room, before, after, sheet.me, offset <= sheet.room.head);
};

const membersOf = async ({ tx, sheet }: Desk, entries: readonly Entry[]): Promise<Map<UserId, MemberRecord>> => {
  const users = new Set<UserId>();
  for (const { op } of entries) {
    const body = readBody(op);
    if (body.kind === "member") users.add(body.user);
  }
  const records = await Promise.all([...users].map((user) => tx.get("members", [sheet.room.room, user])));
  const known = new Map<UserId, MemberRecord>();
  for (const record of records) if (record !== undefined) known.set(record.user, record);
  return known;
};

/** How many unread mentions in threads are remembered; older ones are forgotten first. */
const THREAD_MENTIONS_MAX = 100;

/** Counts a new post as unread unless it is one's own, read, or in the server's count already. */
const countUnread = (sheet: Sheet, op: WireOp, stamp: Stamp, counted: boolean): boolean => {
  if (op.author === sheet.me) return false;
  if (isAfter([stamp, op.dot], sheet.room.read)) {
    const { unread, mentioned } = sheet.room;
    const mention = mentions(op, sheet.me) ? 1 : 0;
    // Answers in threads make a room unread only when they mention one: its timeline does not show them.
    const inThread = threadOf(op) !== undefined;
    const counts = counted || inThread ? 0 : 1;
    sheet.room = { ...sheet.room, unread: unread + counts, mentioned: mentioned + mention };
    if (inThread && mention === 1) {
      const marks: readonly Mark[] = [...(sheet.room.threadMentions ?? []), [stamp, op.dot]];
      sheet.room = { ...sheet.room, threadMentions: marks.slice(-THREAD_MENTIONS_MAX) };
    }
  }
  return true;
};

/** Whether a post names a user. */
export const mentions = (op: WireOp, user: UserId | undefined): boolean =>
  user !== undefined && Array.isArray(op["mentions"]) && op["mentions"].includes(user);

/** Whether a place lies behind a read marker. */
export const isAfter = (place: Mark, read: Mark | undefined): boolean =>
  read === undefined || comparePlace(place, read) > 0;

const seen = (room: RoomRecord, stamp: Stamp): RoomRecord =>
  room.lastStamp !== undefined && compareHlc(stamp, room.lastStamp) <= 0 ? room : { ...room, lastStamp: stamp };

/** Another copy of this device's state wrote under our replica: something else, or what was not written here at all. */
const isConflict = (sheet: Sheet, { op }: Entry): boolean => {
  if (op.dot[0] === sheet.room.replica && op.dot[1] > sheet.room.counter) return true;
  const waiting = sheet.outbox(op.dot);
  return waiting !== undefined && op.kind !== "void" && !sameOp(waiting.op, op);
};

const found = (sheet: Sheet, fresh: readonly WireOp[]): readonly Found[] => {
  const list: Found[] = [];
  for (const op of fresh) {
    const item = sheet.item(op.dot);
    const message = item && messageOf(item, { room: sheet.room, sent: () => false });
    if (message !== undefined) list.push({ room: sheet.room.room, message });
  }
  return list;
};
