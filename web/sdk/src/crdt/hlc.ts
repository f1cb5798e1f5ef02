/**
 * Hybrid logical clocks: wall time that never runs backwards (Kulkarni et al., "Logical Physical Clocks", 2014).
 * docs/DIGEST.md, "Hybrid logical clocks". Time is an argument, Unix milliseconds.
 */

import { HLC_COUNT_MAX } from "../protocol/check.js";
import type { Hlc, Stamp } from "../protocol/values.js";
import { compareHlc } from "./order.js";

/** A clock that never read anything. */
export const HLC_ZERO: Hlc = [0, 0];

/** The next reading of a clock that last read `clock`: greater than it. */
export const tick = (clock: Hlc, nowMs: number): Hlc => {
  const [ms, count] = clock;
  const now = Math.min(Math.trunc(nowMs), Number.MAX_SAFE_INTEGER);
  if (now > ms) return [now, 0];
  if (count < HLC_COUNT_MAX) return [ms, count + 1];
  return ms < Number.MAX_SAFE_INTEGER ? [ms + 1, 0] : clock;
};

/** The next reading of a clock that sees a stamp: greater than both, so that what is written next counts as later. */
export const receive = (clock: Hlc, seen: Stamp, nowMs: number): Hlc => tick(later(clock, seen), nowMs);

/** What an author's clock counts for: no later than the stamp, so a clock that runs ahead wins nothing. */
export const effective = (hlc: Hlc, stamp: Stamp): Hlc => (compareHlc(hlc, stamp) <= 0 ? hlc : stamp);

/** The greater of both: what a clock stands at after it saw a stamp, without writing anything. */
export const later = (a: Hlc, b: Hlc): Hlc => (compareHlc(a, b) >= 0 ? a : b);
