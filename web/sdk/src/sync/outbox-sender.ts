/**
 * Sends what was written here: per room oldest first, several batches in flight, again after every login. An op leaves
 * the outbox only by `acks` or `refused`, which {@link Intake} gives to the store.
 */

import { asRefusal } from "../connection/refusal.js";
import { POST_OPS_MAX } from "../protocol/limits.js";
import type { WireOp } from "../protocol/op.js";
import type { AckFrame } from "../protocol/server-frames.js";
import type { Dot, RoomId } from "../protocol/values.js";
import type { LocalStore } from "../store/local-store.js";
import { afterStop, OPERATOR_MS, type Action, type Stop } from "./after-stop.js";

/** Posts of one room that wait for their acks. */
const BATCHES_IN_FLIGHT_MAX = 4;

/** What the sender needs. */
export interface SenderOptions {
  readonly store: LocalStore;
  /** Sends `post`. Rejects with a `RefusedRequest`. */
  readonly post: (room: RoomId, ops: readonly WireOp[]) => Promise<AckFrame>;
  /** Resolves when the store has everything that came for the room. */
  readonly settled: (room: RoomId) => Promise<void>;
  /** There may be nothing left to send now. */
  readonly rested: () => void;
}

/** A batch that was not taken whole, and why. */
interface Stopped {
  readonly stop: Stop;
  readonly ops: readonly WireOp[];
}

