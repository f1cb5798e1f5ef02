/** What is known of rooms besides their logs: the server's word on them, cursors, members, read markers. */

import { comparePlace } from "../crdt/order.js";
import type { RoomInfo } from "../protocol/server-frames.js";
import type { Cursor, Dot, Role, RoomId, Stamp, UserId } from "../protocol/values.js";
import { onLog, type Context } from "./context.js";
import { emptyRoom } from "./item.js";
import type { Place } from "./local-store.js";
import { addRange } from "./offsets.js";
import { UNSTAMPED_MS, type ItemRecord, type Mark, type MemberRecord, type RoomRecord } from "./records.js";
import { laneFrom, laneSpan } from "./schema.js";
import { advanced, isAfter, mentions } from "./take.js";
import type { Tx } from "./transaction.js";

/** How many items are read to count what is unread; beyond it the server's count stands. */
const COUNTED_MAX = 500;

export const places = (context: Context): Promise<readonly Place[]> =>
  context.db.run(["rooms"], { mode: "readonly" }, async (tx) =>
    (await tx.getAll("rooms"))
      .filter(({ listed }) => listed)
      .sort((a, b) => (b.lastPostMs ?? 0) - (a.lastPostMs ?? 0))
      .map(placeOf),
  );

/** The account's rooms, or some more of them. `complete`: it is in no others. */
export const saveRooms = async (context: Context, infos: readonly RoomInfo[], complete: boolean): Promise<void> => {
  const rooms = await context.db.run(["rooms"], { mode: "readwrite" }, async (tx) => {
    const known = new Map((await tx.getAll("rooms")).map((record) => [record.room, record]));
    const changed = infos.map((info) => withInfo(known.get(info.room) ?? emptyRoom(info.room), info));
    if (complete) {
      const listed = new Set(infos.map(({ room }) => room));
      for (const record of known.values()) {
        if (listed.has(record.room) || !record.listed) continue;
        const { role: _role, ...rest } = record;
        changed.push({ ...rest, listed: false });
      }
    }
    for (const record of changed) tx.put("rooms", record);
    return changed;
  });
  context.emit({ changes: [{ part: "rooms" }], rooms });
};

/** A sync begins. Another epoch is another log: all offsets are void, the ops are not. */
export const opened = (context: Context, info: RoomInfo, epochChanged: boolean): Promise<void> =>
  onRoom(context, info.room, (before) => {
    const other = epochChanged || (before.epoch !== undefined && before.epoch !== info.epoch);
    const room = withInfo(other ? withoutOffsets(before) : before, info);
    const { closed: _closed, ...rest } = room;
    return { ...rest, listed: true, epoch: info.epoch };
  });

/** The end of a sync: everything up to the cursor is known, from where the sync began. */
export const synced = (context: Context, room: RoomId, [epoch, offset]: Cursor): Promise<void> =>
  onLog(context, room, async ({ tx, sheet }) => {
    let record = sheet.room;
    if (record.epoch !== epoch) record = { ...withoutOffsets(record), epoch };
    // Without a cursor the sync began somewhere: what came without a gap before its end is known.
    const from = record.cursor === undefined ? Math.max(1, offset) : record.cursor + 1;
    record = { ...record, known: addRange(record.known, from, offset), cursor: record.cursor ?? offset };
    record = offset === 0 ? { ...record, lowest: 1 } : advanced(record);
    sheet.room = await counted(tx, record, sheet.me);
  });

/** Nothing lies before what is here. */
export const reachedStart = (context: Context, room: RoomId): Promise<void> =>
  onRoom(context, room, (record) => {
    if (record.lowest === undefined || record.lowest === 1) return record;
    return advanced({ ...record, known: addRange(record.known, 1, record.lowest - 1) });
  });

/** Moves a read marker forward. `unread` is the server's count after it. */
export const setRead = (
  context: Context,
  room: RoomId,
  user: UserId,
  [stamp, dot]: Mark,
  unread?: number,
): Promise<void> =>
  onLog(
    context,
    room,
    async ({ tx, sheet, account }) => {
      const mark: Mark = [stamp, dot];
      const member = await tx.get("members", [room, user]);
      if (isAfter(mark, member?.read)) tx.put("members", { ...(member ?? someone(room, user)), read: mark });
      if (user !== account?.user || !isAfter(mark, sheet.room.read)) return;
      const known = unread === undefined ? {} : { unread, countedTo: sheet.room.head };
      sheet.room = await counted(tx, { ...sheet.room, ...known, read: mark }, sheet.me, unread);
    },
    { also: ["members"] },
  );

export const closed = (context: Context, room: RoomId, code: string): Promise<void> =>
  onRoom(context, room, (record) => (record.closed === code ? record : { ...record, closed: code }));

export const setRefusing = (context: Context, room: RoomId, refusal: RoomRecord["refusal"]): Promise<void> =>
  onRoom(
    context,
    room,
    (record) => {
      if (record.refusal?.code === refusal?.code && record.refusal?.message === refusal?.message) return record;
      const { refusal: _refusal, ...rest } = record;
      return refusal === undefined ? rest : { ...rest, refusal };
    },
    "outbox",
  );

