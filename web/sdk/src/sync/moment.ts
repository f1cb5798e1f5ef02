/** What is true only now: who is there, who types, which rooms have a call. Kept on the {@link Board}. */

import type { Presence, RoomCall } from "../model.js";
import type { ClientNotice } from "../protocol/client-frames.js";
import type { Members, PresenceFrame, ServerFrame, TypingFrame } from "../protocol/server-frames.js";
import type { RoomId, UserId } from "../protocol/values.js";
import type { Board } from "./board.js";
import { OthersTyping, OwnTyping } from "./typing.js";

/** Tabs whose presence is known; more are not remembered. */
const TABS_MAX = 64;

/** The moment, as seen by who holds the connection. */
export class MomentKeeper {
  readonly #board: Board;
  readonly #send: (notice: ClientNotice) => void;
  readonly #own = new OwnTyping();
  readonly #others = new OthersTyping();
  readonly #tabs = new Map<string, "online" | "away">();
  #said: "online" | "away" = "online";
  #self: UserId | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(board: Board, send: (notice: ClientNotice) => void) {
    this.#board = board;
    this.#send = send;
  }

  /** A login began: the server takes one for online. */
  begin(self: UserId): void {
    this.#self = self;
    this.#said = "online";
    this.#sayPresence();
  }

  /** The login is over. Who was there stays shown until it is known anew; nobody types. */
  end(): void {
    this.#own.clear();
    for (const room of this.#others.clear()) this.#board.post({ about: "typing", room, value: [] });
    clearTimeout(this.#timer);
  }

  /** One is typing, or not any more. */
  typing(room: RoomId, on: boolean): void {
    if (this.#own.set(performance.now(), room, on)) this.#send({ t: "typing", room, on });
  }

  /** Whether anybody looks at a tab. */
  presence(tab: string, status: "online" | "away" | "gone"): void {
    if (status === "gone") this.#tabs.delete(tab);
    else if (this.#tabs.size < TABS_MAX || this.#tabs.has(tab)) this.#tabs.set(tab, status);
    this.#sayPresence();
  }

  /** Takes what concerns the moment. */
  frame(frame: ServerFrame): void {
    switch (frame.t) {
      case "presence":
        return this.#presence(frame);
      case "typing":
        return this.#typing(frame);
      case "opened":
        return this.#call(frame.room, undefined);
      case "closed":
        return this.#call(frame.room, undefined);
      case "call.state":
        return this.#call(
          frame.room,
          frame.call === undefined
            ? undefined
            : {
                call: frame.call.call,
                startedBy: frame.call.started_by,
                startedMs: frame.call.started_ms,
                participants: frame.call.participants,
              },
        );
      default:
        return;
    }
  }

  /** All members of a room, as a list says. */
  members(room: RoomId, members: Members["members"]): void {
    const value = new Map<UserId, Presence>();
    for (const member of members) value.set(member.user, presenceOf(member));
    this.#board.post({ about: "presence", room, value: new Map([...this.#board.presence(room).get(), ...value]) });
  }

  #presence({ room, changes = [], online }: PresenceFrame): void {
    this.#board.post({ about: "online", room, value: online });
    if (changes.length === 0) return;
    const value = new Map(this.#board.presence(room).get());
    for (const change of changes) value.set(change.user, presenceOf(change));
    this.#board.post({ about: "presence", room, value });
  }

  #typing({ room, on = [], off = [] }: TypingFrame): void {
    const value = this.#others.change(performance.now(), room, on, off).filter((user) => user !== this.#self);
    this.#board.post({ about: "typing", room, value });
    this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const { wakeAtMs } = this.#others;
    if (wakeAtMs === undefined) return;
    this.#timer = setTimeout(
      () => {
        for (const [room, value] of this.#others.time(performance.now()))
          this.#board.post({ about: "typing", room, value });
        this.#arm();
      },
      Math.max(0, wakeAtMs - performance.now()),
    );
  }

  #call(room: RoomId, call: RoomCall | undefined): void {
    const before = this.#board.running.get();
    if (call === undefined && !before.has(room)) return;
    const value = new Map(before);
    if (call === undefined) value.delete(room);
    else value.set(room, call);
    this.#board.post({ about: "running", value });
  }

  #sayPresence(): void {
    const statuses = [...this.#tabs.values()];
    const status = statuses.length === 0 || statuses.includes("online") ? "online" : "away";
    if (status === this.#said) return;
    this.#said = status;
    this.#send({ t: "presence", status });
  }
}

const presenceOf = (of: { readonly status?: "online" | "away"; readonly last_seen_ms?: number }): Presence => ({
  status: of.status ?? "offline",
  ...(of.last_seen_ms === undefined ? {} : { lastSeenMs: of.last_seen_ms }),
});
