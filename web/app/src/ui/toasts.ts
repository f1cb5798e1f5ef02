import { Cell, type Slice } from "@greenroom/client";

/** One short line that goes by itself. */
export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: "info" | "error";
  readonly action?: { readonly label: string; readonly run: () => void };
}

/** More would cover the page; the oldest goes. */
const TOASTS_MAX = 3;
const SHOWN_MS = 5_000;
/** Time to reach a button, or to read what went wrong and what to do. */
const SHOWN_LONG_MS = 12_000;

const shown = new Cell<readonly Toast[]>([]);
let last = 0;

/** What is shown now. */
export const toasts: Slice<readonly Toast[]> = shown;

/** Shows a line for a few seconds, and tells it to screen readers. */
export function toast(text: string, options: Partial<Pick<Toast, "tone" | "action">> = {}): void {
  const id = ++last;
  shown.set([...shown.get(), { id, text, tone: "info" as const, ...options }].slice(-TOASTS_MAX));
  const long = options.action !== undefined || options.tone === "error";
  setTimeout(() => dismissToast(id), long ? SHOWN_LONG_MS : SHOWN_MS);
}

export function dismissToast(id: number): void {
  shown.set(shown.get().filter((one) => one.id !== id));
}
