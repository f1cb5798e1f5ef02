/** Orders: negative when `a` comes first, 0 when they are equal. */

import type { Dot, Hlc, Stamp } from "../protocol/values.js";

/** By milliseconds, then count. */
export const compareHlc = (a: Hlc, b: Hlc): number => a[0] - b[0] || a[1] - b[1];

/** By the replica's bytes, then counter. Hexadecimal digits are in the order of their characters. */
export const compareDot = (a: Dot, b: Dot): number => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1]);

/** The order of the timeline: stamp, then dot. */
export const comparePlace = (a: readonly [Stamp, Dot], b: readonly [Stamp, Dot]): number =>
  compareHlc(a[0], b[0]) || compareDot(a[1], b[1]);

const SURROGATES = 0xd800;
const SURROGATES_END = 0xe000;

/** By bytes of UTF-8, which is by code points. `<` and `sort()` go by UTF-16 units, and differ beyond U+FFFF. */
export const compareText = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
};

/** By bytes, a prefix first. */
export const compareBytes = (a: Uint8Array, b: Uint8Array): number => {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
};

/** Where the first differing unit puts its code point: surrogates stand for code points beyond all other units. */
const codePointRank = (unit: number): number =>
  unit < SURROGATES ? unit : unit < SURROGATES_END ? unit + 0x10000 : unit;
