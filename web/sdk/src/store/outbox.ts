/**
 * Writing: an op is on the device, with its dot and its place in the outbox, before anybody sends it, and stays there
 * until the server acked or refused its dot. docs/PROTOCOL.md, "What a client must do", 1 to 3, and "Posting".
 */

import { isDot } from "../protocol/check.js";
import { POST_OPS_MAX } from "../protocol/limits.js";
import { targetOf, type WireOp } from "../protocol/op.js";
import { utf8Length } from "../protocol/text.js";
import {
  dotKey,
  parseDotKey,
  type Dot,
  type DotKey,
  type ReplicaId,
  type RoomId,
  type Stamp,
} from "../protocol/values.js";
import { authorOf, onLog, randomReplica, type Context, type Desk } from "./context.js";
import { rootKeyOf, threadOf } from "./item.js";
import type { Batch, OpBody } from "./local-store.js";
import { NOTED_IDS_MAX, type Note } from "./journal.js";
import { laneOf, type Failure, type ItemRecord, type MetaValues, type OutboxRecord } from "./records.js";
import { dotIn, roomSpan } from "./schema.js";
import { withoutTopic, withTopic } from "./settings.js";
import type { Sheet } from "./sheet.js";
import { withOffsets } from "./take.js";

/** Bytes of one `post`, with room for the frame around the ops: the server takes 256 KiB. */
const BATCH_BYTES_MAX = 192 * 1024;

/**
 * Gives each body a dot and a clock and keeps it; the op as it will be sent. When the note was written already, by a page
 * that took it for one that was left, the ops it became.
 *
 * @throws Error when nobody is signed in: it would be sent as whoever comes next.
 */
export const write = (
  context: Context,
  { id, room, bodies }: Note,
  /** Under which replica, when the room has none; and what to do right after the commit. */
  { replica, committed }: { readonly replica: ReplicaId; readonly committed: () => void },
): Promise<readonly WireOp[]> =>
  onLog(
    context,
    room,
    async (desk) => {
      const { sheet, tx, account } = desk;
      if (account === undefined) throw new Error("nobody is signed in");
      const noted = ((await tx.get("meta", "noted")) ?? []) as MetaValues["noted"];
      const before = noted.find((entry) => entry.startsWith(`${id} `));
      if (before !== undefined) return writtenBefore(sheet, before.slice(id.length + 1), bodies.length);
      if (sheet.room.replica === undefined) sheet.room = { ...sheet.room, replica };
      const ops = bodies.map((body) => stampless(context, desk, body));
      await desk.sheet.load(ops);
      for (const op of ops) enter(desk.sheet, op);
      const [first] = ops;
      if (first !== undefined) tx.put("meta", [...noted, `${id} ${dotKey(first.dot)}`].slice(-NOTED_IDS_MAX), "noted");
      return ops;
    },
    { strict: true, committed },
  );

/** What to send first in a room: ops of one replica, without gaps. */
export const batch = async (context: Context, room: RoomId, after?: Dot): Promise<Batch | undefined> => {
  const span = after === undefined ? roomSpan(room) : { ...roomSpan(room), from: [room, ...after], fromOpen: true };
  const records = await context.db.run(["outbox"], { mode: "readonly" }, (tx) =>
    tx.getAll("outbox", span, POST_OPS_MAX),
  );
  const ops: WireOp[] = [];
  let bytes = 0;
  for (const { op } of records) {
    const last = ops.at(-1);
    if (last !== undefined && (last.dot[0] !== op.dot[0] || last.dot[1] + 1 !== op.dot[1])) break;
    bytes += utf8Length(JSON.stringify(op));
    if (last !== undefined && bytes > BATCH_BYTES_MAX) break;
    ops.push(op);
  }
  return ops.length === 0 ? undefined : { room, ops };
};

/** Rooms with unacked ops. */
export const unsent = (context: Context): Promise<readonly RoomId[]> =>
  context.db.run(["rooms"], { mode: "readonly" }, async (tx) =>
    (await tx.getAll("rooms")).filter(({ waiting }) => waiting > 0).map(({ room }) => room),
  );

export const acked = (
  context: Context,
  room: RoomId,
  acks: readonly { dot: Dot; stamp: Stamp; offset: number }[],
): Promise<void> =>
  onLog(context, room, async (desk) => {
    const { sheet, clock } = desk;
    await loadAnswered(desk, acks);
    const here: { offset: number }[] = [];
    for (const { dot, stamp, offset } of acks) {
      clock.see(stamp);
      const op = sheet.outbox(dot)?.op ?? sheet.item(dot)?.op ?? sheet.op(dot)?.op;
      // Given up here, but the server has it: its offset stays open, so that the next sync brings it.
      if (op === undefined) continue;
      here.push({ offset });
      sheet.place(op, stamp);
      sheet.unqueue(dot);
      if (op.kind === "topic") sheet.room = withTopic(sheet.room, op, stamp, false);
      if (op.kind === "post")
        sheet.room = { ...sheet.room, lastPostMs: Math.max(sheet.room.lastPostMs ?? 0, stamp[0]) };
    }
    sheet.room = withOffsets(sheet.room, here, "live");
  });

