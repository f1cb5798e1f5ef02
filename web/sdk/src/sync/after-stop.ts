/** What to do when a post was not taken whole: docs/PROTOCOL.md, "When a batch is stopped". Pure. */

import type { Advice } from "../protocol/errors.js";
import { backoffMs } from "../connection/backoff.js";

/** Why it was not: of `ack.stopped`, or of an error for the whole post. */
export interface Stop {
  readonly code: string;
  readonly advice: Advice;
  readonly message: string;
  readonly have?: number;
  readonly retryAfterMs?: number;
}

/** What is known of the room's outbox. */
export interface Standing {
  /** Counter of the oldest unacked op; absent when none is left. */
  readonly oldest?: number;
  /** How many ops a batch has at most now. */
  readonly opsMax: number;
  /** How often it was stopped since an op was taken. */
  readonly stops: number;
}

/** What to do with the unacked ops of the room. */
export type Action =
  /** Send them again after a while. */
  | { readonly do: "resend"; readonly inMs: number }
  | { readonly do: "renew-replica" }
  | { readonly do: "renew-clocks" }
  | { readonly do: "split"; readonly opsMax: number }
  /** Keep them, and say why they are not taken; try when something changed. */
  | { readonly do: "keep" };

/** A replica or the clocks are renewed at most so often in a row; then the fault is elsewhere. */
export const RENEWALS_MAX = 3;
/** When only the operator can help, the server is asked again this often. */
export const OPERATOR_MS = 30_000;

/** The action for a stop; `random` is from 0 to 1. */
export const afterStop = (stop: Stop, standing: Standing, random: number): Action => {
  const pause = Math.max(stop.retryAfterMs ?? 0, backoffMs(standing.stops, random));
  switch (stop.code) {
    case "gap":
      // Something was lost on the way, and all that is missing is here: send from there. Else those ops are gone.
      if (standing.stops < RENEWALS_MAX && (stop.have ?? -1) + 1 >= (standing.oldest ?? 1))
        return { do: "resend", inMs: 0 };
      return standing.stops < 2 * RENEWALS_MAX ? { do: "renew-replica" } : { do: "keep" };
    case "dot_conflict":
    case "foreign_replica":
      return standing.stops < RENEWALS_MAX ? { do: "renew-replica" } : { do: "keep" };
    case "clock_skew":
      return standing.stops < RENEWALS_MAX ? { do: "renew-clocks" } : { do: "keep" };
    case "too_large":
      return standing.opsMax > 1 ? { do: "split", opsMax: Math.floor(standing.opsMax / 2) } : { do: "keep" };
    case "not_a_member":
    case "forbidden":
    case "room_not_found":
      return { do: "keep" };
    default:
      return byAdvice(stop, pause);
  }
};

const byAdvice = ({ advice }: Stop, pause: number): Action => {
  switch (advice) {
    case "retry":
    case "reconnect":
      return { do: "resend", inMs: pause };
    case "operator":
      return { do: "resend", inMs: Math.max(OPERATOR_MS, pause) };
    case "fix":
      return { do: "keep" };
  }
};
