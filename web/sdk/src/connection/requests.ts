/** Requests that wait for their answers. Pure: it is told the time. */

import type { ServerFrame } from "../protocol/server-frames.js";
import { offline, refusalOf, refuse, type RefusedRequest } from "./refusal.js";

/** How many requests may wait at once; more are refused as `overloaded`. */
const REQUESTS_MAX = 1_024;
/** An answer comes within this, or the request is given up as `timeout`. */
const ANSWER_MS_MAX = 30_000;

/** Who waits for an answer. */
export interface Asker {
  answered(frame: ServerFrame): void;
  refused(refusal: RefusedRequest): void;
}

interface Waiting {
  readonly asker: Asker;
  readonly dueMs: number;
}

/** The requests of one login after another. */
export class Requests {
  #last = 0;
  /** In the order of their due times, since all have the same patience. */
  readonly #waiting = new Map<number, Waiting>();

  get wakeAtMs(): number | undefined {
    const [first] = this.#waiting.values();
    return first?.dueMs;
  }

  /** The id to send the request with; `undefined` when there are too many: the asker was told. */
  add(nowMs: number, asker: Asker): number | undefined {
    if (this.#waiting.size >= REQUESTS_MAX) {
      asker.refused(refuse("overloaded", "Too many requests wait for the server."));
      return undefined;
    }
    this.#last += 1;
    this.#waiting.set(this.#last, { asker, dueMs: nowMs + ANSWER_MS_MAX });
    return this.#last;
  }

  /** Gives an answer to who asked. `false`: it is no answer, or comes twice or too late. */
  answer(frame: ServerFrame): boolean {
    if (!("id" in frame) || frame.id === undefined) return false;
    const waiting = this.#waiting.get(frame.id);
    if (waiting === undefined) return false;
    this.#waiting.delete(frame.id);
    if (frame.t === "error") waiting.asker.refused(refusalOf(frame));
    else waiting.asker.answered(frame);
    return true;
  }

  /** Gives up what waited too long. */
  time(nowMs: number): void {
    for (const [id, { asker, dueMs }] of this.#waiting) {
      if (dueMs > nowMs) return;
      this.#waiting.delete(id);
      asker.refused(refuse("timeout", "The server did not answer."));
    }
  }

  /** The login is over: nothing is answered any more. */
  lost(): void {
    const left = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { asker } of left) asker.refused(offline());
  }
}
