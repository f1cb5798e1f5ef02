/**
 * The part of a room that one transaction works on: read at once, changed in memory by the rules of docs/DIGEST.md,
 * written at the end. Whatever the order in which ops come, and however often, the records come out the same.
 */

import { contentGone, foldMessage, type Placed } from "../crdt/message.js";
import { goesBefore } from "../crdt/state.js";
import { targetOf, type WireOp } from "../protocol/op.js";
import { dotKey, type Dot, type DotKey, type RoomId, type Stamp, type UserId } from "../protocol/values.js";
import { Holdings } from "./holdings.js";
import {
  emptyRoom,
  hasContent,
  isItemKind,
  movedFrom,
  REPLY_STUB,
  rootKeyOf,
  threadOf,
  withoutContent,
  withReply,
} from "./item.js";
import { keyOf, laneOf, positionOf, stampOf, UNSTAMPED_MS } from "./records.js";
import type { Fold, ItemRecord, Lane, OpRecord, OutboxRecord, RoomRecord } from "./records.js";
import { dotIn, itemKey } from "./schema.js";
import type { Tx } from "./transaction.js";

/** What {@link Sheet.place} did: `stamped` one's own, `replaced` another op of the same dot, or its stamp. */
export type PlacedAs = "new" | "stamped" | "replaced" | "ignored";

/** See the head of this file. Load first, then change, then {@link Sheet.flush}. */
export class Sheet {
  readonly #tx: Tx;
  readonly #id: RoomId;
  /** Changed freely; written by {@link Sheet.flush} when it is another object than the one that was read. */
  room: RoomRecord;
  readonly #roomBefore: RoomRecord | undefined;
  readonly me: UserId | undefined;

  readonly #held: Holdings;
  /** Ops that {@link Sheet.flush} writes. */
  readonly #dirtyOps = new Set<DotKey>();
  /** Messages that it folds anew. */
  readonly #refold = new Set<DotKey>();

  constructor(tx: Tx, id: RoomId, room: RoomRecord | undefined, me: UserId | undefined) {
    this.#tx = tx;
    this.#id = id;
    this.#held = new Holdings(tx, id);
    this.#roomBefore = room;
    this.room = room ?? emptyRoom(id);
    this.me = me;
  }

  /** Reads everything that `ops` may touch, and what is known under `dots`. */
  load(ops: readonly WireOp[], dots: readonly Dot[] = []): Promise<void> {
    return this.#held.load(ops, dots, this.room.replica);
  }

  item(dot: Dot): ItemRecord | undefined {
    return this.#held.items.get(dotKey(dot));
  }

  op(dot: Dot): OpRecord | undefined {
    return this.#held.ops.get(dotKey(dot));
  }

  outbox(dot: Dot): OutboxRecord | undefined {
    return this.#held.outbox.get(dotKey(dot));
  }

