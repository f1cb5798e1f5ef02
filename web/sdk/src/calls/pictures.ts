/** What is on screen: finds slots for tiles, asks for more slots, and tells the server, not too often. */

import { asRefusal } from "../connection/refusal.js";
import type { SlotInfo, TileFrame } from "../protocol/call-frames.js";
import { Cell, type Slice } from "../slice.js";
import type { Slot, Tile, TrackId } from "./api.js";
import type { Peer, VideoSlot } from "./peer.js";
import { isLater } from "./refusals.js";
import { Serial } from "./serial.js";
import { shows, type Shown } from "./shown.js";
import { admitted, assign, layoutOf, slotsFor, type SlotNeed } from "./slots.js";

/** Changes within this time are told together. */
const GATHER_MS = 100;
/** How often a slot whose next picture is on its way is looked at. */
const LOOK_MS = 40;
const SLOTS_AT_ONCE = 6;
/** A layout that is refused is told so many times more; then with the next change. */
const RETRIES_MAX = 5;
const RETRY_MS = 1_000;

/** What is on screen, as `call.layout` says it. */
export interface LayoutFields {
  readonly tiles: readonly TileFrame[];
  readonly audio_only: boolean;
}

/** What it asks of the call. */
export interface Downlink {
  peer(): Peer | undefined;
  negotiate(): Promise<void>;
  /** Sends `call.layout`. */
  layout(fields: LayoutFields): Promise<void>;
  need(track: TrackId): SlotNeed;
}

export class Pictures {
  readonly #downlink: Downlink;
  readonly #slots = new Cell<readonly Slot[]>([]);
  readonly #sending = new Serial();
  readonly #frames = new Map<string, SlotInfo>();
  /** What is seen in slots, and since when the server says what it says now. */
  readonly #shown = new Map<string, Shown>();
  readonly #since = new Map<string, number>();
  #tiles: readonly Tile[] | undefined;
  #assignment = new Map<string, string>();
  #audioOnly: boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: ReturnType<typeof setTimeout> | undefined;
  #retries = 0;
  #sent = "";
  #closed = false;

  constructor(downlink: Downlink, audioOnly: boolean) {
    this.#downlink = downlink;
    this.#audioOnly = audioOnly;
  }

  get slots(): Slice<readonly Slot[]> {
    return this.#slots;
  }

  show(tiles: readonly Tile[]): void {
    const isFirst = this.#tiles === undefined;
    this.#tiles = tiles;
    this.#retries = 0;
    this.#gather(isFirst ? 0 : GATHER_MS);
  }

  setAudioOnly(audioOnly: boolean): Promise<void> {
    this.#audioOnly = audioOnly;
    return this.#send();
  }

  streamOf(tile: string): MediaStream | undefined {
    const slot = this.#slots.get().find((one) => one.tile === tile);
    if (slot === undefined || slot.state === "empty") return undefined;
    return this.#places().find(({ mid }) => this.#assignment.get(mid) === tile)?.stream;
  }

  /** The tile that a line of the offer shows. */
  tileOf(mid: string): string | undefined {
    return this.#assignment.get(mid);
  }

  /** The server says what is in slots: all of them after joining, else those that changed. */
  take(frames: readonly SlotInfo[], all = false): void {
    if (all) this.#frames.clear();
    for (const frame of frames) {
      const before = this.#frames.get(frame.mid);
      const isSame = before?.participant === frame.participant && before?.state === frame.state;
      if (!isSame) this.#since.set(frame.mid, performance.now());
      this.#frames.set(frame.mid, frame);
    }
    this.#publish();
  }

  /** Another connection: its slots are other ones, and the server knows of no layout. */
  reset(): void {
    this.#frames.clear();
    this.#shown.clear();
    this.#since.clear();
    this.#assignment.clear();
    this.#sent = "";
    this.resend();
  }

  /** Tells what could not be told. */
  resend(): void {
    if (this.#tiles !== undefined || this.#audioOnly) this.#gather(0);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#looking);
  }

  #gather(delayMs: number): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#send().then(
        () => (this.#retries = 0),
        (error: unknown) => this.#retry(error),
      );
    }, delayMs);
  }

  #retry(error: unknown): void {
    // Coming back tells it anyway.
    if (isLater(error) || this.#retries >= RETRIES_MAX) return;
    this.#retries += 1;
    this.#gather(Math.max(RETRY_MS, asRefusal(error).retryAfterMs ?? 0));
  }

  #send(): Promise<void> {
    return this.#sending.run(async () => {
      const peer = this.#downlink.peer();
      if (peer === undefined || this.#closed) return;
      const tiles = this.#audioOnly ? [] : admitted(this.#tiles ?? []);
      const missing = tiles.length === 0 ? 0 : slotsFor(tiles.length) - peer.videoSlotCount;
      if (missing > 0) {
        // Each takes the browser a millisecond or two: a few at a time, so that the page goes on.
        for (let left = missing; left > 0; left -= SLOTS_AT_ONCE) {
          peer.addSlots({ audio: 0, video: Math.min(SLOTS_AT_ONCE, left) });
          await new Promise((done) => setTimeout(done));
        }
        await this.#downlink.negotiate().catch((error: unknown) => {
          peer.dropUnanswered();
          throw error;
        });
      }
      const places = peer.videoSlots();
      this.#assignment = assign(tiles, places, this.#assignment, this.#frames, (track) => this.#downlink.need(track));
      this.#publish();
      const fields = { tiles: layoutOf(tiles, this.#assignment), audio_only: this.#audioOnly };
      const text = JSON.stringify(fields);
      if (text === this.#sent) return;
      await this.#downlink.layout(fields);
      this.#sent = text;
    });
  }

  #places(): readonly VideoSlot[] {
    return this.#downlink.peer()?.videoSlots() ?? [];
  }

  #publish(): void {
    const nowMs = performance.now();
    let waits = false;
    const slots = this.#places().map(({ mid, receiver }): Slot => {
      const frame = this.#frames.get(mid);
      const before = this.#shown.get(mid);
      const isSettled = frame?.state !== "live" || frame.participant === before?.participant;
      const newest = isSettled ? undefined : newestSource(receiver);
      const sinceMs = nowMs - (this.#since.get(mid) ?? nowMs);
      const next = shows(frame, this.#assignment.get(mid), before, newest, sinceMs);
      if (next.shown) this.#shown.set(mid, next.shown);
      waits ||= next.waits;
      return next.slot;
    });
    if (JSON.stringify(slots) !== JSON.stringify(this.#slots.get())) this.#slots.set(slots);
    clearTimeout(this.#looking);
    if (waits && !this.#closed) this.#looking = setTimeout(() => this.#publish(), LOOK_MS);
  }
}

/** Whose picture a slot showed last. */
function newestSource(receiver: RTCRtpReceiver): number | undefined {
  const sources = receiver.getContributingSources();
  return sources.reduce<RTCRtpContributingSource | undefined>(
    (newest, source) => (newest === undefined || source.timestamp > newest.timestamp ? source : newest),
    undefined,
  )?.source;
}
