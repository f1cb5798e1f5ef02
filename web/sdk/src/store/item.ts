/** Pure rules of records: what an item is, what it loses, what roots know of their answers. */

import { isDot } from "../protocol/check.js";
import type { WireOp } from "../protocol/op.js";
import { dotKey, type Dot, type DotKey, type ReplicaId, type RoomId, type Stamp } from "../protocol/values.js";
import { comparePosition, positionOf, REPLY_USERS_MAX } from "./records.js";
import type { ItemRecord, OpRecord, Replies, RoomRecord } from "./records.js";

/** Stands in the store of ops for an answer whose root is not known yet. */
export const REPLY_STUB = "reply";

const ITEM_KINDS: ReadonlySet<string> = new Set(["post", "member", "room", "topic", "call", "purge"]);

/** Whether an op is a line of a timeline by itself. */
export const isItemKind = (op: WireOp): boolean => ITEM_KINDS.has(op.kind);

/** The root that a post answers. */
export const threadOf = (op: WireOp): Dot | undefined =>
  op.kind === "post" && isDot(op["thread"]) ? op["thread"] : undefined;

/** The root that a post answers, by its key. */
export const rootKeyOf = (op: WireOp): DotKey | undefined => {
  const root = threadOf(op);
  return root && dotKey(root);
};

/** The key of the message that a record is about. */
export const targetKeyOf = ({ targetReplica, targetCounter }: OpRecord): DotKey | undefined =>
  targetReplica === undefined || targetCounter === undefined ? undefined : dotKey([targetReplica, targetCounter]);

export const movedFrom = (before: ItemRecord, now: ItemRecord): boolean =>
  before.lane !== now.lane || comparePosition(positionOf(before), positionOf(now)) !== 0;

/** Whether a post or an edit still says something. */
export const hasContent = (op: WireOp): boolean => (op.kind === "post" || op.kind === "edit") && op["purged"] !== true;

/** A post or an edit without what it said; any other op as it is. */
export const withoutContent = (op: WireOp): WireOp => {
  if (!hasContent(op)) return op;
  const { dot, hlc, author, kind } = op;
  const about = op.kind === "post" ? { thread: op["thread"] } : { target: op["target"] };
  const [value] = Object.values(about);
  return { dot, hlc, ...(author !== undefined && { author }), kind, ...(value !== undefined && about), purged: true };
};

/** What a root knows after one more answer, whatever the order of the answers. */
export const withReply = (known: Replies | undefined, reply: WireOp, stamp: Stamp | undefined): Replies => {
  const users = new Set(known?.users);
  if (reply.author !== undefined) users.add(reply.author);
  return {
    count: (known?.count ?? 0) + 1,
    lastMs: Math.max(known?.lastMs ?? 0, stamp?.[0] ?? 0),
    users: [...users].sort().slice(0, REPLY_USERS_MAX),
  };
};

/** A room of which nothing is known. */
export const emptyRoom = (room: RoomId): RoomRecord => ({
  room,
  listed: false,
  name: "",
  visibility: "private",
  topic: "",
  members: 0,
  topics: [],
  known: [],
  head: 0,
  total: 0,
  unread: 0,
  countedTo: 0,
  mentioned: 0,
  counter: 0,
  written: 0,
  waiting: 0,
  failed: 0,
});

/** More counters than this that nobody asked for are not worth reading along. */
const IDLE_MAX = 1_024;

/** Some dots as ranges of counters, each read by one request: a replica's ops mostly come in a row. */
export class Spans implements Iterable<readonly [ReplicaId, first: number, last: number]> {
  readonly #counters = new Map<ReplicaId, Set<number>>();

  add([replica, counter]: Dot): void {
    const counters = this.#counters.get(replica);
    if (counters === undefined) this.#counters.set(replica, new Set([counter]));
    else counters.add(counter);
  }

  /** Whether a dot was added. */
  has([replica, counter]: Dot): boolean {
    return this.#counters.get(replica)?.has(counter) ?? false;
  }

  *[Symbol.iterator](): Generator<readonly [ReplicaId, number, number]> {
    for (const [replica, counters] of this.#counters) {
      const sorted = [...counters].sort((a, b) => a - b);
      let [first] = sorted;
      let last = first;
      for (const counter of sorted) {
        if (first === undefined || last === undefined) break;
        if (counter - last > IDLE_MAX) {
          yield [replica, first, last];
          first = counter;
        }
        last = counter;
      }
      if (first !== undefined && last !== undefined) yield [replica, first, last];
    }
  }
}