  /** Takes an op: accepted when it has a stamp, else one's own that waits. */
  place(op: WireOp, stamp: Stamp | undefined): PlacedAs {
    const key = dotKey(op.dot);
    const item = this.#held.items.get(key);
    const at = item && stampOf(item);
    if (item !== undefined && at === undefined) {
      if (stamp === undefined) return "ignored";
      // A void beside one's own failed post, which stays visible.
      if (isItemKind(op)) return this.#stampItem(item, op, stamp);
      return this.#replaceOp(op, stamp);
    }
    if (item !== undefined && at !== undefined) {
      if (stamp === undefined || !goesBefore({ op, stamp }, { op: item.op, stamp: at })) return "ignored";
      if (item.op.kind === op.kind && item.lane === this.#laneOf(op)) this.#restamp(item, op, stamp);
      else {
        this.removeItem(op.dot);
        this.#insert(op, stamp);
      }
      return "replaced";
    }
    return this.#replaceOp(op, stamp);
  }

  /** Changes an item as it stands. */
  put(item: ItemRecord): void {
    const key = keyOf(item);
    this.#held.items.set(key, item);
    this.#held.changedItems.add(key);
  }

  /** Folds a message anew, because something about it changed. */
  touch(dot: Dot): void {
    this.#refold.add(dotKey(dot));
  }

  /** Takes an item out of the timeline: one's own that was never accepted. */
  removeItem(dot: Dot): void {
    const key = dotKey(dot);
    const item = this.#held.items.get(key);
    if (item === undefined) return;
    this.#held.items.delete(key);
    this.#held.changedItems.add(key);
    if (item.lane === this.#id) this.room = { ...this.room, total: this.room.total - 1 };
    else this.#uncountReply(item);
  }

  /** Forgets an op that is no item: one's own that was never accepted. */
  removeOp(dot: Dot): void {
    const key = dotKey(dot);
    const record = this.#held.ops.get(key);
    if (record === undefined) return;
    this.#dirtyOps.delete(key);
    const target = this.#held.drop(record);
    if (target !== undefined) this.#refold.add(target);
  }

  /** An op that waits for its ack from now on. */
  queue(op: WireOp): void {
    const record: OutboxRecord = { room: this.#id, replica: op.dot[0], counter: op.dot[1], op };
    this.#held.outbox.set(dotKey(op.dot), record);
    this.#tx.put("outbox", record);
    this.room = { ...this.room, waiting: this.room.waiting + 1 };
  }

  /** It does not wait any more. */
  unqueue(dot: Dot): void {
    if (!this.#held.outbox.delete(dotKey(dot))) return;
    this.#tx.delete("outbox", dotIn(this.#id, dot));
    this.room = { ...this.room, waiting: Math.max(0, this.room.waiting - 1) };
  }

  /** Puts an unacked op under another dot, or with another clock, where the old one stood. */
  replace(old: Dot, op: WireOp, lane: Lane): void {
    const key = dotKey(op.dot);
    this.#held.outbox.delete(dotKey(old));
    this.#tx.delete("outbox", dotIn(this.#id, old));
    const [replica, counter] = op.dot;
    const record: OutboxRecord = { room: this.#id, replica, counter, op };
    this.#held.outbox.set(key, record);
    this.#tx.put("outbox", record);
    const item = this.#held.items.get(dotKey(old));
    if (item === undefined) {
      this.removeOp(old);
      this.#insertOp(op, undefined);
      return;
    }
    const stub = this.#held.ops.get(dotKey(old));
    this.#held.items.delete(dotKey(old));
    this.#held.changedItems.add(dotKey(old));
    this.put({ ...item, op, replica, counter, lane });
    this.#refold.add(key);
    if (stub?.op.kind !== REPLY_STUB) return;
    this.#dropOp(old);
    const root = threadOf(op);
    if (root !== undefined) this.#countReply(op, root, undefined);
  }

  /** Writes what changed; tells which messages did, with their records. */
  flush(): ReadonlyMap<DotKey, ItemRecord | undefined> {
    for (const key of this.#refold) this.#foldAnew(key);
    const changed = new Map<DotKey, ItemRecord | undefined>();
    for (const dot of this.#held.goneOps.values()) this.#tx.delete("ops", dotIn(this.#id, dot));
    for (const key of this.#held.changedItems) {
      const before = this.#held.itemsBefore.get(key);
      const item = this.#held.items.get(key);
      changed.set(key, item);
      if (before !== undefined && (item === undefined || movedFrom(before, item))) {
        this.#tx.delete("items", itemKey(before.lane, positionOf(before)));
      }
      if (item !== undefined) this.#tx.put("items", item);
    }
    for (const key of this.#dirtyOps) {
      const record = this.#held.ops.get(key);
      if (record !== undefined) this.#tx.put("ops", record);
    }
    if (this.room !== this.#roomBefore) this.#tx.put("rooms", this.room);
    return changed;
  }

  /** Puts an op in place of the one that is no item and has its dot, if there is one and the new one counts. */
  #replaceOp(op: WireOp, stamp: Stamp | undefined): PlacedAs {
    const known = this.#held.ops.get(dotKey(op.dot));
    if (known === undefined || known.op.kind === REPLY_STUB) {
      this.#insert(op, stamp);
      return "new";
    }
    if (stamp === undefined) return "ignored";
    if (known.stamp !== undefined && !goesBefore({ op, stamp }, { op: known.op, stamp: known.stamp })) return "ignored";
    this.removeOp(op.dot);
    this.#insert(op, stamp);
    return known.stamp === undefined ? "stamped" : "replaced";
  }

  #insert(op: WireOp, stamp: Stamp | undefined): void {
    if (isItemKind(op)) this.#insertItem(op, stamp);
    else this.#insertOp(op, stamp);
  }

  #insertItem(op: WireOp, stamp: Stamp | undefined): void {
    const key = dotKey(op.dot);
    const [replica, counter] = op.dot;
    const [ms, n] = stamp ?? [UNSTAMPED_MS, this.room.written];
    const lane = this.#laneOf(op);
    this.put({ lane, ms, n, replica, counter, room: this.#id, op: this.#withoutGone(op, stamp) });
    const root = threadOf(op);
    if (root === undefined) this.room = { ...this.room, total: this.room.total + 1 };
    else this.#countReply(op, root, stamp);
    if (op.kind !== "post") return;
    this.#adoptReplies(op.dot);
    if (this.#held.about(key).length > 0) this.#refold.add(key);
  }

  #insertOp(op: WireOp, stamp: Stamp | undefined): void {
    const [replica, counter] = op.dot;
    const target = targetOf(op);
    this.#keep({
      room: this.#id,
      replica,
      counter,
      op: this.#withoutGone(op, stamp),
      ...(stamp && { stamp }),
      ...(target && { targetReplica: target[0], targetCounter: target[1] }),
    });
    if (target !== undefined) this.#refold.add(dotKey(target));
  }

  /** One's own was accepted: also after a refusal, by another server. */
  #stampItem(item: ItemRecord, op: WireOp, stamp: Stamp): PlacedAs {
    const { failed, ...rest } = item;
    if (failed !== undefined && failed.edit === undefined) {
      this.room = { ...this.room, failed: Math.max(0, this.room.failed - 1) };
      this.#restamp(rest, op, stamp);
    } else this.#restamp(item, op, stamp);
    this.#stampReply(op, stamp);
    return "stamped";
  }

  #restamp(item: ItemRecord, op: WireOp, stamp: Stamp): void {
    this.put({ ...item, op: this.#withoutGone(op, stamp), ms: stamp[0], n: stamp[1] });
    this.#refold.add(dotKey(op.dot));
  }

  #laneOf(op: WireOp): Lane {
    return laneOf(this.#id, rootKeyOf(op));
  }

  /** Counts an answer at its root, or keeps it for when the root comes. */
  #countReply(op: WireOp, root: Dot, stamp: Stamp | undefined): void {
    const item = this.#held.items.get(dotKey(root));
    if (item !== undefined) {
      this.put({ ...item, replies: withReply(item.replies, op, stamp) });
      return;
    }
    const [replica, counter] = op.dot;
    const { dot, hlc, author } = op;
    const stub: WireOp = { dot, hlc, ...(author !== undefined && { author }), kind: REPLY_STUB };
    const [targetReplica, targetCounter] = root;
    this.#keep({ room: this.#id, replica, counter, op: stub, ...(stamp && { stamp }), targetReplica, targetCounter });
  }

  /** An answer of one's own got its stamp; a void under its dot, from elsewhere, does not count any more. */
  #stampReply(op: WireOp, stamp: Stamp): void {
    const record = this.#held.ops.get(dotKey(op.dot));
    if (record?.op.kind === REPLY_STUB) this.#keep({ ...record, stamp });
    else this.#dropOp(op.dot);
    const root = threadOf(op);
    const item = root && this.#held.items.get(dotKey(root));
    if (item?.replies === undefined || item.replies.lastMs >= stamp[0]) return;
    this.put({ ...item, replies: { ...item.replies, lastMs: stamp[0] } });
  }

  #uncountReply(item: ItemRecord): void {
    const stub = this.#held.ops.get(keyOf(item));
    if (stub?.op.kind === REPLY_STUB) this.#dropOp(stub.op.dot);
    const root = threadOf(item.op);
    const known = root && this.#held.items.get(dotKey(root));
    if (known?.replies === undefined) return;
    const { replies, ...rest } = known;
    this.put(replies.count > 1 ? { ...rest, replies: { ...replies, count: replies.count - 1 } } : rest);
  }

  /** Answers that came before their root count now. */
  #adoptReplies(root: Dot): void {
    for (const stub of this.#held.about(dotKey(root))) {
      if (stub.op.kind !== REPLY_STUB) continue;
      const item = this.#held.items.get(dotKey(root));
      if (item !== undefined) this.put({ ...item, replies: withReply(item.replies, stub.op, stub.stamp) });
      this.#dropOp(stub.op.dot);
    }
  }

  #keep(record: OpRecord): void {
    this.#dirtyOps.add(dotKey(record.op.dot));
    this.#held.keep(record);
  }

