/** Read markers of one's own: the newest of each room, sent at most once a second, and after a break what the server lacks. */

import { comparePlace } from "../crdt/order.js";
import type { ClientNotice } from "../protocol/client-frames.js";
import type { Dot, RoomId, Stamp } from "../protocol/values.js";

/** Between two markers of a room. */
export const MARKER_MS_MIN = 1_000;

/** Everything up to this message is read. */
export type Marker = readonly [stamp: Stamp, dot: Dot];

/** The markers of an account, and which of them the server was not told in this login. */
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
  }

  /** The login is over. What the server lacks is seen when its rooms are opened again. */
  end(): void {
    this.#online = false;
    this.#unsent.clear();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  /** Nobody is signed in any more. */
  forget(): void {
    this.#newest.clear();
  }

  /** Everything up to there is read. `false`: it was already. */
  read(room: RoomId, marker: Marker): boolean {
    if (!this.#isNewer(room, marker)) return false;
    this.#newest.set(room, marker);
    this.#unsent.add(room);
    this.#say(room);
    return true;
  }

  /** The room was opened: `stored` is the marker of this device, `told` the server's. */
  opened(room: RoomId, stored: Marker | undefined, told: Marker | undefined): void {
    if (stored !== undefined && this.#isNewer(room, stored)) this.#newest.set(room, stored);
    const newest = this.#newest.get(room);
    if (newest === undefined || (told !== undefined && comparePlace(newest, told) <= 0)) return;
    this.#unsent.add(room);
    this.#say(room);
  }

  #isNewer(room: RoomId, marker: Marker): boolean {
    const before = this.#newest.get(room);
    return before === undefined || comparePlace(marker, before) > 0;
  }

  #say(room: RoomId): void {
    const marker = this.#newest.get(room);
    if (!this.#online || marker === undefined || !this.#unsent.has(room) || this.#timers.has(room)) return;
    this.#unsent.delete(room);
    const [stamp, dot] = marker;
    this.#send({ t: "read", room, stamp, dot });
    this.#timers.set(
      room,
      setTimeout(() => {
        this.#timers.delete(room);
        this.#say(room);
      }, MARKER_MS_MIN),
    );
  }
}
