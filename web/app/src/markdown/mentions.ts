/** Where a text names people: `@name` of those its post mentions, and of those one may mention while writing. */

import type { UserId } from "@greenroom/client";

/** Somebody a text may name. */
export interface Named {
  readonly user: UserId;
  readonly name: string;
}

/** A piece of a text: letters, or somebody's name in it. */
export type Piece = string | { readonly user: UserId; readonly name: string };

/** Cuts a text at `@name` and `@user-id` of these people; the longest name wins. */
export const splitMentions = (text: string, people: readonly Named[]): readonly Piece[] => {
  if (people.length === 0 || !text.includes("@")) return [text];
  const spellings = spellingsOf(people);
  const pieces: Piece[] = [];
  let from = 0;
  let at = text.indexOf("@");
  while (at !== -1) {
    const found = isWordBefore(text, at) ? undefined : longestAt(text, at + 1, spellings);
    if (found === undefined) {
      at = text.indexOf("@", at + 1);
      continue;
    }
    if (at > from) pieces.push(text.slice(from, at));
    pieces.push({ user: found.user, name: found.name });
    from = at + 1 + found.length;
    at = text.indexOf("@", from);
  }
  if (from < text.length || pieces.length === 0) pieces.push(text.slice(from));
  return pieces;
};

/** Whom a text mentions, each once; a post takes `MENTIONS_MAX`. */
export const mentionedIn = (text: string, people: readonly Named[]): readonly UserId[] => {
  const users = new Set<UserId>();
  for (const piece of splitMentions(text, people)) if (typeof piece !== "string") users.add(piece.user);
  return [...users];
};

interface Spelling {
  readonly spelt: string;
  readonly user: UserId;
  readonly name: string;
}

/** By first letter, the longest first. */
const spellingsOf = (people: readonly Named[]): ReadonlyMap<string, readonly Spelling[]> => {
  const spellings = new Map<string, Spelling[]>();
  for (const { user, name } of people) {
    for (const spelt of new Set([name.toLowerCase(), user.toLowerCase()])) {
      if (spelt === "") continue;
      const first = spelt.charAt(0);
      const same = spellings.get(first);
      if (same) same.push({ spelt, user, name });
      else spellings.set(first, [{ spelt, user, name }]);
    }
  }
  for (const same of spellings.values()) same.sort((a, b) => b.spelt.length - a.spelt.length);
  return spellings;
};

const longestAt = (
  text: string,
  at: number,
  spellings: ReadonlyMap<string, readonly Spelling[]>,
): (Spelling & { readonly length: number }) | undefined => {
  for (const spelling of spellings.get(text.charAt(at).toLowerCase()) ?? []) {
    const end = at + spelling.spelt.length;
    if (text.slice(at, end).toLowerCase() === spelling.spelt && !isWord(text.charAt(end)))
      return { ...spelling, length: spelling.spelt.length };
  }
  return undefined;
};

const isWordBefore = (text: string, at: number): boolean => at > 0 && isWord(text.charAt(at - 1));

/** Letters of scripts without spaces between words (Chinese, Japanese) may stand right beside a name. */
const isWord = (char: string): boolean =>
  /[\p{L}\p{N}_]/u.test(char) && !/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(char);
