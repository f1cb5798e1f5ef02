/** The call's link to the server: joining, offers, and getting back what was lost, as the recovery machine says. */

import type { RoomId } from "../protocol/values.js";
import { asRefusal } from "../connection/refusal.js";
import type {
  ClientCallRequest,
  JoinedFrame,
  ServerCallFrame,
  TrackInfo,
  TrackOffer,
} from "../protocol/call-frames.js";
import type { AnswerTo } from "../protocol/client-frames.js";
import type { CallEndReason, CallPhase } from "./api.js";
import { AUDIO_SLOTS, Peer, type OfferedTrack } from "./peer.js";
import { begin, phaseOf, step, type Input, type Recovery, type Work } from "./recovery.js";
import { isLater } from "./refusals.js";
import { Negotiation } from "./serial.js";
import type { CallSignalling } from "./signalling.js";

/** Frames that come while one joins wait until the answer to it was taken. */
const HELD_MAX = 1_000;

/** What the session asks of the call, and tells it. */
export interface SessionEvents {
  /** Puts publications into a new connection, before it is offered. */
  attach(peer: Peer): Promise<void>;
  isMuted(track: OfferedTrack): boolean;
  videoSlots(): number;
  sound(track: MediaStreamTrack): void;
  /** A new connection takes the place of the one before. */
  replaced(): void;
  joined(joined: JoinedFrame, how: "anew" | "resumed"): void;
  /** One's publications, as an answer names them. */
  published(tracks: readonly TrackInfo[]): void;
  frame(frame: ServerCallFrame): void;
  phase(phase: CallPhase): void;
  ended(reason: CallEndReason): void;
}

export class Session {
  readonly #room: RoomId;
  readonly #signalling: CallSignalling;
  readonly #events: SessionEvents;
  readonly #negotiation = new Negotiation((options) => this.#exchange(options.restart));
  readonly #forget: (() => void)[] = [];
  #recovery: Recovery;
  #wasConnected = false;
  #peer: Peer | undefined;
  #joined: JoinedFrame | undefined;
  #held: ServerCallFrame[] | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** An offer did not reach the server: it is owed. */
  #owed = false;

  constructor(room: RoomId, signalling: CallSignalling, events: SessionEvents) {
    this.#room = room;
    this.#signalling = signalling;
    this.#events = events;
    this.#recovery = begin(signalling.online.get());
  }

  get peer(): Peer | undefined {
    return this.#peer;
  }

  get joined(): JoinedFrame | undefined {
    return this.#joined;
  }

  get isOver(): boolean {
    return this.#recovery.ended !== undefined;
  }

  /** Joins for the first time. Rejects with the server's refusal; the session is over then. */
  async join(): Promise<void> {
    this.#listen();
    try {
      await this.#negotiation.alone(() => this.#enter());
    } catch (error) {
      this.#close();
      throw error;
    }
    this.#feed({ kind: "joined" });
  }

  /** Offers what there is. While there is no connection it is put off, and resolves. */
  async negotiate(): Promise<void> {
    try {
      await this.#negotiation.request();
    } catch (error) {
      if (!isLater(error) && !this.isOver) throw error;
      this.#owed = true;
    }
  }

  request<R extends ClientCallRequest>(request: R): Promise<AnswerTo<R>> {
    return this.#signalling.request(request);
  }

  /** Ends it from this side, or because the server says so. */
  end(reason: CallEndReason): void {
    this.#feed({ kind: "over", reason });
  }

