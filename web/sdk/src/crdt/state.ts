/**
 * What a room is, as a function of the set of accepted (op, stamp) pairs alone: docs/DIGEST.md, "From ops to state".
 * The reference: it keeps the whole set, so no order of arrival can matter. Views read messages one by one
 * (`foldMessage`), from a store that need not fit in memory.
 */

import { readBody, targetOf, type Body, type Stamped, type WireOp } from "../protocol/op.js";
import {
  dotKey,
  type DotKey,
  type ReplicaId,
  type Stamp,
  type UserId,
  type VersionVector,
} from "../protocol/values.js";
import { canonicalOp } from "./canonical.js";
import { compareWritten, foldMessage, type MessageState } from "./message.js";
import { compareBytes, compareDot, compareHlc, comparePlace, compareText } from "./order.js";

type BodyOf<Kind extends Body["kind"]> = Extract<Body, { readonly kind: Kind }>;

/** A message of accepted ops. */
export type AcceptedMessage = MessageState & { readonly stamp: Stamp };

/** Whether a pair counts instead of another of the same dot: an op before a void, then by stamp, then by bytes. */
export const goesBefore = (a: Stamped, b: Stamped): boolean => {
  const order = voidRank(a.op) - voidRank(b.op) || compareHlc(a.stamp, b.stamp);
  return order === 0 ? compareBytes(canonicalOp(a.op), canonicalOp(b.op)) < 0 : order < 0;
};

/** The accepted ops of a room and what they come to. As large as the log its caller feeds it. */
export class State {
  readonly #pairs = new Map<DotKey, Stamped>();

  /** Adds an accepted op: in any order, as often as it comes. `false` when nothing changed. */
  apply(op: WireOp, stamp: Stamp): boolean {
    const key = dotKey(op.dot);
    const pair = { op, stamp };
    const known = this.#pairs.get(key);
    if (known !== undefined && !goesBefore(pair, known)) return false;
    this.#pairs.set(key, pair);
    return true;
  }

  /** Adds all that another replica accepted. */
  merge(other: State): void {
    for (const { op, stamp } of other.pairs()) this.apply(op, stamp);
  }

  /** One pair per dot, in no order. */
  pairs(): Iterable<Stamped> {
    return this.#pairs.values();
  }

  /** Per replica the highest counter up to which every op is here, in replica order. */
  versionVector(): VersionVector {
    const vector = new Map<ReplicaId, number>();
    const dots = [...this.#pairs.values()].map(({ op }) => op.dot).sort(compareDot);
    for (const [replica, counter] of dots) {
      if (counter === (vector.get(replica) ?? 0) + 1) vector.set(replica, counter);
    }
    return vector;
  }

  /** Contents stamped at or before this are purged. */
  purgedUpTo(): Stamp | undefined {
    const stamps = this.#bodies("purge").map(([body]) => body.upTo);
    return stamps.reduce<Stamp | undefined>(
      (last, stamp) => (last === undefined || compareHlc(stamp, last) > 0 ? stamp : last),
      undefined,
    );
  }

  topic(): string | undefined {
    return last(this.#bodies("topic"), compareWritten)?.[0].text;
  }

  settings(): BodyOf<"room"> | undefined {
    return last(this.#bodies("room"), comparePlaced)?.[0];
  }

  /** Everyone who ever stood in the room somehow, in the order of the ids' bytes. */
  members(): readonly BodyOf<"member">[] {
    const placed = [...this.#bodies("member")].sort(([, a], [, b]) => comparePlaced(a, b));
    const members = new Map<UserId, BodyOf<"member">>(placed.map(([body]) => [body.user, body]));
    return [...members.values()].sort((a, b) => compareText(a.user, b.user));
  }

  /** The messages in timeline order: stamp, then dot. */
  timeline(): readonly AcceptedMessage[] {
    const purged = this.purgedUpTo();
    const about = this.#about();
    return this.#bodies("post")
      .map(([, pair]) => foldMessage(pair, about.get(dotKey(pair.op.dot)) ?? [], purged))
      .filter((message): message is AcceptedMessage => message?.stamp !== undefined)
      .sort((a, b) => comparePlace([a.stamp, a.dot], [b.stamp, b.dot]));
  }

  /** By target, what is about it. */
  #about(): ReadonlyMap<DotKey, readonly Stamped[]> {
    const about = new Map<DotKey, Stamped[]>();
    for (const pair of this.#pairs.values()) {
      const target = targetOf(pair.op);
      if (target === undefined) continue;
      const pairs = about.get(dotKey(target));
      if (pairs === undefined) about.set(dotKey(target), [pair]);
      else pairs.push(pair);
    }
    return about;
  }

  #bodies<Kind extends Body["kind"]>(kind: Kind): readonly (readonly [BodyOf<Kind>, Stamped])[] {
    const found: (readonly [BodyOf<Kind>, Stamped])[] = [];
    for (const pair of this.#pairs.values()) {
      const body = readBody(pair.op);
      if (body.kind === kind) found.push([body as BodyOf<Kind>, pair]);
    }
    return found;
  }
}

const voidRank = (op: WireOp): number => (readBody(op).kind === "void" ? 1 : 0);

const comparePlaced = (a: Stamped, b: Stamped): number => comparePlace([a.stamp, a.op.dot], [b.stamp, b.op.dot]);

const last = <T>(
  bodies: readonly (readonly [T, Stamped])[],
  compare: (a: Stamped, b: Stamped) => number,
): readonly [T, Stamped] | undefined =>
  bodies.reduce<readonly [T, Stamped] | undefined>(
    (greatest, body) => (greatest === undefined || compare(body[1], greatest[1]) > 0 ? body : greatest),
    undefined,
  );
