/** Counts what a return from being offline brought: "12 sent, 240 received". Pure. */

import type { SyncReport } from "../model.js";

/** A shorter absence is not worth a word. */
export const AWAY_MS_MIN = 3_000;

/** The count of one login. */
export class ReturnCount {
  readonly #awayMs: number | undefined;
  #sent = 0;
  #received = 0;
  #refused = 0;
  #over = false;

  /** `awayMs`: how long there was no login; `undefined` when nobody knows, because the page was just opened. */
  constructor(awayMs: number | undefined) {
    this.#awayMs = awayMs;
  }

  sent(count: number): void {
    if (!this.#over) this.#sent += count;
  }

  received(count: number): void {
    if (!this.#over) this.#received += count;
  }

  refused(count: number): void {
    if (!this.#over) this.#refused += count;
  }

  /** Everything is current and sent: what there is to say, once. */
  finish(): SyncReport | undefined {
    if (this.#over) return undefined;
    this.#over = true;
    const [sent, received, refused] = [this.#sent, this.#received, this.#refused];
    // Who opens the page wants to hear of what was written offline, not of the news that every visit brings.
    if (this.#awayMs === undefined) return sent + refused === 0 ? undefined : { sent, received, refused, awayMs: 0 };
    return this.#awayMs < AWAY_MS_MIN ? undefined : { sent, received, refused, awayMs: this.#awayMs };
  }
}
