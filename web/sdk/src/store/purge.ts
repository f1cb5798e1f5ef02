/** Scrubbing what a purge covers, in the background: unreadable it is at once (`present.ts`). */

import { contentGone } from "../crdt/message.js";
import type { RoomId } from "../protocol/values.js";
import type { Context } from "./context.js";
import { hasContent, withoutContent } from "./item.js";
import { stampOf, type ItemRecord, type OpRecord, type RoomRecord } from "./records.js";
import { roomSpan, wholeRoom, type Span } from "./schema.js";
import type { Tx } from "./transaction.js";

/** Records looked at in one transaction, so that writing never waits long. */
const CHUNK = 500;

/** Goes on with purges that were cut short. */
export const purgeAll = async (context: Context): Promise<void> => {
  const rooms = await context.db.run(["rooms"], { mode: "readonly" }, (tx) => tx.getAll("rooms"));
  for (const { room, purging } of rooms) if (purging === true) await purgeRoom(context, room);
};

export const purgeRoom = async (context: Context, room: RoomId): Promise<void> => {
  const purgedUpTo = (await context.db.run(["rooms"], { mode: "readonly" }, (tx) => tx.get("rooms", room)))?.purgedUpTo;
  if (purgedUpTo === undefined) return;
  await chunks(context, wholeRoom(room), (tx, span) => scrubItems(tx, span, purgedUpTo));
  await chunks(context, roomSpan(room), (tx, span) => scrubOps(tx, span, purgedUpTo));
  await context.db.run(["rooms"], { mode: "readwrite" }, async (tx) => {
    const record = await tx.get("rooms", room);
    // A later purge has its own run.
    if (record === undefined || !contentGone(record.purgedUpTo, purgedUpTo)) return;
    const { purging: _purging, ...rest } = record;
    tx.put("rooms", rest satisfies RoomRecord);
  });
};

/** Goes through a span chunk by chunk; `scrub` tells the key it came to, or `undefined` at the end. */
const chunks = async (
  context: Context,
  span: Span,
  scrub: (tx: Tx, span: Span) => Promise<Span["from"] | undefined>,
): Promise<void> => {
  let rest: Span | undefined = span;
  while (rest !== undefined) {
    const here: Span = rest;
    const at = await context.db.run(["items", "ops"], { mode: "readwrite" }, (tx) => scrub(tx, here));
    rest = at === undefined ? undefined : { ...span, from: at, fromOpen: true };
  }
};

type UpTo = NonNullable<RoomRecord["purgedUpTo"]>;

const scrubItems = async (tx: Tx, span: Span, upTo: UpTo): Promise<Span["from"] | undefined> => {
  const items = await tx.getAll("items", span, CHUNK);
  for (const item of items) {
    const scrubbed = scrubItem(item, upTo);
    if (scrubbed !== item) tx.put("items", scrubbed);
  }
  const last = items.at(-1);
  return last === undefined || items.length < CHUNK
    ? undefined
    : [last.lane, last.ms, last.n, last.replica, last.counter];
};

const scrubItem = (item: ItemRecord, upTo: UpTo): ItemRecord => {
  const own = contentGone(stampOf(item), upTo) && hasContent(item.op);
  const { fold } = item;
  const edit = fold?.edit;
  const edited = edit?.op !== undefined && contentGone(edit.stamp, upTo);
  if (!own && !edited) return item;
  const { op: _op, ...bare } = edit ?? { op: undefined };
  return {
    ...item,
    ...(own && { op: withoutContent(item.op) }),
    ...(edited && fold !== undefined && { fold: { ...fold, edit: bare as typeof edit } }),
  };
};

const scrubOps = async (tx: Tx, span: Span, upTo: UpTo): Promise<Span["from"] | undefined> => {
  const ops: OpRecord[] = await tx.getAll("ops", span, CHUNK);
  for (const record of ops) {
    if (contentGone(record.stamp, upTo) && hasContent(record.op)) {
      tx.put("ops", { ...record, op: withoutContent(record.op) });
    }
  }
  const last = ops.at(-1);
  return last === undefined || ops.length < CHUNK ? undefined : [last.room, last.replica, last.counter];
};