  #listen(): void {
    const online = (): void => this.#feed({ kind: "signalling", online: this.#signalling.online.get() });
    const network = (): void => this.#feed({ kind: "network" });
    this.#forget.push(
      this.#signalling.onFrame((frame) => this.#hear(frame)),
      this.#signalling.online.subscribe(online),
    );
    addEventListener("online", network);
    this.#forget.push(() => removeEventListener("online", network), onNetworkType(network));
  }

  #hear(frame: ServerCallFrame): void {
    if (frame.room !== this.#room || this.isOver) return;
    if (this.#held !== undefined) {
      if (this.#held.length < HELD_MAX) this.#held.push(frame);
      return;
    }
    if (frame.t !== "call.ended") return this.#events.frame(frame);
    if (frame.call === this.#joined?.call) this.#feed({ kind: "over", reason: frame.reason });
  }

  /** Runs a join; frames that come meanwhile are taken after it. */
  async #holding<T>(task: () => Promise<T>): Promise<T> {
    this.#held = [];
    try {
      return await task();
    } finally {
      // None, when the call was left meanwhile.
      const held: readonly ServerCallFrame[] | undefined = this.#held;
      this.#held = undefined;
      for (const frame of held ?? []) this.#hear(frame);
    }
  }

  /** Joins with a new connection. */
  #enter(): Promise<void> {
    return this.#holding(async () => {
      this.#peer?.close();
      this.#events.replaced();
      const peer = new Peer({
        media: (state) => this.#feed({ kind: "media", state }),
        sound: (track) => this.#events.sound(track),
      });
      this.#peer = peer;
      this.#owed = false;
      peer.addSlots({ audio: AUDIO_SLOTS, video: this.#events.videoSlots() });
      await this.#events.attach(peer);
      await this.#askToJoin(peer, { restart: false }, "anew");
    });
  }

  #resume(offer: boolean): Promise<void> {
    return this.#holding(async () => {
      const { peer, joined } = { peer: this.#peer, joined: this.#joined };
      if (peer === undefined || joined === undefined) throw new TypeError("nothing to resume");
      const resume = { participant: joined.participant, secret: joined.secret };
      await this.#askToJoin(peer, offer ? { restart: true, resume } : { resume }, "resumed");
      if (offer) this.#owed = false;
    });
  }

  /** `call.join`; with an offer unless `restart` is left out. */
  async #askToJoin(
    peer: Peer,
    {
      restart,
      resume,
    }: { readonly restart?: boolean; readonly resume?: { readonly participant: number; readonly secret: string } },
    how: "anew" | "resumed",
  ): Promise<void> {
    try {
      const offer = restart === undefined ? {} : await this.#offerOf(peer, restart);
      const request = { t: "call.join", room: this.#room, ...offer, ...(resume && { resume }) } as const;
      const joined = await this.request(request);
      if (peer !== this.#peer || this.isOver) throw new Error("the call was left while it was joined");
      this.#joined = joined;
      if (joined.answer !== undefined) await peer.answer(joined.answer);
      this.#events.joined(joined, how);
    } catch (error) {
      await peer.rollback().catch(() => undefined);
      throw error;
    }
  }

  async #exchange(restart: boolean): Promise<void> {
    const peer = this.#peer;
    if (peer === undefined || this.isOver) return;
    this.#owed = false;
    try {
      const offer = await this.#offerOf(peer, restart);
      const { answer, tracks } = await this.request({ t: "call.offer", room: this.#room, ...offer });
      if (peer !== this.#peer || this.isOver) return;
      await peer.answer(answer);
      this.#events.published(tracks);
    } catch (error) {
      await peer.rollback().catch(() => undefined);
      throw error;
    }
  }

  async #offerOf(
    peer: Peer,
    restart: boolean,
  ): Promise<{ readonly offer: string; readonly tracks: readonly TrackOffer[] }> {
    const { sdp, tracks } = await peer.offer(restart);
    return { offer: sdp, tracks: tracks.map((track) => ({ ...track, muted: this.#events.isMuted(track) })) };
  }

  #feed(input: Input): void {
    if (this.isOver) return;
    const { state, work, dueMs } = step(this.#recovery, input, now());
    this.#recovery = state;
    if (state.media === "up") this.#wasConnected = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#events.phase(phaseOf(state, this.#wasConnected));
    if (state.ended !== undefined) {
      this.#close();
      this.#events.ended(state.ended);
      return;
    }
    if (dueMs !== undefined) this.#timer = setTimeout(() => this.#feed({ kind: "tick" }), Math.max(0, dueMs - now()));
    if (work !== undefined) void this.#perform(work);
  }

  async #perform(work: Work): Promise<void> {
    // An outcome counts only for the work that is still under way: what was given up may come late.
    const { working } = this.#recovery;
    const report = (input: Input): void => {
      if (this.#recovery.working === working) this.#feed(input);
    };
    try {
      switch (work.kind) {
        case "restart":
          await this.#negotiation.request(true);
          return report({ kind: "done" });
        case "resume":
          await this.#negotiation.alone(() => this.#resume(work.offer));
          report({ kind: "done" });
          if (this.#owed) await this.negotiate();
          return;
        case "rejoin":
          await this.#negotiation.alone(() => this.#enter());
          return report({ kind: "joined" });
      }
    } catch (error) {
      const { code, retryAfterMs } = asRefusal(error);
      report({ kind: "refused", code, ...(retryAfterMs !== undefined && { retryAfterMs }) });
    }
  }

  #close(): void {
    for (const forget of this.#forget.splice(0)) forget();
    clearTimeout(this.#timer);
    this.#peer?.close();
    this.#peer = undefined;
    this.#held = undefined;
  }
}

const now = (): number => performance.now();

/** Calls when the kind of network changes, where the browser tells (Network Information API). */
function onNetworkType(changed: () => void): () => void {
  const { connection } = navigator as { connection?: EventTarget & { readonly type?: string } };
  if (connection === undefined) return () => undefined;
  let type = connection.type;
  const listener = (): void => {
    // It also tells of estimates of speed, which are no change of network.
    if (connection.type === type) return;
    type = connection.type;
    changed();
  };
  connection.addEventListener("change", listener);
  return () => connection.removeEventListener("change", listener);
}
