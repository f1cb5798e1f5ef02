/**
 * Which rooms are followed: all of the account, as many as a connection takes. Says where to go on, opens what `hello`
 * did not name, and knows when everything is current.
 */

import { asRefusal } from "../connection/refusal.js";
import { ROOMS_FOLLOWED_MAX } from "../protocol/limits.js";
import type { AnswerTo, ClientRequest, PlaceInRoom } from "../protocol/client-frames.js";
import type { Closed, Opened, RoomInfo, Synced } from "../protocol/server-frames.js";
import type { RoomId } from "../protocol/values.js";
import type { LocalStore } from "../store/local-store.js";
import type { Intake } from "./intake.js";
import { askPatiently, type Ask } from "./patience.js";

/** The newest ops that a room begins with; older ones come later, as history. */
const TAIL = 200;
/** Rooms that are being opened at a time. */
const OPENING_MAX = 4;
/** Pages of `room.list` at most: 200 rooms each. */
const LIST_PAGES_MAX = 50;
/** A room that was halted is opened again after this and up to as long again. */
const REOPEN_MS = 30_000;

/** What following needs. */
export interface FollowingOptions {
  readonly store: LocalStore;
  readonly intake: Intake;
  readonly ask: Ask;
  /** A room was opened, so that it may take what it refused before. */
  readonly opened: (room: RoomId, member: boolean) => void;
  /** Every room is current, and was not before. */
  readonly current: () => void;
}

/** The following of one login. */
export class Following {
  readonly #options: FollowingOptions;
  /** `resumed`, `first`: the sync goes on; `live`: it is over. */
  readonly #rooms = new Map<RoomId, "opening" | "resumed" | "first" | "live">();
  readonly #queue: RoomId[] = [];
  #opening = 0;
  #listing = false;
  #listAgain = false;
  /** Rooms that were entered or left (`undefined`) while the list came: it may not know. */
  readonly #meanwhile = new Map<RoomId, RoomInfo | undefined>();
  #current = false;
  #ended = false;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();

  constructor(options: FollowingOptions, places: readonly PlaceInRoom[]) {
    this.#options = options;
    for (const { room, cursor } of places) this.#rooms.set(room, cursor === undefined ? "first" : "resumed");
  }

