/** Up to two letters that stand for a name: of its first and last word; one of a name written without spaces in CJK. */
export function initials(name: string): string {
  const words = name
    .trim()
    .split(/[\s\-_.]+/u)
    .filter((word) => word !== "");
  const first = firstLetter(words[0] ?? "");
  if (first === "") return "?";
  const last = words.length > 1 ? firstLetter(words[words.length - 1] ?? "") : "";
  return (first + last).toLocaleUpperCase();
}

/** A hue of 0 to 359 degrees that stays with an id. */
export function hueOf(id: string): number {
  let hash = 2166136261; // FNV-1a
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 16777619);
  // Steps of 20: colours that can be told apart.
  return ((hash >>> 0) % 18) * 20;
}

function firstLetter(word: string): string {
  const segments = new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(word);
  for (const { segment } of segments) if (/[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(segment)) return segment;
  return "";
}
