/** What of a message to show to who looked for some words. Pure. */

import { folded } from "@greenroom/client";

/** A piece of an excerpt; `hit` is what was looked for. */
export interface Piece {
  readonly text: string;
  readonly hit: boolean;
}

/** So much of a long message is shown, around the first hit. */
const EXCERPT_CHARS_MAX = 280;
/** So much of it before the first hit. */
const BEFORE_CHARS_MAX = 80;
const HITS_MAX = 20;

/** The neighbourhood of the first hit, all hits in it told apart; without regard to case and accents. */
export const excerptOf = (text: string, wanted: string): readonly Piece[] => {
  const line = text.replace(/\s+/g, " ").trim();
  const hits = hitsOf(line, wanted);
  const first = hits[0]?.[0] ?? 0;
  const from = first > BEFORE_CHARS_MAX && line.length > EXCERPT_CHARS_MAX ? first - BEFORE_CHARS_MAX : 0;
  const to = Math.min(line.length, from + EXCERPT_CHARS_MAX);
  const pieces: Piece[] = from > 0 ? [{ text: "… ", hit: false }] : [];
  let at = from;
  for (const [start, end] of hits) {
    if (end > to) break;
    if (start > at) pieces.push({ text: line.slice(at, start), hit: false });
    pieces.push({ text: line.slice(start, end), hit: true });
    at = end;
  }
  if (at < to) pieces.push({ text: line.slice(at, to), hit: false });
  if (to < line.length) pieces.push({ text: " …", hit: false });
  return pieces;
};

const hitsOf = (line: string, wanted: string): readonly (readonly [number, number])[] => {
  const sought = placed(wanted.trim());
  if (sought.letters === "") return [];
  const { letters, places } = placed(line);
  const hits: [number, number][] = [];
  let at = letters.indexOf(sought.letters);
  while (at !== -1 && hits.length < HITS_MAX) {
    const start = places[at] ?? 0;
    const end = places[at + sought.letters.length] ?? line.length;
    hits.push([start, end]);
    at = letters.indexOf(sought.letters, at + sought.letters.length);
  }
  return hits;
};

/** Letters without case and accents, with where each stood. */
const placed = (text: string): { readonly letters: string; readonly places: readonly number[] } => {
  let letters = "";
  const places: number[] = [];
  let at = 0;
  for (const char of text) {
    const plain = folded(char);
    for (let unit = 0; unit < plain.length; unit += 1) places.push(at);
    letters += plain;
    at += char.length;
  }
  return { letters, places };
};
