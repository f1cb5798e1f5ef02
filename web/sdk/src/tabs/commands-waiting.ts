/** Commands of this tab that wait for the tab that leads. Pure but for their promises: it is told the time. */

import { offline, refuse, RefusedRequest, type RefusalData } from "../connection/refusal.js";
import { mayRepeat, type Command } from "../sync/command.js";

/** Commands that wait at most; more are refused as `overloaded`. */
const COMMANDS_MAX = 1_024;
/** Longer than the leader itself waits for the server. */
export const COMMAND_MS_MAX = 60_000;

interface Waiting {
  readonly command: Command;
  readonly dueMs: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (refusal: RefusedRequest) => void;
  /** The leader it was sent to; `undefined`: to whoever may be there. */
  sentTo: string | undefined;
}

/** The commands of one tab. */
export class CommandsWaiting {
  #last = 0;
  readonly #waiting = new Map<number, Waiting>();

  /** A command for `leader`; its number, or `undefined` when there are too many. */
  add(
    nowMs: number,
    command: Command,
    leader: string | undefined,
    resolve: Waiting["resolve"],
    reject: Waiting["reject"],
  ): number | undefined {
    if (this.#waiting.size >= COMMANDS_MAX) {
      reject(refuse("overloaded", "Too much waits for another tab."));
      return undefined;
    }
    this.#last += 1;
    this.#waiting.set(this.#last, { command, dueMs: nowMs + COMMAND_MS_MAX, resolve, reject, sentTo: leader });
    return this.#last;
  }

  done(number: number, value: unknown): void {
    this.#take(number)?.resolve(value);
  }

  refused(number: number, refusal: RefusalData): void {
    this.#take(number)?.reject(new RefusedRequest(refusal));
  }

  /**
   * Another tab leads: what to send to it. What was sent to a leader that is gone and may have been done is sent again
   * only when that does no harm.
   */
  moved(leader: string): readonly (readonly [number: number, command: Command])[] {
    const again: (readonly [number, Command])[] = [];
    for (const [number, waiting] of [...this.#waiting]) {
      if (waiting.sentTo === leader) continue;
      if (waiting.sentTo !== undefined && !mayRepeat(waiting.command)) {
        this.#take(number)?.reject(offline());
        continue;
      }
      waiting.sentTo = leader;
      again.push([number, waiting.command]);
    }
    return again;
  }

  /** Gives up what waited too long. */
  time(nowMs: number): void {
    for (const [number, { dueMs }] of this.#waiting) {
      if (dueMs > nowMs) return;
      this.#take(number)?.reject(refuse("timeout", "The tab that holds the connection did not answer."));
    }
  }

  /** Nobody will answer any more. */
  close(): void {
    for (const number of [...this.#waiting.keys()]) this.#take(number)?.reject(offline());
  }

  #take(number: number): Waiting | undefined {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    return waiting;
  }
}