export const refused = (
  context: Context,
  room: RoomId,
  list: readonly { dot: Dot; code: string; message: string; offset: number }[],
): Promise<void> =>
  onLog(context, room, async (desk) => {
    const { sheet } = desk;
    await loadAnswered(desk, list);
    for (const { dot, code, message } of list) failOp(sheet, dot, { code, message });
    sheet.room = withOffsets(sheet.room, list, "live");
  });

/** A void stands under the dot now. What was written stays visible as failed; marks are taken back. */
export const failOp = (sheet: Sheet, dot: Dot, { code, message }: { code: string; message: string }): void => {
  const op = sheet.outbox(dot)?.op;
  if (op === undefined) return;
  sheet.unqueue(dot);
  const { hlc, author } = op;
  const gone: WireOp = { dot, hlc, ...(author !== undefined && { author }), kind: "void", code };
  const item = sheet.item(dot);
  if (op.kind === "post" && item !== undefined) fail(sheet, item, { code, message });
  if (op.kind === "topic") {
    sheet.removeItem(dot);
    sheet.room = withoutTopic(sheet.room, dot);
  }
  sheet.removeOp(dot);
  const target = op.kind === "edit" ? targetOf(op) : undefined;
  const edited = target && sheet.item(target);
  if (edited !== undefined) {
    fail(sheet, edited, { code, message, edit: op });
    sheet.touch([edited.replica, edited.counter]);
  }
  sheet.place(gone, NO_STAMP);
};

/** Draws a new replica and writes everything unacked again under it; what refers to it follows. */
export const renew = async (context: Context, { tx, sheet }: Desk): Promise<void> => {
  const waiting = await tx.getAll("outbox", roomSpan(sheet.room.room));
  await sheet.load(waiting.map(({ op }) => op));
  const replica = randomReplica(context);
  const dots = new Map<DotKey, Dot>();
  waiting.forEach(({ op }, index) => dots.set(dotKey(op.dot), [replica, index + 1]));
  for (const record of waiting) rename(sheet, record, dots);
  sheet.room = { ...sheet.room, replica, counter: waiting.length };
};

export const renewReplica = (context: Context, room: RoomId, refused: ReplicaId): Promise<void> =>
  onLog(context, room, (desk) => (desk.sheet.room.replica === refused ? renew(context, desk) : Promise.resolve()), {
    strict: true,
    also: ["outbox"],
  });

/** New clocks for what is unacked: it left no trace at the server, so it may change. */
export const renewClocks = (context: Context, room: RoomId, refused: readonly WireOp[]): Promise<void> =>
  onLog(
    context,
    room,
    async ({ tx, sheet, clock }) => {
      const waiting = await tx.getAll("outbox", roomSpan(room));
      const stale = new Set(refused.map(({ dot, hlc }) => `${dotKey(dot)} ${hlc.join(":")}`));
      if (!waiting.some(({ op }) => stale.has(`${dotKey(op.dot)} ${op.hlc.join(":")}`))) return;
      await sheet.load(waiting.map(({ op }) => op));
      clock.reset(sheet.room.lastStamp);
      for (const { op } of waiting) sheet.replace(op.dot, { ...op, hlc: clock.next() }, laneOf(room, rootKeyOf(op)));
    },
    { strict: true, also: ["outbox"] },
  );

/** Writes a failed message, or the failed edit of one, again; lets a room that refused everything try again. */
export const retry = (context: Context, room: RoomId, message: DotKey): Promise<void> =>
  onLog(
    context,
    room,
    async (desk) => {
      const { sheet } = desk;
      const dot = parseDotKey(message);
      if (dot === undefined) return;
      const item = await itemWithRoot(sheet, dot);
      if (item?.failed === undefined) {
        const { refusal: _refusal, ...rest } = sheet.room;
        sheet.room = rest;
        return;
      }
      const { edit } = item.failed;
      const op = stampless(context, desk, (edit ?? item.op) as unknown as OpBody);
      await sheet.load([op]);
      forgetFailure(sheet, item);
      if (edit === undefined) sheet.removeItem(dot);
      enter(sheet, op);
    },
    { strict: true, also: ["outbox"] },
  );

