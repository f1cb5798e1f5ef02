/**
 * Whether the server is still there. The client asks by `beat` and expects something, anything, soon after: so it is only
 * judged by what it was asked, and a page whose timers the browser slows down does not take its own sleep for silence.
 */

/** A beat is sent this often. */
export const BEAT_MS = 5_000;
/** What the server is told: it gives up a client that is silent for twice as long. Hidden pages run timers once a minute. */
export const HEARTBEAT_MS = 45_000;
/** After a beat something comes within this, or the link is dead. */
export const ANSWER_MS_MAX = 5_000;
/** After a request, or when there is doubt, the server is asked after this, and has as long to answer. */
export const DOUBT_MS = 3_000;
/** A timer that fires so late means that this device slept: ask once more before judging. */
const LATE_MS = 1_000;

/** The heartbeat of one login. */
export class Heartbeat {
  #beatDueMs: number;
  #heardMs: number;
  /** The beat that nothing has come after yet. */
  #open: { readonly dueMs: number; readonly again: boolean } | undefined;
  /** When a request was sent that nothing has come after yet. */
  #askedMs: number | undefined;

  constructor(nowMs: number) {
    this.#beatDueMs = nowMs + BEAT_MS;
    this.#heardMs = nowMs;
  }

  get wakeAtMs(): number {
    const asked = this.#askedMs === undefined ? Infinity : this.#askedMs + DOUBT_MS;
    return this.#open === undefined ? Math.min(this.#beatDueMs, asked) : this.#open.dueMs;
  }

  /** When something came last. */
  get heardMs(): number {
    return this.#heardMs;
  }

  /** Something came. */
  heard(nowMs: number): void {
    this.#heardMs = nowMs;
    this.#open = undefined;
    this.#askedMs = undefined;
  }

  /** Something was sent that is answered. */
  asked(nowMs: number): void {
    this.#askedMs ??= nowMs;
  }

  /** The link may be dead; `true`: send a beat now. */
  doubt(nowMs: number): boolean {
    if (this.#open !== undefined) return false;
    this.#sent(nowMs, DOUBT_MS, false);
    return true;
  }

  /** What is due now. */
  time(nowMs: number): "beat" | "silent" | "nothing" {
    if (this.#open !== undefined) {
      if (nowMs < this.#open.dueMs) return "nothing";
      if (this.#open.again || nowMs - this.#open.dueMs < LATE_MS) return "silent";
      this.#sent(nowMs, DOUBT_MS, true);
      return "beat";
    }
    if (this.#askedMs !== undefined && nowMs >= this.#askedMs + DOUBT_MS) {
      this.#sent(nowMs, DOUBT_MS, false);
      return "beat";
    }
    if (nowMs < this.#beatDueMs) return "nothing";
    this.#sent(nowMs, ANSWER_MS_MAX, false);
    return "beat";
  }

  #sent(nowMs: number, patienceMs: number, again: boolean): void {
    this.#open = { dueMs: nowMs + patienceMs, again };
    this.#askedMs = undefined;
    this.#beatDueMs = nowMs + BEAT_MS;
  }
}