  /** Asks which rooms there are, and follows the new ones. */
  async list(): Promise<void> {
    if (this.#listing) {
      this.#listAgain = true;
      return;
    }
    this.#listing = true;
    do {
      this.#listAgain = false;
      await this.#listOnce().catch((error: unknown) => this.#retried(error, () => void this.list()));
    } while (this.#listAgain && !this.#ended);
    this.#listing = false;
    this.#judge();
  }

  /** Follows a room from where it stands. */
  follow(room: RoomId): void {
    if (this.#rooms.has(room) || this.#rooms.size >= ROOMS_FOLLOWED_MAX) return;
    this.#rooms.set(room, "opening");
    this.#queue.push(room);
    this.#openNext();
  }

  /** The account is in this room now: follow it. */
  entered(info: RoomInfo): void {
    this.#meanwhile.set(info.room, info);
    this.follow(info.room);
  }

  /** Somebody looks at a room: when a connection takes no more, the one that was followed last gives way. */
  async want(room: RoomId): Promise<void> {
    if (this.#rooms.has(room)) return;
    if (this.#rooms.size >= ROOMS_FOLLOWED_MAX) {
      const [last] = [...this.#rooms].filter(([, state]) => state === "live").slice(-1);
      if (last === undefined) return;
      this.#rooms.delete(last[0]);
      await this.#ask({ t: "close", room: last[0] });
    }
    this.follow(room);
  }

  /** How entries of a room that come now came. */
  how(room: RoomId): "live" | "resumed" | "first" {
    const state = this.#rooms.get(room);
    return state === "resumed" || state === "first" ? state : "live";
  }

  /** A sync begins. */
  opened(frame: Opened): void {
    const { room } = frame;
    const state = this.#rooms.get(room);
    if (state === "resumed" && frame.epoch_changed === true) this.#rooms.set(room, "first");
    this.#options.intake.step(room, () => this.#options.store.opened(frame, frame.epoch_changed === true));
    this.#options.opened(room, frame.role !== undefined);
  }

  /** A sync ends. */
  synced(frame: Synced): void {
    this.#rooms.set(frame.room, "live");
    this.#options.intake.step(frame.room, () => this.#options.store.synced(frame.room, frame.cursor));
    this.#judge();
  }

  /** The server ended the following. */
  closed(frame: Closed): void {
    const { room, code, advice } = frame;
    this.#rooms.delete(room);
    if (advice === "retry") this.#later(() => this.follow(room));
    else this.#options.intake.step(room, () => this.#options.store.closed(room, code));
    this.#judge();
  }

  /** The room was left: nothing comes of it any more. */
  left(room: RoomId): void {
    this.#meanwhile.set(room, undefined);
    this.#rooms.delete(room);
    this.#options.intake.step(room, () => this.#options.store.closed(room, "left"));
  }

  /** The login is over. */
  end(): void {
    this.#ended = true;
    this.#queue.length = 0;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async #listOnce(): Promise<void> {
    this.#meanwhile.clear();
    const rooms: RoomInfo[] = [];
    let more = true;
    for (let page = 0; more && page < LIST_PAGES_MAX; page += 1) {
      const after = rooms.at(-1)?.room;
      const answer = await this.#ask({ t: "room.list", ...(after === undefined ? {} : { after }) });
      rooms.push(...answer.rooms);
      more = answer.more === true && answer.rooms.length > 0;
    }
    const listed = new Map([...rooms.map((info) => [info.room, info] as const), ...this.#meanwhile]);
    const own = [...listed.values()].filter((info) => info !== undefined);
    await this.#options.store.saveRooms(own, !more);
    for (const { room, role } of own) if (role !== undefined && !this.#ended) this.follow(room);
  }

  #openNext(): void {
    while (this.#opening < OPENING_MAX) {
      const room = this.#queue.shift();
      if (room === undefined) return;
      this.#opening += 1;
      void this.#open(room).finally(() => {
        this.#opening -= 1;
        this.#openNext();
        this.#judge();
      });
    }
  }

  async #open(room: RoomId): Promise<void> {
    const places = await this.#options.store.places();
    const cursor = places.find((place) => place.room === room)?.cursor;
    if (this.#ended || this.#rooms.get(room) !== "opening") return;
    this.#rooms.set(room, cursor === undefined ? "first" : "resumed");
    try {
      await this.#ask({ t: "open", ...placeOf(room, cursor) });
    } catch (error) {
      // A refusal for good is said by `closed`, by the next list of rooms, or by the end of the login.
      if (this.#rooms.get(room) === "live") return;
      this.#rooms.delete(room);
      this.#retried(error, () => this.follow(room));
    }
  }

  /** Does it again after a while, when the server says that this may help. */
  #retried(error: unknown, work: () => void): void {
    if (!this.#ended && asRefusal(error).advice === "retry") this.#later(work);
  }

  #later(work: () => void): void {
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        if (!this.#ended) work();
      },
      REOPEN_MS * (1 + Math.random()),
    );
    this.#timers.add(timer);
  }

  #ask<R extends ClientRequest>(request: R): Promise<AnswerTo<R>> {
    return askPatiently(this.#options.ask, request, () => !this.#ended);
  }

  #judge(): void {
    if (this.#current || this.#ended || this.#listing || this.#opening > 0 || this.#queue.length > 0) return;
    if ([...this.#rooms.values()].some((state) => state !== "live")) return;
    this.#current = true;
    this.#options.current();
  }
}

/** Where to go on: after the cursor, or with the newest ops when there is none or it is of another epoch. */
export const placeOf = (room: RoomId, cursor: PlaceInRoom["cursor"]): PlaceInRoom =>
  cursor === undefined ? { room, tail: TAIL } : { room, cursor, tail: TAIL };
