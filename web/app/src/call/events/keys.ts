/** Keys of a call: those people know from other programs, and single letters where nobody types. */

import type { Focus } from "./push-to-talk";

export type CallKey =
  "microphone" | "camera" | "screen" | "hand" | "view" | "people" | "chat" | "fullScreen" | "previousPage" | "nextPage";

const LETTERS: Readonly<Record<string, CallKey>> = {
  m: "microphone",
  v: "camera",
  s: "screen",
  h: "hand",
  l: "view",
  p: "people",
  c: "chat",
  f: "fullScreen",
  pageup: "previousPage",
  pagedown: "nextPage",
};
const WITH_MODIFIER: Readonly<Record<string, CallKey>> = { d: "microphone", e: "camera" };

export type Press = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">;

/** What a press does in a call; in fields letters are letters, and Ctrl+E is the field's own. */
export function callKey(press: Press, focus: Focus): CallKey | undefined {
  if (press.altKey || press.shiftKey) return undefined;
  const key = press.key.toLowerCase();
  if (press.ctrlKey || press.metaKey) return focus === "field" && key !== "d" ? undefined : WITH_MODIFIER[key];
  return focus === "field" ? undefined : LETTERS[key];
}
