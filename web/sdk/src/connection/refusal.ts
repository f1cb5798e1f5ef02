/** Errors of requests: what the server refused, and what it could not be asked. */

import type { Refusal } from "../api.js";
import { adviceFor, type Advice } from "../protocol/errors.js";
import type { ErrorFrame } from "../protocol/server-frames.js";

/** What a refusal consists of: plain data, so that it passes between tabs. */
export interface RefusalData {
  readonly code: string;
  readonly advice: Advice;
  readonly message: string;
  readonly retryAfterMs?: number;
}

/** A refused request. Besides the codes of docs/PROTOCOL.md, "Errors": `offline` and `timeout`, both worth a retry. */
export class RefusedRequest extends Error implements Refusal {
  readonly code: string;
  readonly advice: Advice;
  readonly retryAfterMs?: number;

  constructor(data: RefusalData) {
    super(data.message);
    this.name = "Refusal";
    this.code = data.code;
    this.advice = data.advice;
    if (data.retryAfterMs !== undefined) this.retryAfterMs = data.retryAfterMs;
  }

  /** The same as data. */
  get data(): RefusalData {
    const { code, advice, message, retryAfterMs } = this;
    return { code, advice, message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  }
}

/** What an `error` frame says. */
export const refusalOf = (frame: ErrorFrame): RefusedRequest =>
  new RefusedRequest({
    code: frame.code,
    advice: frame.advice,
    message: frame.message,
    ...(frame.retry_after_ms === undefined ? {} : { retryAfterMs: frame.retry_after_ms }),
  });

/** A refusal of this side's own. */
export const refuse = (code: string, message: string): RefusedRequest =>
  new RefusedRequest({ code, advice: code === "offline" || code === "timeout" ? "retry" : adviceFor(code), message });

/** There is no connection, or it broke before the answer came. */
export const offline = (): RefusedRequest => refuse("offline", "There is no connection to the server.");

/** Any error as a refusal. */
export const asRefusal = (error: unknown): RefusedRequest =>
  error instanceof RefusedRequest ? error : refuse("failed", error instanceof Error ? error.message : String(error));

/** Whether an error is a refusal: what requests that need the server reject with. */
export const isRefusal = (error: unknown): error is Refusal => error instanceof RefusedRequest;
