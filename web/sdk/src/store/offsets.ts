/** Which offsets of a log are known: docs/PROTOCOL.md, "What a client must do", 5. Pure. */

/** Disjoint closed ranges, ascending, never adjacent. */
export type Ranges = readonly (readonly [from: number, to: number])[];

/** With `from` to `to` known as well. */
export const addRange = (ranges: Ranges, from: number, to: number): Ranges => {
  if (to < from) return ranges;
  const last = ranges.at(-1);
  // The usual cases first: the next entry of a log, and one that is known.
  if (last === undefined || from > last[1] + 1) return [...ranges, [from, to]];
  if (from >= last[0]) return to <= last[1] ? ranges : [...ranges.slice(0, -1), [last[0], to]];
  const before = ranges.filter(([, end]) => end < from - 1);
  const after = ranges.filter(([start]) => start > to + 1);
  const joined = ranges.slice(before.length, ranges.length - after.length);
  const start = Math.min(from, joined[0]?.[0] ?? from);
  const end = Math.max(to, joined.at(-1)?.[1] ?? to);
  return [...before, [start, end], ...after];
};

/** With all of `offsets` known as well. */
export const addOffsets = (ranges: Ranges, offsets: readonly number[]): Ranges => {
  const sorted = [...offsets].sort((a, b) => a - b);
  let known = ranges;
  let from: number | undefined;
  let to = 0;
  for (const offset of sorted) {
    if (from !== undefined && offset <= to + 1) {
      to = offset;
      continue;
    }
    if (from !== undefined) known = addRange(known, from, to);
    from = to = offset;
  }
  return from === undefined ? known : addRange(known, from, to);
};

/** The range that `offset` is in. */
export const rangeAt = (ranges: Ranges, offset: number): readonly [from: number, to: number] | undefined =>
  ranges.find(([from, to]) => from <= offset && offset <= to);