/** Gives up a message, or the edit of one, that the server does not take. */
export const discard = (context: Context, room: RoomId, message: DotKey): Promise<void> =>
  onLog(
    context,
    room,
    async (desk) => {
      const { tx, sheet } = desk;
      const dot = parseDotKey(message);
      if (dot === undefined) return;
      const item = await itemWithRoot(sheet, dot);
      if (item?.failed !== undefined) {
        forgetFailure(sheet, item);
        if (item.failed.edit === undefined) sheet.removeItem(dot);
        else sheet.touch(dot);
        return;
      }
      const waiting = await tx.getAll("outbox", roomSpan(room));
      const given = waiting.filter(({ op }) => isSame(op.dot, dot) || isSame(targetOf(op), dot));
      if (given.length === 0) return;
      await sheet.load(waiting.map(({ op }) => op));
      for (const { op } of given) {
        sheet.unqueue(op.dot);
        sheet.removeOp(op.dot);
        sheet.removeItem(op.dot);
      }
      // The replica's log must not have a hole where these were.
      await renew(context, desk);
    },
    { strict: true },
  );

/** Whether two ops say the same, but for an author that one of them leaves out. */
export const sameOp = (mine: WireOp, theirs: WireOp): boolean => {
  if (mine.kind !== theirs.kind || mine.hlc[0] !== theirs.hlc[0] || mine.hlc[1] !== theirs.hlc[1]) return false;
  return theirs["purged"] === true || mine["text"] === theirs["text"];
};

const NO_STAMP: Stamp = [0, 0];

/** The ops that a note became, from the first on. */
const writtenBefore = async (sheet: Sheet, first: string, count: number): Promise<readonly WireOp[]> => {
  const dot = parseDotKey(first);
  if (dot === undefined) return [];
  const dots = Array.from({ length: count }, (_, index): Dot => [dot[0], dot[1] + index]);
  await sheet.load([], dots);
  return dots.flatMap((dot) => sheet.item(dot)?.op ?? sheet.op(dot)?.op ?? []);
};

const isSame = (a: Dot | undefined, b: Dot): boolean => a !== undefined && a[0] === b[0] && a[1] === b[1];

/** The next op of this device in the room; counts it. */
const stampless = (context: Context, { sheet, account, clock }: Desk, body: OpBody): WireOp => {
  const replica: ReplicaId = sheet.room.replica ?? randomReplica(context);
  const counter = sheet.room.counter + 1;
  sheet.room = { ...sheet.room, replica, counter };
  return { ...body, dot: [replica, counter], hlc: clock.next(), ...authorOf(account), kind: body.kind };
};

/** Puts an op of one's own among those that count, and into the outbox. */
const enter = (sheet: Sheet, op: WireOp): void => {
  sheet.room = { ...sheet.room, written: sheet.room.written + 1 };
  sheet.place(op, undefined);
  sheet.queue(op);
  if (op.kind === "topic") sheet.room = withTopic(sheet.room, op, undefined, false);
};

const fail = (sheet: Sheet, item: ItemRecord, failed: Failure): void => {
  sheet.put({ ...item, failed });
  if (item.failed === undefined) sheet.room = { ...sheet.room, failed: sheet.room.failed + 1 };
};

const forgetFailure = (sheet: Sheet, item: ItemRecord): void => {
  const { failed: _failed, ...rest } = item;
  sheet.put(rest);
  sheet.room = { ...sheet.room, failed: Math.max(0, sheet.room.failed - 1) };
};

/** Reads what the server answers for, and what that is about. */
const loadAnswered = async ({ tx, sheet }: Desk, answers: readonly { readonly dot: Dot }[]): Promise<void> => {
  const dots = answers.map(({ dot }) => dot);
  const waiting = await Promise.all(dots.map((dot) => tx.get("outbox", dotIn(sheet.room.room, dot))));
  await sheet.load(
    waiting.flatMap((record) => (record === undefined ? [] : [record.op])),
    dots,
  );
};

/** Reads an item with everything about it, and its root. */
const itemWithRoot = async (sheet: Sheet, dot: Dot): Promise<ItemRecord | undefined> => {
  const probe: WireOp = { dot, hlc: [0, 0], kind: "post" };
  await sheet.load([probe]);
  const item = sheet.item(dot);
  const root = item && threadOf(item.op);
  if (root !== undefined) await sheet.load([{ ...probe, dot: root }]);
  return item;
};

/** Moves an unacked op to its new dot. */
const rename = (sheet: Sheet, { op }: OutboxRecord, dots: ReadonlyMap<DotKey, Dot>): void => {
  const dot = dots.get(dotKey(op.dot)) ?? op.dot;
  const renamed: { -readonly [K in keyof WireOp]: WireOp[K] } = { ...op, dot };
  for (const field of ["target", "thread"]) {
    const reference = op[field];
    if (isDot(reference)) renamed[field] = dots.get(dotKey(reference)) ?? reference;
  }
  sheet.replace(op.dot, renamed, laneOf(sheet.room.room, rootKeyOf(renamed)));
  if (op.kind === "topic") sheet.room = withTopic(withoutTopic(sheet.room, op.dot), renamed, undefined, false);
};
