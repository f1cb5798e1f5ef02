/** Which rooms have a call, from `call.state`. */

import type { RoomCall } from "../model.js";
import type { RoomId } from "../protocol/values.js";
import { Cell, type Slice } from "../slice.js";
import type { CallSignalling } from "./api.js";
import { parseState } from "./frames.js";

/** A connection follows no more rooms than this. */
const ROOMS_MAX = 512;

export class Running {
  readonly #calls = new Cell<ReadonlyMap<RoomId, RoomCall>>(new Map());
  readonly #forget: readonly (() => void)[];

  constructor(signalling: CallSignalling) {
    this.#forget = [
      signalling.onFrame((frame) => {
        if (frame.t !== "call.state") return;
        const state = parseState(frame);
        if (state === null) return;
        const calls = new Map(this.#calls.get());
        if (state.call === undefined) calls.delete(state.room);
        else if (calls.has(state.room) || calls.size < ROOMS_MAX) calls.set(state.room, state.call);
        this.#calls.set(calls);
      }),
      // Whoever comes back is told of the calls there are, not of those that ended.
      signalling.online.subscribe(() => {
        if (!signalling.online.get()) this.#calls.set(new Map());
      }),
    ];
  }

  get calls(): Slice<ReadonlyMap<RoomId, RoomCall>> {
    return this.#calls;
  }

  close(): void {
    for (const forget of this.#forget) forget();
  }
}