/** The server's list of members, or a page of it. */
export const saveMembers = (
  context: Context,
  room: RoomId,
  members: readonly { user: UserId; name: string; role: Role }[],
): Promise<void> =>
  onLog(
    context,
    room,
    async ({ tx, sheet }) => {
      const known = await Promise.all(members.map(({ user }) => tx.get("members", [room, user])));
      members.forEach(({ user, name, role }, index) => {
        const before = known[index];
        const at = latestOf(before?.at, sheet.room.lastStamp);
        tx.put("members", {
          room,
          user,
          name,
          role,
          standing: "joined",
          known: true,
          ...(at && { at }),
          ...(before?.turns && { turns: before.turns }),
          ...(before?.read && { read: before.read }),
        });
      });
      if (sheet.room.visibility !== "direct") return;
      const other = members.find(({ user }) => user !== sheet.me);
      if (other === undefined) return;
      const { user: peer, name: peerName } = other;
      if (peer !== sheet.room.peer || peerName !== sheet.room.peerName) sheet.room = { ...sheet.room, peer, peerName };
    },
    { also: ["members"] },
  );

/** Dots are of 16 hexadecimal digits: this comes after all of a stamp. */
const LAST_DOT: Dot = ["g" as Dot[0], 0];

const placeOf = ({ room, epoch, cursor, lowest }: RoomRecord): Place => ({
  room,
  ...(epoch !== undefined && cursor !== undefined && { cursor: [epoch, cursor] as Cursor }),
  ...(lowest !== undefined && { lowest }),
});

const onRoom = (
  context: Context,
  room: RoomId,
  change: (record: RoomRecord) => RoomRecord,
  also?: "outbox",
): Promise<void> =>
  onLog(
    context,
    room,
    ({ sheet }) => {
      sheet.room = change(sheet.room);
      return Promise.resolve();
    },
    also === undefined ? {} : { also: [also] },
  );

/** A member of whom only a read marker is known. */
const someone = (room: RoomId, user: UserId): MemberRecord => ({
  room,
  user,
  name: user,
  role: "guest",
  standing: "left",
  known: false,
});

/** What the list says is as new as everything seen so far. */
const latestOf = (at: Mark | undefined, stamp: Stamp | undefined): Mark | undefined => {
  if (stamp === undefined) return at;
  const listed: Mark = [stamp, LAST_DOT];
  return at !== undefined && comparePlace(at, listed) > 0 ? at : listed;
};

const withoutOffsets = (room: RoomRecord): RoomRecord => {
  const { cursor: _cursor, lowest: _lowest, ...rest } = room;
  return { ...rest, known: [], head: 0, countedTo: 0 };
};

const withInfo = (before: RoomRecord, info: RoomInfo): RoomRecord => {
  const { role: _role, retentionDays: _days, ...rest } = before;
  const sameLog = before.epoch === undefined || before.epoch === info.epoch;
  // Its own devices may have read further than the server knows yet.
  const behind = info.read === undefined ? before.read !== undefined : isAfter(before.read ?? info.read, info.read);
  // With all of the log here, the count here is better: the server's has one's own posts and answers in threads in it.
  const ahead = info.read !== undefined && (before.read === undefined || isAfter(info.read, before.read));
  const told = !behind && (ahead || !sameLog || before.cursor === undefined || before.cursor < info.head);
  return {
    ...rest,
    listed: info.role !== undefined || before.listed,
    name: info.name,
    visibility: info.visibility,
    topic: info.topic ?? "",
    members: info.members,
    ...(info.role !== undefined && { role: info.role }),
    ...(info.retention_days !== undefined && { retentionDays: info.retention_days }),
    ...(sameLog && { head: Math.max(before.head, info.head) }),
    ...(told && { unread: info.unread, countedTo: info.head }),
    ...(told && info.read && { read: info.read }),
  };
};

/** The room with its unread posts counted here, if all of them are here. */
const counted = async (
  tx: Tx,
  room: RoomRecord,
  me: UserId | undefined,
  told: number | undefined = undefined,
): Promise<RoomRecord> => {
  const [stamp, dot] = room.read ?? [undefined, undefined];
  const span =
    stamp === undefined || dot === undefined
      ? laneSpan(room.room)
      : { ...laneFrom(room.room, [...stamp, ...dot]), fromOpen: true };
  const [first] = room.lowest === 1 ? [] : await tx.getAll("items", laneSpan(room.room), 1);
  const complete =
    room.lowest === 1 ||
    (first !== undefined && stamp !== undefined && dot !== undefined && isBefore(first, [stamp, dot]));
  if (!complete) return room;
  const items = await tx.getAll("items", span, COUNTED_MAX);
  if (items.length === COUNTED_MAX) return told === undefined ? room : { ...room, unread: told };
  const others = items.filter(({ ms, op }) => ms !== UNSTAMPED_MS && op.kind === "post" && op.author !== me);
  const threadMentions = (room.threadMentions ?? []).filter((mark) => isAfter(mark, room.read));
  const mentioned = others.filter(({ op }) => mentions(op, me)).length + threadMentions.length;
  return { ...room, unread: others.length, mentioned, threadMentions };
};

const isBefore = ({ ms, n, replica, counter }: ItemRecord, mark: Mark): boolean =>
  comparePlace(
    [
      [ms, n],
      [replica, counter],
    ],
    mark,
  ) <= 0;
