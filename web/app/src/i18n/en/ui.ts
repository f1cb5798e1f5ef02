import type { Texts } from "../areas";

export const ui = {
  close: "Close",
  dismiss: "Dismiss",
  cancel: "Cancel",
} as const satisfies Texts;
