/** Read markers of one's own: the newest of each room, sent at most once a second, and after a break. */

import type { ClientNotice } from "../protocol/client-frames.js";
import type { Dot, RoomId, Stamp } from "../protocol/values.js";
import { comparePlace } from "../crdt/order.js";

/** Between two markers of a room. */
export const MARKER_MS_MIN = 1_000;

interface Marker {
  readonly stamp: Stamp;
  readonly dot: Dot;
}

/** The markers that the server has not been told. */
export class OwnMarkers {
  readonly #send: (notice: ClientNotice) => void;
  readonly #newest = new Map<RoomId, Marker>();
  readonly #unsent = new Set<RoomId>();
  readonly #timers = new Map<RoomId, ReturnType<typeof setTimeout>>();
  #online = false;

  constructor(send: (notice: ClientNotice) => void) {
    this.#send = send;
  }

  begin(): void {
    this.#online = true;
    for (const room of [...this.#unsent]) this.#say(room);
  }

  end(): void {
    this.#online = false;
    // What was said last may have been lost with the link; saying it again does no harm.
    for (const room of this.#newest.keys()) this.#unsent.add(room);
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  /** Everything up to there is read. `false`: it was already. */
  read(room: RoomId, stamp: Stamp, dot: Dot): boolean {
    const before = this.#newest.get(room);
    if (before !== undefined && comparePlace([stamp, dot], [before.stamp, before.dot]) <= 0) return false;
    this.#newest.set(room, { stamp, dot });
    this.#unsent.add(room);
    this.#say(room);
    return true;
  }

  #say(room: RoomId): void {
    const marker = this.#newest.get(room);
    if (!this.#online || marker === undefined || !this.#unsent.has(room) || this.#timers.has(room)) return;
    this.#unsent.delete(room);
    this.#send({ t: "read", room, ...marker });
    this.#timers.set(
      room,
      setTimeout(() => {
        this.#timers.delete(room);
        this.#say(room);
      }, MARKER_MS_MIN),
    );
  }
}
