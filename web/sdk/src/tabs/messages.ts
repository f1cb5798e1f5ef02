/** What tabs say to each other. Tabs of another version of the page speak another one: they do not hear each other. */

import type { RefusalData } from "../connection/refusal.js";
import type { Input } from "../connection/signals.js";
import type { Found } from "../model.js";
import type { ServerCallFrame } from "../protocol/call-frames.js";
import type { Change } from "../store/local-store.js";
import type { Posting } from "../sync/board.js";
import type { Command } from "../sync/command.js";

/** Counts up with every change of {@link Said} or of what is in it. */
export const TABS_VERSION = 1;

/** One message; everybody hears everything. */
export type Said =
  /** A tab came. */
  | { readonly is: "here"; readonly tab: string }
  /** The tab that leads, to a tab that came, or as it begins to lead: what is on the board. */
  | { readonly is: "leading"; readonly tab: string; readonly postings: readonly Posting[] }
  | { readonly is: "command"; readonly tab: string; readonly number: number; readonly command: Command }
  | { readonly is: "done"; readonly tab: string; readonly number: number; readonly value: unknown }
  | { readonly is: "refused"; readonly tab: string; readonly number: number; readonly refusal: RefusalData }
  /** A hint for the connection; also sent by the clock of a tab that is looked at, since hidden ones sleep. */
  | { readonly is: "hint"; readonly tab: string; readonly hint: Input }
  | { readonly is: "posted"; readonly posting: Posting }
  | { readonly is: "changed"; readonly changes: readonly Change[] }
  | { readonly is: "found"; readonly found: readonly Found[]; readonly how: "live" | "missed" }
  | { readonly is: "call-frame"; readonly frame: ServerCallFrame };

/** A message with its version, as it is on the channel. */
export interface Envelope {
  readonly greenroom: number;
  readonly said: Said;
}

/** What a message says; `undefined` for those of other versions. Only pages of the same origin can write here. */
export const open = (data: unknown): Said | undefined => {
  if (typeof data !== "object" || data === null || !("greenroom" in data) || data.greenroom !== TABS_VERSION)
    return undefined;
  return (data as Envelope).said;
};

/** Times in `posting` are of a tab's own clock: into that of all tabs, and back with `sign` −1. */
export const shiftClock = (posting: Posting, originMs: number, sign: 1 | -1): Posting => {
  if (posting.about !== "connection" || posting.value.phase !== "waiting") return posting;
  return { ...posting, value: { ...posting.value, retryAtMs: posting.value.retryAtMs + sign * originMs } };
};