  /** An item took the place of a void or of a stub. */
  #dropOp(dot: Dot): void {
    const record = this.#held.ops.get(dotKey(dot));
    if (record === undefined) return;
    this.#dirtyOps.delete(dotKey(dot));
    this.#held.drop(record);
  }

  #withoutGone(op: WireOp, stamp: Stamp | undefined): WireOp {
    return contentGone(stamp, this.room.purgedUpTo) ? withoutContent(op) : op;
  }

  #foldAnew(key: DotKey): void {
    const item = this.#held.items.get(key);
    if (item?.op.kind !== "post") return;
    const about = this.#held.about(key).filter(({ op }) => op.kind !== REPLY_STUB);
    const failedEdit = item.failed?.edit;
    const placed: Placed[] = failedEdit === undefined ? about : [...about, { op: failedEdit }];
    const state = foldMessage({ op: item.op, stamp: stampOf(item) }, placed, undefined);
    if (state === undefined) return;
    const deleted = about.some(({ op, stamp }) => op.kind === "delete" && stamp !== undefined);
    if (deleted) this.#scrub(item, about);
    const { fold: _fold, pinned: _pinned, ...rest } = this.#held.items.get(key) ?? item;
    const fold: Fold = {
      deleted: state.body.state === "deleted",
      reactions: state.reactions,
      ...this.#editOf(state.body, placed),
    };
    const plain = !fold.deleted && fold.edit === undefined && fold.reactions.length === 0;
    this.put({ ...rest, ...(!plain && { fold }), ...(state.pinned && { pinned: 1 as const }) });
  }

  #editOf(body: NonNullable<ReturnType<typeof foldMessage>>["body"], about: readonly Placed[]): Pick<Fold, "edit"> {
    if (body.state === "deleted" || body.edit === undefined) return {};
    const { dot, hlc } = body.edit;
    const stamp = about.find(({ op }) => op.dot[0] === dot[0] && op.dot[1] === dot[1])?.stamp;
    return { edit: { dot, hlc, ...(stamp && { stamp }), ...(body.state === "present" && { op: body.from }) } };
  }

  /** An accepted delete takes the contents of the message and of its edits, for ever. */
  #scrub(item: ItemRecord, about: readonly OpRecord[]): void {
    if (hasContent(item.op)) this.put({ ...item, op: withoutContent(item.op) });
    for (const record of about) {
      if (record.op.kind === "edit" && hasContent(record.op)) this.#keep({ ...record, op: withoutContent(record.op) });
    }
  }
}
