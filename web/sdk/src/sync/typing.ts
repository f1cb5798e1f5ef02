/** Typing, both ways. Pure. docs/PROTOCOL.md, "Presence, typing, read markers". */

import { TYPING_AGAIN_MS, TYPING_ENDS_MS } from "../protocol/limits.js";
import type { RoomId, UserId } from "../protocol/values.js";

/** Decides when to say that one is typing. */
export class OwnTyping {
  readonly #saidMs = new Map<RoomId, number>();

  /** On each keystroke (`on`), and when the text was sent or given up. `true`: say it now. */
  set(nowMs: number, room: RoomId, on: boolean): boolean {
    const saidMs = this.#saidMs.get(room);
    if (on) {
      if (saidMs !== undefined && nowMs - saidMs < TYPING_AGAIN_MS) return false;
      this.#saidMs.set(room, nowMs);
      return true;
    }
    this.#saidMs.delete(room);
    return saidMs !== undefined && nowMs - saidMs < TYPING_ENDS_MS;
  }

  /** The server knows nothing any more. */
  clear(): void {
    this.#saidMs.clear();
  }
}

/** Who is typing where; ends by itself. */
export class OthersTyping {
  readonly #until = new Map<RoomId, Map<UserId, number>>();

  /** When {@link OthersTyping.time} has something to do. */
  get wakeAtMs(): number | undefined {
    let least: number | undefined;
    for (const users of this.#until.values())
      for (const until of users.values()) least = Math.min(least ?? until, until);
    return least;
  }

  /** Takes a `typing` frame. */
  change(nowMs: number, room: RoomId, on: readonly UserId[], off: readonly UserId[]): readonly UserId[] {
    const users = this.#until.get(room) ?? new Map<UserId, number>();
    this.#until.set(room, users);
    // The server's own end may come a second late; it is only waited for when it got lost.
    for (const user of on) users.set(user, nowMs + TYPING_ENDS_MS + 1_000);
    for (const user of off) users.delete(user);
    return [...users.keys()];
  }

  /** Ends what is over: the rooms where somebody stopped, with who is left. */
  time(nowMs: number): readonly (readonly [RoomId, readonly UserId[]])[] {
    const changed: (readonly [RoomId, readonly UserId[]])[] = [];
    for (const [room, users] of this.#until) {
      const before = users.size;
      for (const [user, until] of users) if (until <= nowMs) users.delete(user);
      if (users.size !== before) changed.push([room, [...users.keys()]]);
      if (users.size === 0) this.#until.delete(room);
    }
    return changed;
  }

  /** Nothing is known any more: the rooms where somebody was typing. */
  clear(): readonly RoomId[] {
    const rooms = [...this.#until.keys()];
    this.#until.clear();
    return rooms;
  }
}