/** The outbox of one room. */
interface Lane {
  readonly room: RoomId;
  /** The last op that was sent; the next batch comes after it. */
  after: Dot | undefined;
  inFlight: number;
  state: "open" | "resting" | "refused";
  /** The first batch that was not taken whole. */
  stopped: Stopped | undefined;
  stops: number;
  opsMax: number;
  pumping: boolean;
  /** There may be more than the pump saw. */
  again: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** Sends the outbox of all rooms. */
export class OutboxSender {
  readonly #options: SenderOptions;
  readonly #lanes = new Map<RoomId, Lane>();
  /** Counts logins; 0 while there is none. What belongs to an older one is left alone. */
  #login = 0;
  #logins = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** A login began: everything unacked is sent again, oldest first. */
  async begin(): Promise<void> {
    this.#logins += 1;
    const login = (this.#login = this.#logins);
    const rooms = await this.#options.store.unsent();
    if (login !== this.#login) return;
    for (const room of rooms) void this.resume(room);
    if (rooms.length === 0) this.#options.rested();
  }

  /** Looks for what was written without a word of it, by a tab that died right after. */
  async sweep(): Promise<void> {
    if (this.#login === 0) return;
    for (const room of await this.#options.store.unsent()) this.wrote(room);
  }

  /** The login is over. `tooBig`: the server closed because of the size of a message. */
  end(tooBig: boolean): void {
    this.#login = 0;
    for (const lane of this.#lanes.values()) {
      clearTimeout(lane.timer);
      if (tooBig && lane.inFlight > 0) lane.opsMax = Math.max(1, Math.floor(lane.opsMax / 2));
      const { opsMax, state } = lane;
      // What was given up is tried anew with the next login, with all that might help.
      this.#lanes.set(lane.room, { ...newLane(lane.room), opsMax, stops: state === "refused" ? 0 : lane.stops });
    }
  }

  /** Something was written in the room, here or in another tab. */
  wrote(room: RoomId): void {
    if (this.#login === 0) return;
    void this.#pump(this.#lane(room));
  }

  /** Whether the room takes nothing from us now. */
  refused(room: RoomId): boolean {
    return this.#lanes.get(room)?.state === "refused";
  }

  /** The room may take again what it refused. */
  async resume(room: RoomId): Promise<void> {
    const lane = this.#lanes.get(room);
    if (lane?.state === "refused") {
      lane.state = "open";
      lane.stops = 0;
      lane.after = undefined;
    }
    await this.#options.store.setRefusing(room, undefined);
    this.wrote(room);
  }

  /** Whether everything that can be sent now was sent and answered. */
  get resting(): boolean {
    return [...this.#lanes.values()].every(
      ({ inFlight, pumping, stopped, state }) =>
        inFlight === 0 && !pumping && stopped === undefined && state !== "resting",
    );
  }

  #lane(room: RoomId): Lane {
    let lane = this.#lanes.get(room);
    if (lane === undefined) {
      lane = newLane(room);
      this.#lanes.set(room, lane);
    }
    return lane;
  }

  #current(lane: Lane, login: number): boolean {
    return login === this.#login && this.#lanes.get(lane.room) === lane;
  }

  async #pump(lane: Lane): Promise<void> {
    if (lane.pumping) {
      lane.again = true;
      return;
    }
    lane.pumping = true;
    const login = this.#login;
    try {
      do {
        lane.again = false;
        await this.#fill(lane, login);
      } while (lane.again);
    } catch (error) {
      this.#failed(lane, login, error);
    }
    lane.pumping = false;
    if (this.#current(lane, login)) this.#options.rested();
  }

  /** Sends batches until enough are in flight, or none is left. */
  async #fill(lane: Lane, login: number): Promise<void> {
    while (this.#current(lane, login) && lane.state === "open" && lane.stopped === undefined) {
      if (lane.inFlight >= BATCHES_IN_FLIGHT_MAX) return;
      // A new replica may sort before the last dot that was sent.
      if (lane.inFlight === 0) lane.after = undefined;
      const batch = await this.#options.store.batch(lane.room, lane.after);
      if (!this.#current(lane, login) || batch === undefined) return;
      const ops = batch.ops.slice(0, lane.opsMax);
      const last = ops.at(-1);
      if (last === undefined) return;
      lane.after = last.dot;
      lane.inFlight += 1;
      void this.#post(lane, login, ops);
    }
  }

  async #post(lane: Lane, login: number, ops: readonly WireOp[]): Promise<void> {
    const { store } = this.#options;
    const dots = ops.map(({ dot }) => dot);
    store.markSent(lane.room, dots, true);
    let stop: Stop | undefined;
    let taken = false;
    try {
      const ack = await this.#options.post(lane.room, ops);
      stop = ack.stopped;
      taken = ack.acks.length > 0 || (ack.refused?.length ?? 0) > 0;
    } catch (error) {
      stop = asRefusal(error).data;
    }
    // What was acked must have left the outbox before anything is read from it again.
    await this.#options.settled(lane.room);
    if (stop !== undefined) store.markSent(lane.room, dots, false);
    if (!this.#current(lane, login)) return;
    lane.inFlight -= 1;
    if (taken) lane.stops = 0;
    lane.stopped ??= stop && { stop, ops };
    if (lane.stopped !== undefined) {
      const { stopped } = lane;
      if (lane.inFlight > 0) return;
      await this.#stopped(lane, login, stopped).catch((error: unknown) => this.#failed(lane, login, error));
      return;
    }
    void this.#pump(lane);
  }

  /** All batches of the room are answered, and one was stopped. Those behind it mostly with a `gap`: the first counts. */
  async #stopped(lane: Lane, login: number, stopped: Stopped): Promise<void> {
    const { store } = this.#options;
    const left = await store.batch(lane.room);
    if (!this.#current(lane, login)) return;
    const oldest = left?.ops[0]?.dot[1];
    const standing = { opsMax: lane.opsMax, stops: lane.stops, ...(oldest === undefined ? {} : { oldest }) };
    const action = afterStop(stopped.stop, standing, Math.random());
    lane.stops += 1;
    await this.#act(lane, stopped, action);
    if (!this.#current(lane, login)) return;
    lane.stopped = undefined;
    lane.after = undefined;
    if (lane.state === "open") void this.#pump(lane);
    else this.#options.rested();
  }

  async #act(lane: Lane, { stop, ops }: Stopped, action: Action): Promise<void> {
    const { store } = this.#options;
    const [first] = ops;
    switch (action.do) {
      case "resend":
        if (action.inMs > 0) this.#rest(lane, action.inMs);
        return;
      case "renew-replica":
        return first && store.renewReplica(lane.room, first.dot[0]);
      case "renew-clocks":
        return store.renewClocks(lane.room, ops);
      case "split":
        lane.opsMax = action.opsMax;
        return;
      case "keep":
        lane.state = "refused";
        return store.setRefusing(lane.room, { code: stop.code, message: stop.message });
    }
  }

  #rest(lane: Lane, forMs: number): void {
    lane.state = "resting";
    lane.timer = setTimeout(() => {
      if (this.#lanes.get(lane.room) !== lane || lane.state !== "resting") return;
      lane.state = "open";
      void this.#pump(lane);
    }, forMs);
  }

  /** The store rejects on bugs, and when it is closed, with which the login is over too. */
  #failed(lane: Lane, login: number, error: unknown): void {
    if (!this.#current(lane, login)) return;
    console.error("greenroom: cannot read what is to be sent", error);
    lane.stopped = undefined;
    this.#rest(lane, OPERATOR_MS);
  }
}

const newLane = (room: RoomId): Lane => ({
  room,
  after: undefined,
  inFlight: 0,
  state: "open",
  stopped: undefined,
  stops: 0,
  opsMax: POST_OPS_MAX,
  pumping: false,
  again: false,
  timer: undefined,
});
