/** Hold Space to talk: which presses count, and what they do. */

/** What has the focus when a key is pressed. */
export type Focus = "field" | "control" | "nothing";

/** `idle`: nothing held. `talking`: unmuted for as long as the key is held. `refused`: held where Space means something else. */
export type Talk = "idle" | "talking" | "refused";

export type TalkInput =
  | { readonly is: "press"; readonly focus: Focus; readonly muted: boolean }
  | { readonly is: "release" }
  /** The page lost the keyboard: a release will not be seen. */
  | { readonly is: "blur" };

export interface TalkStep {
  readonly talk: Talk;
  /** What to do to the microphone. */
  readonly effect?: "unmute" | "mute";
  /** Whether the key must not do what it does otherwise. */
  readonly taken: boolean;
}

/** One step; a press that repeats while the key is held changes nothing. */
export function talkStep(talk: Talk, input: TalkInput): TalkStep {
  if (input.is === "press") {
    if (talk !== "idle") return { talk, taken: talk === "talking" };
    if (input.focus !== "nothing" || !input.muted) return { talk: "refused", taken: false };
    return { talk: "talking", effect: "unmute", taken: true };
  }
  return talk === "talking" ? { talk: "idle", effect: "mute", taken: true } : { talk: "idle", taken: false };
}

/**
 * What a press of Space would reach. A button that was clicked keeps the focus without showing it: there Space
 * talks; one that was `reached` by keyboard is pressed. Parts of the page, which F6 reaches, do nothing with Space.
 */
export function focusUnder(element: Element | null, reached: Element | null): Focus {
  if (!element) return "nothing";
  if (element.closest("input, textarea, select, [contenteditable]:not([contenteditable='false'])")) return "field";
  const control = element.closest("button, a[href], summary, [tabindex='0'], [role='menuitem'], [role='slider']");
  return control !== null && control === reached ? "control" : "nothing";
}
