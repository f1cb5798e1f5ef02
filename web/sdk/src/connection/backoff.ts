/** How long to wait before trying again: full jitter over a doubling bound. docs/PROTOCOL.md, "What a client must do", 7. */

/** Bound of the first delay, milliseconds. */
const BACKOFF_FIRST_MS = 500;
/** Bound of all later delays, milliseconds. */
export const BACKOFF_LAST_MS = 30_000;

/** What a random delay before the given attempt (0, 1, 2 …) may be at most, milliseconds. */
export const backoffBoundMs = (attempt: number): number =>
  Math.min(BACKOFF_LAST_MS, BACKOFF_FIRST_MS * 2 ** Math.max(0, attempt));

/** A random delay before the given attempt, milliseconds; `random` is from 0 to 1. */
export const backoffMs = (attempt: number, random: number): number => Math.floor(random * backoffBoundMs(attempt));
