/** State as a function of the set of pairs: whatever is lost, repeated or reordered on the way. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { targetOf, type Stamped, type WireOp } from "../protocol/op.js";
import { dotKey, type Dot, type Hlc, type Stamp, type UserId } from "../protocol/values.js";
import { canonicalOp } from "./canonical.js";
import { canonicalState, digest } from "./digest.js";
import { effective, later, receive, tick } from "./hlc.js";
import { foldMessage } from "./message.js";
import { compareBytes, compareDot, compareHlc, compareText } from "./order.js";
import { clock, pair, pairs } from "./ops.arbitrary.js";
import { goesBefore, State } from "./state.js";

const stateOf = (pairs: Iterable<Stamped>): State => {
  const state = new State();
  for (const { op, stamp } of pairs) state.apply(op, stamp);
  return state;
};
const bytesOf = (state: State): string => canonicalState(state).toString();

describe("a state", () => {
  test("depends neither on order nor on repetition", () => {
    const shuffled = pairs.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: 2 * all.length })),
    );
    fc.assert(
      fc.property(shuffled, ([all, mixed]) => {
        expect(bytesOf(stateOf(mixed))).toBe(bytesOf(stateOf(all)));
      }),
    );
  });

  test("merges commutatively, associatively and without effect when repeated", () => {
    const merged = (...states: readonly State[]) => {
      const all = new State();
      for (const state of states) all.merge(state);
      return all;
    };
    fc.assert(
      fc.property(pairs, pairs, pairs, (x, y, z) => {
        const [a, b, c] = [stateOf(x), stateOf(y), stateOf(z)];
        const one = bytesOf(merged(a, b, c));
        expect(bytesOf(merged(merged(c, a), b))).toBe(one);
        expect(bytesOf(merged(a, merged(b, c), a))).toBe(one);
        expect(digest(merged(merged(a, b, c), b))).toBe(digest(merged(b, c, a)));
      }),
    );
  });

  test("says whether a pair changed it", () => {
    fc.assert(
      fc.property(pairs, pair, (all, { op, stamp }) => {
        const state = stateOf(all);
        const before = bytesOf(state);
        if (!state.apply(op, stamp)) expect(bytesOf(state)).toBe(before);
        expect(state.apply(op, stamp)).toBe(false);
      }),
    );
  });

  test("is the same on all replicas once each got everything, over a lossy, repeating, reordering network", () => {
    fc.assert(fc.property(fc.array(pair, { maxLength: 30 }), network, converge));
  });
});

/** What happens to a message of replica `from` to another: which of what it knows goes, and how often. */
interface Step {
  readonly from: number;
  readonly to: number;
  readonly lost: number;
  readonly reversed: boolean;
  readonly times: number;
}
const REPLICAS = 3;
const network: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    from: fc.nat({ max: REPLICAS - 1 }),
    to: fc.nat({ max: REPLICAS - 1 }),
    lost: fc.integer({ min: 1, max: 4 }),
    reversed: fc.boolean(),
    times: fc.integer({ min: 1, max: 2 }),
  }),
  { maxLength: 12 },
);

const converge = (all: readonly Stamped[], steps: readonly Step[]): void => {
  const replicas = Array.from({ length: REPLICAS }, (_, at) =>
    stateOf(all.filter((_, index) => index % REPLICAS === at)),
  );
  const send = ({ from, to, lost, reversed, times }: Step) => {
    const known = [...(replicas[from]?.pairs() ?? [])].filter((_, index) => index % lost === 0);
    for (const { op, stamp } of Array<readonly Stamped[]>(times)
      .fill(reversed ? known.reverse() : known)
      .flat()) {
      replicas[to]?.apply(op, stamp);
    }
  };
  steps.forEach(send);
  // The network heals: two whole rounds reach everyone.
  for (const from of [0, 1, 2, 0, 1, 2]) {
    for (const to of [0, 1, 2]) send({ from, to, lost: 1, reversed: false, times: 1 });
  }
  const expected = digest(stateOf(all));
  expect(replicas.map(digest)).toEqual([expected, expected, expected]);
};

