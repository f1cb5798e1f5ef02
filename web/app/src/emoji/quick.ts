/** The emoji at hand without opening the picker: those used last, then the usual ones. */

import { keep, kept } from "../state/kept";

const USUAL = ["👍", "❤️", "😂", "🎉", "🙏", "👀"];
const KEY = "greenroom.emoji.v1";
/** Longer things are no emoji (docs/PROTOCOL.md, "Limits": 64 bytes). */
const EMOJI_CHARS_MAX = 32;

/** At most `max`, the one used last first. */
export const quickEmoji = (max: number): readonly string[] => [...new Set([...recent(), ...USUAL])].slice(0, max);

/** Remembers on this device that it was used. */
export const noteUsed = (emoji: string): void =>
  keep("device", KEY, JSON.stringify([...new Set([emoji, ...recent()])].slice(0, USUAL.length)));

const recent = (): readonly string[] => {
  try {
    const found: unknown = JSON.parse(kept("device", KEY) ?? "[]");
    if (!Array.isArray(found)) return [];
    return found.filter((one): one is string => typeof one === "string" && one.length <= EMOJI_CHARS_MAX);
  } catch {
    return [];
  }
};
