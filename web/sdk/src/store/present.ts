/** From records to what views are given. Pure. */

import { contentGone } from "../crdt/message.js";
import type { Delivery, Message, Notice, TimelineItem } from "../model.js";
import { readBody, type WireOp } from "../protocol/op.js";
import { dotKey, type CallId, type DotKey, type Stamp, type UserId } from "../protocol/values.js";
import { hasContent, threadOf } from "./item.js";
import { stampOf, type ItemRecord, type RoomRecord } from "./records.js";

/** How long after it was written a message must be stored for people to be told when that was. */
const LATE_MS = 120_000;

const REPEATABLE: ReadonlySet<string> = new Set(["forbidden", "not_a_member"]);
const NO_REPLIES: Message["replies"] = { count: 0, lastMs: 0, users: [] };
const NO_REACTIONS: Message["reactions"] = [];
const NOBODY = "" as UserId;
const STORED: Delivery = { state: "stored" };
const WAITING: Delivery = { state: "waiting" };
const SENT: Delivery = { state: "sent" };

/** What an item looks like depends on besides its record. */
export interface Around {
  readonly room: Pick<RoomRecord, "purgedUpTo" | "refusal">;
  /** Whether an unacked op is on its way. */
  readonly sent: (dot: DotKey) => boolean;
}

/** The line of a timeline that a record stands for; `undefined` when this version cannot show it. */
export const itemOf = (record: ItemRecord, around: Around): TimelineItem | undefined =>
  record.op.kind === "post" ? messageOf(record, around) : noticeOf(record);

/** The message of a post's record. */
export const messageOf = (record: ItemRecord, around: Around): Message | undefined => {
  const { op, fold } = record;
  if (op.kind !== "post") return undefined;
  const stamp = stampOf(record);
  const root = threadOf(op);
  const late = stamp !== undefined && stamp[0] - op.hlc[0] > LATE_MS;
  return {
    kind: "message",
    key: dotKey(op.dot),
    dot: op.dot,
    ...(stamp && { stamp }),
    hlc: op.hlc,
    author: op.author ?? NOBODY,
    body: bodyOf(record, stamp, around.room.purgedUpTo),
    ...(fold?.edit && { edited: { hlc: fold.edit.hlc } }),
    pinned: record.pinned === 1,
    reactions: fold?.reactions ?? NO_REACTIONS,
    ...(root && { thread: dotKey(root) }),
    replies: record.replies ?? NO_REPLIES,
    delivery: deliveryOf(record, stamp, around),
    ...(late && { writtenLateMs: op.hlc[0] }),
  };
};

const bodyOf = ({ op, fold }: ItemRecord, stamp: Stamp | undefined, purgedUpTo: Stamp | undefined): Message["body"] => {
  if (fold?.deleted === true) return { state: "deleted" };
  const source = fold?.edit === undefined ? { op, stamp } : fold.edit;
  if (source.op === undefined || contentGone(source.stamp, purgedUpTo)) return { state: "purged" };
  return contentOf(source.op);
};

const contentOf = (op: WireOp): Message["body"] => {
  const body = readBody(op);
  if ((body.kind !== "post" && body.kind !== "edit") || body.content === undefined) return { state: "purged" };
  return { state: "present", text: body.content.text, mentions: body.content.mentions };
};

/** The text that a message shows, for searching; `undefined` when there is none. */
export const textOf = (record: ItemRecord, purgedUpTo: Stamp | undefined): string | undefined => {
  const { op, fold } = record;
  if (op.kind !== "post" || fold?.deleted === true) return undefined;
  const source = fold?.edit === undefined ? { op, stamp: stampOf(record) } : fold.edit;
  if (source.op === undefined || !hasContent(source.op) || contentGone(source.stamp, purgedUpTo)) return undefined;
  const text = source.op["text"];
  return typeof text === "string" ? text : undefined;
};

const deliveryOf = ({ op, fold, failed }: ItemRecord, stamp: Stamp | undefined, around: Around): Delivery => {
  if (failed !== undefined) {
    const { code, message } = failed;
    return { state: "failed", code, message, retry: REPEATABLE.has(code) };
  }
  const edit = fold?.edit;
  const waiting = stamp === undefined ? op.dot : edit !== undefined && edit.stamp === undefined ? edit.dot : undefined;
  if (waiting === undefined) return STORED;
  if (around.room.refusal !== undefined) return { state: "failed", ...around.room.refusal, retry: true };
  return around.sent(dotKey(waiting)) ? SENT : WAITING;
};

const noticeOf = (record: ItemRecord): Notice | undefined => {
  const { op } = record;
  const event = eventOf(op);
  if (event === undefined) return undefined;
  const stamp = stampOf(record) ?? op.hlc;
  return { kind: "notice", key: dotKey(op.dot), stamp, ...(op.author !== undefined && { author: op.author }), event };
};

const eventOf = (op: WireOp): Notice["event"] | undefined => {
  if (op.kind === "call") return callOf(op);
  const body = readBody(op);
  switch (body.kind) {
    case "room":
      // The server that makes a room begins its own log there with the settings.
      return op.dot[1] === 1 ? { is: "created", name: body.name } : { is: "renamed", name: body.name };
    case "topic":
      return { is: "topic", topic: body.text };
    case "member":
      return { is: "member", user: body.user, name: body.name, standing: body.standing, role: body.role };
    case "purge":
      return { is: "purged" };
    case "post":
    case "edit":
    case "delete":
    case "reaction":
    case "pin":
    case "void":
    case "other":
      return undefined;
  }
};

const callOf = (op: WireOp): Notice["event"] | undefined => {
  const { event, call, users } = op;
  if (typeof call !== "string" || (event !== "started" && event !== "ended")) return undefined;
  const durationMs = op["duration_ms"];
  return {
    is: "call",
    call: call as CallId,
    started: event === "started",
    ...(typeof durationMs === "number" && { durationMs }),
    users: Array.isArray(users) ? users.filter((user): user is UserId => typeof user === "string") : [],
  };
};
