/** What one transaction has read of a room: the records that some ops may touch, by dot and by what they are about. */

import { targetOf, type WireOp } from "../protocol/op.js";
import { dotKey, type Dot, type DotKey, type ReplicaId, type RoomId } from "../protocol/values.js";
import { Spans, targetKeyOf, threadOf } from "./item.js";
import { keyOf, type ItemRecord, type OpRecord, type OutboxRecord } from "./records.js";
import { dotIn, dotSpan } from "./schema.js";
import type { Tx } from "./transaction.js";

/** See the head of this file. Whoever changes the maps marks what it changed, so that reading again leaves it alone. */
export class Holdings {
  readonly items = new Map<DotKey, ItemRecord>();
  /** Items as they are in the database. */
  readonly itemsBefore = new Map<DotKey, ItemRecord>();
  readonly ops = new Map<DotKey, OpRecord>();
  readonly outbox = new Map<DotKey, OutboxRecord>();
  /** Items that were changed or removed, and ops that were removed. */
  readonly changedItems = new Set<DotKey>();
  readonly goneOps = new Map<DotKey, Dot>();
  readonly #about = new Map<DotKey, Map<DotKey, OpRecord>>();
  readonly #tx: Tx;
  readonly #room: RoomId;

  constructor(tx: Tx, room: RoomId) {
    this.#tx = tx;
    this.#room = room;
  }

  /** The ops about a message, and the answers that came before their root. */
  about(target: DotKey): readonly OpRecord[] {
    return [...(this.#about.get(target)?.values() ?? [])];
  }

  /** Adds an op that is no item, in place of what has its dot. */
  keep(record: OpRecord): void {
    const key = dotKey(record.op.dot);
    this.ops.set(key, record);
    const target = targetKeyOf(record);
    if (target === undefined) return;
    let about = this.#about.get(target);
    if (about === undefined) this.#about.set(target, (about = new Map<DotKey, OpRecord>()));
    about.set(key, record);
  }

  /** Removes an op that is no item; what it was about, if anything. */
  drop(record: OpRecord): DotKey | undefined {
    const key = dotKey(record.op.dot);
    this.ops.delete(key);
    this.goneOps.set(key, record.op.dot);
    const target = targetKeyOf(record);
    if (target !== undefined) this.#about.get(target)?.delete(key);
    return target;
  }

  /** Reads everything that `ops` may touch, and what is known under `dots`, in one round of requests. */
  async load(ops: readonly WireOp[], dots: readonly Dot[], replica: ReplicaId | undefined): Promise<void> {
    const spans = new Spans();
    const posts = new Spans();
    const lone = new Map<DotKey, Dot>();
    for (const dot of dots) spans.add(dot);
    for (const op of ops) {
      spans.add(op.dot);
      if (op.kind === "post") posts.add(op.dot);
      const target = targetOf(op) ?? threadOf(op);
      if (target !== undefined) lone.set(dotKey(target), target);
    }
    const reads: Promise<void>[] = [];
    for (const [of, first, last] of spans) reads.push(this.#readDots(of, first, last, of === replica));
    for (const [of, first, last] of posts) reads.push(this.#readAbout(of, first, last));
    for (const dot of lone.values()) reads.push(...this.#readMessage(dot, spans, posts));
    await Promise.all(reads);
    // Where another op is known under a dot, what that one is about may change too.
    const others = ops.flatMap(({ dot }) => {
      const known = this.ops.get(dotKey(dot))?.op ?? this.items.get(dotKey(dot))?.op;
      const other = known && (targetOf(known) ?? threadOf(known));
      return other === undefined || lone.has(dotKey(other)) ? [] : this.#readMessage(other, spans, posts);
    });
    if (others.length > 0) await Promise.all(others);
  }

  async #readDots(replica: ReplicaId, first: number, last: number, own: boolean): Promise<void> {
    const span = dotSpan(this.#room, replica, first, last);
    const [items, ops, outbox] = await Promise.all([
      this.#tx.getAllBy("items", "dot", span),
      this.#tx.getAll("ops", span),
      own ? this.#tx.getAll("outbox", span) : [],
    ]);
    for (const item of items) this.#know(item);
    for (const record of ops) this.#knowOp(record);
    for (const record of outbox) this.outbox.set(dotKey(record.op.dot), record);
  }

  #readMessage(dot: Dot, spans: Spans, posts: Spans): Promise<void>[] {
    const reads: Promise<void>[] = [];
    if (!spans.has(dot)) reads.push(this.#readItem(dot));
    if (!posts.has(dot)) reads.push(this.#readAbout(dot[0], dot[1], dot[1]));
    return reads;
  }

  async #readItem(dot: Dot): Promise<void> {
    const item = await this.#tx.getBy("items", "dot", dotIn(this.#room, dot));
    if (item !== undefined) this.#know(item);
  }

  async #readAbout(replica: ReplicaId, first: number, last: number): Promise<void> {
    const span = dotSpan(this.#room, replica, first, last);
    for (const record of await this.#tx.getAllBy("ops", "target", span)) this.#knowOp(record);
  }

  /** Of records that a second {@link Holdings.load} reads again the changed ones stay. */
  #know(item: ItemRecord): void {
    const key = keyOf(item);
    if (this.itemsBefore.has(key) || this.changedItems.has(key)) return;
    this.items.set(key, item);
    this.itemsBefore.set(key, item);
  }

  #knowOp(record: OpRecord): void {
    const key = dotKey(record.op.dot);
    if (this.ops.has(key) || this.goneOps.has(key)) return;
    this.keep(record);
  }
}
