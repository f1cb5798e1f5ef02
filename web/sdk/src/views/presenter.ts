/** Makes the items of views from records, and keeps each object as long as nothing in it changed: lists are memoised by it. */

import type { Message, TimelineItem } from "../model.js";
import { readBody, targetOf, type WireOp } from "../protocol/op.js";
import { dotKey, type DotKey, type UserId } from "../protocol/values.js";
import { rootKeyOf } from "../store/item.js";
import { itemOf, type Around } from "../store/present.js";
import { keyOf, stampOf, type ItemRecord } from "../store/records.js";

interface Kept {
  readonly record: ItemRecord;
  readonly purgedUpTo: Around["room"]["purgedUpTo"];
  readonly item: TimelineItem | undefined;
}

/** See the head of this file. */
export class Presenter {
  #kept = new Map<DotKey, Kept>();

  /** The items of these records, and then one's own that are not committed yet. */
  present(
    records: readonly ItemRecord[],
    pending: readonly WireOp[],
    lane: { readonly root: DotKey | undefined; readonly atEnd: boolean },
    around: Around,
    me: UserId | undefined,
  ): readonly TimelineItem[] {
    const kept = new Map<DotKey, Kept>();
    const items: TimelineItem[] = [];
    for (const record of records) {
      const key = keyOf(record);
      const now = this.#keep(key, record, around);
      kept.set(key, now);
      if (now.item !== undefined) items.push(now.item);
    }
    this.#kept = kept;
    return pending.length === 0 ? items : withPending(items, pending, lane, me);
  }

  #keep(key: DotKey, record: ItemRecord, around: Around): Kept {
    const before = this.#kept.get(key);
    const { purgedUpTo } = around.room;
    const settled = stampOf(record) && (record.fold?.edit === undefined || record.fold.edit.stamp);
    if (before !== undefined && before.record === record && before.purgedUpTo === purgedUpTo && settled) return before;
    const item = itemOf(record, around);
    const same = before?.item !== undefined && JSON.stringify(before.item) === JSON.stringify(item);
    return { record, purgedUpTo, item: same ? before.item : item };
  }
}

/** What is being written shows before it is on the disk; what it does to other messages too. */
const withPending = (
  items: readonly TimelineItem[],
  pending: readonly WireOp[],
  lane: { readonly root: DotKey | undefined; readonly atEnd: boolean },
  me: UserId | undefined,
): readonly TimelineItem[] => {
  const shown = [...items];
  for (const op of pending) {
    const target = targetOf(op);
    if (target !== undefined) {
      const key = dotKey(target);
      const index = shown.findIndex((item) => item.key === key);
      const item = shown[index];
      if (item?.kind === "message") shown[index] = withOp(item, op, me);
    } else if (op.kind === "post" && lane.atEnd && rootKeyOf(op) === lane.root) {
      // Another tab wrote at the same moment and got that dot: this one shows a moment later, under its own.
      const key = dotKey(op.dot);
      if (!shown.some((item) => item.key === key)) shown.push(messageFrom(op, me));
    }
  }
  return shown;
};

const messageFrom = (op: WireOp, me: UserId | undefined): Message => {
  const body = readBody(op);
  const content = body.kind === "post" ? body.content : undefined;
  const thread = rootKeyOf(op);
  return {
    kind: "message",
    key: dotKey(op.dot),
    dot: op.dot,
    hlc: op.hlc,
    author: me ?? ("" as UserId),
    body: { state: "present", text: content?.text ?? "", mentions: content?.mentions ?? [] },
    pinned: false,
    reactions: [],
    ...(thread && { thread }),
    replies: { count: 0, lastMs: 0, users: [] },
    delivery: { state: "waiting" },
  };
};

/** A message after an op of one's own, as it will most probably be: nothing is later than what one does now. */
const withOp = (message: Message, op: WireOp, me: UserId | undefined): Message => {
  const body = readBody(op);
  switch (body.kind) {
    case "edit": {
      if (message.body.state === "deleted" || body.content === undefined) return message;
      const { text, mentions } = body.content;
      const delivery = { state: "waiting" } as const;
      return { ...message, body: { state: "present", text, mentions }, edited: { hlc: op.hlc }, delivery };
    }
    case "delete":
      return { ...message, body: { state: "deleted" }, pinned: false, reactions: [] };
    case "pin":
      return { ...message, pinned: body.on };
    case "reaction":
      return me === undefined ? message : { ...message, reactions: reacted(message, body.emoji, me, body.on) };
    case "post":
    case "topic":
    case "member":
    case "room":
    case "purge":
    case "void":
    case "other":
      return message;
  }
};

const reacted = ({ reactions }: Message, emoji: string, me: UserId, on: boolean): Message["reactions"] => {
  const known = reactions.find((reaction) => reaction.emoji === emoji);
  const others = (known?.users ?? []).filter((user) => user !== me);
  const users = on ? [...others, me] : others;
  if (known === undefined) return on ? [...reactions, { emoji, users }] : reactions;
  return reactions.flatMap((reaction) =>
    reaction !== known ? [reaction] : users.length > 0 ? [{ emoji, users }] : [],
  );
};
