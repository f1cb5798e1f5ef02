/** Requests that are asked again when the server says "later". */

import { backoffMs } from "../connection/backoff.js";
import { asRefusal } from "../connection/refusal.js";
import type { AnswerTo, ClientRequest } from "../protocol/client-frames.js";

/** Asks the server. Rejects with a `RefusedRequest`. */
export type Ask = <R extends ClientRequest>(request: R) => Promise<AnswerTo<R>>;

/** How often a request is sent at most. */
const TRIES_MAX = 6;

/** What says nothing against asking again. */
const PASSING: ReadonlySet<string> = new Set(["rate_limited", "overloaded", "restarted", "timeout"]);

/** Asks until there is an answer, a refusal that waiting does not mend, or no more use for it. */
export const askPatiently = async <R extends ClientRequest>(
  ask: Ask,
  request: R,
  wanted: () => boolean,
): Promise<AnswerTo<R>> => {
  for (let tries = 0; ; tries += 1) {
    try {
      return await ask(request);
    } catch (error) {
      const refusal = asRefusal(error);
      if (!PASSING.has(refusal.code) || tries + 1 >= TRIES_MAX || !wanted()) throw refusal;
      await pause(Math.max(refusal.retryAfterMs ?? 0, backoffMs(tries, Math.random())));
      if (!wanted()) throw refusal;
    }
  }
};

/** Resolves after a while. */
export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
