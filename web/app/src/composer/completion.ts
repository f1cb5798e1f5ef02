/** What is being named as one writes: `@somebody` or `:emoji:`. Pure. */

import { folded, type Member } from "@greenroom/client";

/** The unfinished name before the caret. */
export interface Token {
  readonly kind: "person" | "emoji";
  /** Where its sign stands. */
  readonly from: number;
  readonly typed: string;
}

const TOKEN = /(?:^|[\s("'>，。！？、；：（])([@:])([^\s@:]{0,32})$/u;
/** An emoji is looked for from so many letters: a colon is often only a colon. */
const EMOJI_CHARS_MIN = 2;

/** The name being typed at the caret, if any. */
export const tokenAt = (text: string, caret: number): Token | undefined => {
  const [, sign, typed] = TOKEN.exec(text.slice(Math.max(0, caret - 64), caret)) ?? [];
  if (sign === undefined || typed === undefined) return undefined;
  const kind = sign === "@" ? "person" : "emoji";
  if (kind === "emoji" && (typed.length < EMOJI_CHARS_MIN || /^[-=^()|/\\<>]/.test(typed))) return undefined;
  return { kind, from: caret - typed.length - 1, typed };
};

/** A whole `:shortcode:` that ends at the caret. */
export const shortcodeAt = (
  text: string,
  caret: number,
): { readonly from: number; readonly code: string } | undefined => {
  const [, code] = /(?:^|\s):([a-z0-9_+-]{2,32}):$/.exec(text.slice(Math.max(0, caret - 40), caret)) ?? [];
  return code === undefined ? undefined : { from: caret - code.length - 2, code };
};

/** People whose name fits, the likeliest first: those whose name begins so, then any word of it, then who is here. */
export const findPeople = (members: readonly Member[], typed: string, max: number): readonly Member[] => {
  const wanted = folded(typed);
  const ranked: [rank: number, member: Member][] = [];
  for (const member of members) {
    if (member.standing !== "joined") continue;
    const rank = rankOf(member, wanted);
    if (rank < Infinity) ranked.push([rank, member]);
  }
  return ranked
    .sort(([a, x], [b, y]) => a - b || x.name.localeCompare(y.name))
    .slice(0, max)
    .map(([, member]) => member);
};

const rankOf = ({ name, user, status }: Member, wanted: string): number => {
  const here = status === "online" ? 0 : status === "away" ? 0.2 : 0.4;
  const known = folded(name);
  if (known.startsWith(wanted)) return here;
  if (known.split(/[\s._-]+/).some((word) => word.startsWith(wanted))) return 1 + here;
  if (folded(user).startsWith(wanted)) return 2 + here;
  if (wanted !== "" && known.includes(wanted)) return 3 + here;
  return Infinity;
};
