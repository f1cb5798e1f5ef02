/** The emoji with names in the person's language: own files of this app, fetched when first needed. */

import enUrl from "emojibase-data/en/compact.json?url";
import enWords from "emojibase-data/en/messages.json?url";
import shortcodesUrl from "emojibase-data/en/shortcodes/github.json?url";
import zhUrl from "emojibase-data/zh/compact.json?url";
import zhWords from "emojibase-data/zh/messages.json?url";

/** One emoji. */
export interface EmojiEntry {
  readonly emoji: string;
  readonly label: string;
  readonly tags: readonly string[];
  /** Number of its {@link EmojiGroup}. */
  readonly group: number;
  /** What people type between colons. */
  readonly shortcodes: readonly string[];
  /** With a skin tone, from light to dark; empty when it has none. */
  readonly skins: readonly string[];
}

export interface EmojiGroup {
  readonly index: number;
  readonly label: string;
}

export interface EmojiSet {
  readonly emojis: readonly EmojiEntry[];
  readonly groups: readonly EmojiGroup[];
}

/** What the data's files hold, of what is used here. */
interface CompactEmoji {
  readonly hexcode: string;
  readonly unicode: string;
  readonly label: string;
  readonly tags?: readonly string[];
  readonly group?: number;
  readonly order?: number;
  readonly skins?: readonly { readonly unicode: string }[];
}

/** Group of skin tones and hair alone: nobody looks for these. */
const COMPONENTS = 2;
const TONES = ["\u{1f3fb}", "\u{1f3fc}", "\u{1f3fd}", "\u{1f3fe}", "\u{1f3ff}"] as const;

const sets = new Map<string, Promise<EmojiSet>>();

/** All emoji in a language; English where there is none. Rejects when offline before they were ever fetched; may be tried again. */
export const loadEmoji = (language: string): Promise<EmojiSet> => {
  const key = language.startsWith("zh") ? "zh" : "en";
  const known = sets.get(key);
  if (known !== undefined) return known;
  const loading = fetchSet(key);
  sets.set(key, loading);
  loading.catch(() => sets.delete(key));
  return loading;
};

/** The best for what was typed after a colon: shortcodes that begin so, then names and tags that hold it. */
export const findEmoji = (set: EmojiSet, typed: string, max: number): readonly EmojiEntry[] => {
  const wanted = typed.toLowerCase();
  const ranked: [rank: number, at: number, entry: EmojiEntry][] = [];
  for (const [at, entry] of set.emojis.entries()) {
    const rank = rankOf(entry, wanted);
    if (rank < Infinity) ranked.push([rank, at, entry]);
  }
  return ranked
    .sort((a, b) => a[0] - b[0] || a[1] - b[1])
    .slice(0, max)
    .map(([, , entry]) => entry);
};

const rankOf = (entry: EmojiEntry, wanted: string): number => {
  if (entry.shortcodes.includes(wanted)) return 0;
  const codes = entry.shortcodes.filter((code) => code.startsWith(wanted));
  // The shorter, the likelier.
  if (codes.length > 0) return 1 + Math.min(...codes.map((code) => code.length)) / 100;
  if (entry.tags.some((tag) => tag.toLowerCase().startsWith(wanted))) return 2;
  if (entry.label.toLowerCase().includes(wanted)) return 3;
  return Infinity;
};

const fetchSet = async (key: "en" | "zh"): Promise<EmojiSet> => {
  const [emojis, words, shortcodes] = (await Promise.all(
    [key === "zh" ? zhUrl : enUrl, key === "zh" ? zhWords : enWords, shortcodesUrl].map(async (url) => {
      const answer = await fetch(url);
      if (!answer.ok) throw new Error(`emoji: ${answer.status}`);
      return answer.json() as Promise<unknown>;
    }),
  )) as [
    readonly CompactEmoji[],
    { readonly groups: readonly { readonly message: string; readonly order: number }[] },
    { readonly [hexcode: string]: string | readonly string[] },
  ];
  return {
    emojis: emojis
      .filter(({ group }) => group !== undefined && group !== COMPONENTS)
      .sort((a, b) => (a.order ?? 0) - (b.order ?? 0))
      .map((one) => toEntry(one, shortcodes[one.hexcode])),
    groups: words.groups
      .filter(({ order }) => order !== COMPONENTS)
      .map(({ message, order }) => ({ index: order, label: message })),
  };
};

const toEntry = (one: CompactEmoji, shortcodes: string | readonly string[] | undefined): EmojiEntry => ({
  emoji: one.unicode,
  label: one.label,
  tags: one.tags ?? [],
  group: one.group ?? 0,
  shortcodes: shortcodes === undefined ? [] : typeof shortcodes === "string" ? [shortcodes] : shortcodes,
  skins: TONES.flatMap((tone) => {
    const others = TONES.filter((other) => other !== tone);
    const skin = one.skins?.find(({ unicode }) => !others.some((other) => unicode.includes(other)));
    return skin === undefined ? [] : [skin.unicode];
  }),
});
