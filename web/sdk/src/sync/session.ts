/** What lasts as long as a login: takes what the server sends, and counts what the return brought. */

import type { Found } from "../model.js";
import { isCallFrame, type ServerCallFrame } from "../protocol/call-frames.js";
import type { PlaceInRoom } from "../protocol/client-frames.js";
import type { AckFrame, ServerFrame } from "../protocol/server-frames.js";
import type { LocalStore } from "../store/local-store.js";
import type { Board } from "./board.js";
import { Following } from "./following.js";
import { History } from "./history.js";
import type { How, Intake } from "./intake.js";
import type { OwnMarkers } from "./markers.js";
import { MemberLists } from "./member-lists.js";
import type { MomentKeeper } from "./moment.js";
import type { OutboxSender } from "./outbox-sender.js";
import type { Ask } from "./patience.js";
import { ReturnCount } from "./report.js";

/** What a session works with, of the engine that began it. */
export interface SessionParts {
  readonly store: LocalStore;
  readonly board: Board;
  readonly intake: Intake;
  readonly sender: OutboxSender;
  readonly moment: MomentKeeper;
  readonly markers: OwnMarkers;
  readonly ask: Ask;
  readonly watched: () => boolean;
  readonly callFrame: (frame: ServerCallFrame) => void;
}

/** See the head of this file. */
export class Session {
  readonly following: Following;
  readonly history: History;
  readonly members: MemberLists;
  readonly #parts: SessionParts;
  readonly #count: ReturnCount;
  #isCurrent = false;
  #ended = false;

  /** `places`: where `hello` went on. `awayMs`: how long there was no login; `undefined` when nobody knows. */
  constructor(parts: SessionParts, places: readonly PlaceInRoom[], awayMs: number | undefined) {
    const { sender } = parts;
    this.#parts = parts;
    this.#count = new ReturnCount(awayMs);
    this.history = new History(parts);
    this.members = new MemberLists(parts);
    this.following = new Following(
      {
        ...parts,
        opened: (room, member) => {
          if (member && sender.refused(room)) void sender.resume(room).catch(() => undefined);
        },
        current: () => void this.#current(),
      },
      places,
    );
  }

  /** Whether everything that was missed is here. */
  get isCurrent(): boolean {
    return this.#isCurrent;
  }

  /** The login is over. */
  end(): void {
    this.#ended = true;
    this.following.end();
    this.history.end();
    this.members.end();
  }

  /** Takes a frame, in the order in which they come. */
  frame(frame: ServerFrame): void {
    const { store, intake, markers, moment } = this.#parts;
    moment.frame(frame);
    switch (frame.t) {
      case "opened":
        this.following.opened(frame);
        return intake.step(frame.room, async () => {
          markers.opened(frame.room, await store.readMarker(frame.room), frame.read);
        });
      case "ops": {
        if (frame.id !== undefined) return;
        const last = frame.ops.at(-1);
        if (last !== undefined) this.history.active(frame.room, last.stamp[0]);
        return intake.entries(frame.room, frame.ops, this.following.how(frame.room));
      }
      case "synced":
        this.following.synced(frame);
        if (this.#isCurrent) void intake.settled(frame.room).then(() => this.history.fill());
        return;
      case "closed":
        return this.following.closed(frame);
      case "rooms.changed":
        return void this.following.list();
      case "room":
        intake.step(frame.room, () => store.saveRooms([frame], false));
        if (frame.role !== undefined) this.following.entered(frame);
        return;
      case "ack":
        return this.#acked(frame);
      case "read": {
        const { room, user, stamp, dot, unread } = frame;
        return intake.step(room, () => store.setRead(room, user, stamp, dot, unread));
      }
      default:
        if (isCallFrame(frame) && !("id" in frame)) this.#parts.callFrame(frame);
        return;
    }
  }

  /** New posts of others, that count as received unless they are older history. */
  found(found: readonly Found[], how: How): void {
    if (how === "live" || how === "resumed") this.#count.received(found.length);
  }

  /** Tells what the return brought, as soon as everything is current and sent. */
  async finish(): Promise<void> {
    const { intake, sender, board } = this.#parts;
    const isOver = (): boolean => this.#ended || !this.#isCurrent || !sender.resting;
    if (isOver()) return;
    await intake.settled();
    if (isOver()) return;
    const report = this.#count.finish();
    if (report !== undefined) board.post({ about: "report", value: report });
  }

  #acked({ room, acks, refused = [] }: AckFrame): void {
    const { store, intake } = this.#parts;
    this.#count.sent(acks.length);
    this.#count.refused(refused.length);
    intake.step(room, async () => {
      if (acks.length > 0) await store.acked(room, acks);
      if (refused.length > 0) await store.refused(room, refused);
    });
  }

  async #current(): Promise<void> {
    const { intake, board } = this.#parts;
    await intake.settled();
    if (this.#ended) return;
    this.#isCurrent = true;
    const state = board.connection.get();
    if (state.phase === "online") board.post({ about: "connection", value: { ...state, syncing: false } });
    void this.history.fill();
    void this.finish();
  }
}