const aboutIn = (all: readonly Stamped[], post: Stamped): readonly Stamped[] =>
  all.filter(({ op }) => targetOf(op)?.join() === post.op.dot.join());

describe("the fold of one message", () => {
  test("agrees with the reference state, in any order", () => {
    fc.assert(
      fc.property(pairs, (all) => {
        const state = stateOf(all);
        const expected = new Map(state.timeline().map((message) => [dotKey(message.dot), message]));
        for (const kept of [[...state.pairs()], [...state.pairs()].reverse()]) {
          const folded = kept.map((pair) => foldMessage(pair, aboutIn(kept, pair), state.purgedUpTo()));
          const messages = folded.filter((message) => message !== undefined);
          expect(new Map(messages.map((message) => [dotKey(message.dot), message]))).toEqual(expected);
        }
      }),
    );
  });

  test("of an own op shows it last, and at its place once it is acked", () => {
    const head = { hlc: [5, 0] as Hlc, author: "ann" as UserId };
    const own = (counter: number, fields: object) =>
      ({ ...head, dot: ["00000000000000aa", counter], ...fields }) as unknown as WireOp;
    const root = { op: own(1, { kind: "post", text: "one" }), stamp: [5, 0] as Stamp };
    const edit = own(2, { kind: "edit", target: root.op.dot, text: "two", hlc: [9, 0] });
    const theirs = {
      op: { ...own(1, { kind: "edit" }), ...edit, dot: ["00000000000000bb", 1], text: "three" } as unknown as WireOp,
    };
    const shown = (stamp: Stamp | undefined) => {
      const state = foldMessage(
        root,
        [
          { op: edit, stamp },
          { ...theirs, stamp: [7, 0] },
        ],
        undefined,
      )?.body;
      return state?.state === "present" ? state.content.text : state?.state;
    };
    expect(shown(undefined)).toBe("two");
    expect(shown([8, 0])).toBe("two");
    expect(shown([6, 0])).toBe("three");
  });

  test("of an own message is not purged before it is stored", () => {
    const op = {
      dot: ["00000000000000aa", 1],
      hlc: [1, 0],
      author: "ann",
      kind: "post",
      text: "",
    } as unknown as WireOp;
    expect(foldMessage({ op }, [], [9, 0])?.body.state).toBe("present");
    expect(foldMessage({ op, stamp: [9, 0] }, [], [9, 0])?.body.state).toBe("purged");
    expect(foldMessage({ op, stamp: [9, 1] }, [], [9, 0])?.body.state).toBe("present");
  });
});

describe("orders", () => {
  const utf8 = (text: string) => new TextEncoder().encode(text);

  test("texts are in the order of their bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
        expect(Math.sign(compareText(a, b))).toBe(Math.sign(compareBytes(utf8(a), utf8(b))));
      }),
    );
    expect(compareText("\u{fffd}", "👋")).toBeLessThan(0);
    expect("\u{fffd}" < "👋").toBe(false);
  });

  test("of two pairs of a dot exactly one goes before, unless they are equal", () => {
    fc.assert(
      fc.property(pair, pair, (a, b) => {
        const same = compareBytes(canonicalOp(a.op), canonicalOp(b.op)) === 0 && compareHlc(a.stamp, b.stamp) === 0;
        expect(Number(goesBefore(a, b)) + Number(goesBefore(b, a))).toBe(same ? 0 : 1);
      }),
    );
  });

  test("dots are ordered by replica, then by number", () => {
    const dots = [
      ["00000000000000aa", 10],
      ["00000000000000aa", 9],
      ["f0000000000000cc", 1],
    ] as unknown as Dot[];
    expect(dots.sort(compareDot).map(([, counter]) => counter)).toEqual([9, 10, 1]);
  });
});

describe("clocks", () => {
  test("never run backwards, and pass what they saw", () => {
    fc.assert(
      fc.property(clock, clock, fc.nat(6), (own, seen, nowMs) => {
        expect(compareHlc(tick(own, nowMs), own)).toBeGreaterThan(0);
        expect(compareHlc(receive(own, seen, nowMs), later(own, seen))).toBeGreaterThan(0);
        expect(compareHlc(effective(own, seen), seen)).toBeLessThanOrEqual(0);
      }),
    );
  });
});
