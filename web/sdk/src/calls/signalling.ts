/** What calls need of the connection. */

import type { ClientCallRequest, ServerCallFrame } from "../protocol/call-frames.js";
import type { AnswerTo } from "../protocol/client-frames.js";
import type { Slice } from "../slice.js";

/** A connection as calls use it: what comes was parsed where it came in. */
export interface CallSignalling {
  /** Sends a request and resolves to its answer; rejects with a `RefusedRequest` (`offline` without a connection). */
  request<R extends ClientCallRequest>(request: R): Promise<AnswerTo<R>>;
  /** Every frame of the server about calls, except answers. */
  onFrame(listener: (frame: ServerCallFrame) => void): () => void;
  /** Whether a connection is logged in now; calls resume (`call.join` with `resume`) when it comes back. */
  readonly online: Slice<boolean>;
}
