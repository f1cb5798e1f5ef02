import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { addOffsets, addRange, rangeAt, type Ranges } from "./offsets.js";

const offsetsOf = (ranges: Ranges): number[] =>
  ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, index) => from + index));

describe("ranges of offsets", () => {
  it("hold what was added, disjoint, ascending and never adjacent", () => {
    const piece = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: -1, max: 6 }));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), fc.array(fc.integer({ min: 1, max: 40 })), (pieces, single) => {
        const wanted = new Set(single);
        let ranges: Ranges = [];
        for (const [from, length] of pieces) {
          ranges = addRange(ranges, from, from + length);
          for (let offset = from; offset <= from + length; offset += 1) wanted.add(offset);
        }
        ranges = addOffsets(ranges, single);
        expect(offsetsOf(ranges)).toEqual([...wanted].sort((a, b) => a - b));
        ranges.forEach(([from], index) => {
          const [, before] = ranges[index - 1] ?? [0, -1];
          expect(from).toBeGreaterThan(before + 1);
        });
        for (const offset of wanted) expect(rangeAt(ranges, offset)).toBeDefined();
      }),
    );
  });

  it("stay the same object when nothing is new", () => {
    const ranges = addRange([], 3, 9);
    expect(addRange(ranges, 4, 9)).toBe(ranges);
  });
});
