/** Finding by a few letters, as people type them: in order, not side by side; without regard to case and accents. */

import { folded } from "@greenroom/client";

/** How well a text fits; higher is better, `undefined` is not at all. The empty query fits everything alike. */
export function fit(query: string, text: string): number | undefined {
  const wanted = [...folded(query).replace(/\s+/gu, "")];
  const letters = [...folded(text)];
  let score = 0;
  let at = 0;
  let run = 0;
  for (const letter of wanted) {
    const found = letters.indexOf(letter, at);
    if (found === -1) return undefined;
    run = found === at && at > 0 ? run + 1 : 0;
    score += 1 + Math.min(run, RUN_MAX) * 2 + (startsWord(letters, found) ? 4 : 0) + (found === 0 ? 3 : 0);
    at = found + 1;
  }
  // Of two that fit alike, the shorter one is meant.
  return wanted.length === 0 ? 0 : score - letters.length / 100;
}

/** Those that fit, the best first; equals keep their order. */
export function best<T>(query: string, items: readonly T[], textOf: (item: T) => string, max: number): readonly T[] {
  return items
    .map((item) => ({ item, score: fit(query, textOf(item)) }))
    .filter((one): one is { item: T; score: number } => one.score !== undefined)
    .sort((a, b) => b.score - a.score)
    .slice(0, max)
    .map(({ item }) => item);
}

/** Longer runs count no more. */
const RUN_MAX = 4;

const startsWord = (letters: readonly string[], at: number): boolean =>
  at === 0 || /[\s\-_.@#/]/u.test(letters[at - 1] ?? "");
