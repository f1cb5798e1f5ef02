/** What is on screen: finds slots for tiles, asks for more slots, and tells the server, not too often. */

import { Cell, type Slice } from "../slice.js";
import type { Slot, Tile, TrackId } from "./api.js";
import type { SlotFrame } from "./frames.js";
import type { Peer } from "./peer.js";
import { Serial } from "./serial.js";
import { admitted, assign, layoutOf, slotsFor, type SlotNeed } from "./slots.js";

/** Changes within this time are told together. */
export const GATHER_MS = 100;

/** What it asks of the call. */
export interface Downlink {
  peer(): Peer | undefined;
  negotiate(): Promise<void>;
  /** Sends `call.layout`. */
  layout(fields: Readonly<Record<string, unknown>>): Promise<void>;
  need(track: TrackId): SlotNeed;
}

export class Pictures {
  readonly #downlink: Downlink;
  readonly #slots = new Cell<readonly Slot[]>([]);
  readonly #sending = new Serial();
  readonly #frames = new Map<string, SlotFrame>();
  #tiles: readonly Tile[] | undefined;
  #assignment = new Map<string, string>();
  #audioOnly: boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;
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
    this.#gather(isFirst ? 0 : GATHER_MS);
  }

  setAudioOnly(audioOnly: boolean): Promise<void> {
    this.#audioOnly = audioOnly;
    return this.#send();
  }

  streamOf(tile: string): MediaStream | undefined {
    const slot = this.#downlink
      .peer()
      ?.videoSlots()
      .find(({ mid }) => this.#assignment.get(mid) === tile);
    if (slot === undefined) return undefined;
    const state = this.#frames.get(slot.mid)?.state ?? "empty";
    return state === "empty" ? undefined : slot.stream;
  }

  /** The tile that a line of the offer shows. */
  tileOf(mid: string): string | undefined {
    return this.#assignment.get(mid);
  }

  /** The server says what is in slots: all of them after joining, else those that changed. */
  take(frames: readonly SlotFrame[], all = false): void {
    if (all) this.#frames.clear();
    for (const frame of frames) this.#frames.set(frame.mid, frame);
    this.#publish();
  }

  /** Another connection: its slots are other ones, and the server knows of no layout. */
  reset(): void {
    this.#frames.clear();
    this.#assignment.clear();
    this.#sent = "";
    if (this.#tiles !== undefined || this.#audioOnly) this.#gather(0);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #gather(delayMs: number): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      // What is refused is told again with the next change, or after coming back.
      void this.#send().catch(() => undefined);
    }, delayMs);
  }

  #send(): Promise<void> {
    return this.#sending.run(async () => {
      const peer = this.#downlink.peer();
      if (peer === undefined || this.#closed) return;
      const tiles = this.#audioOnly ? [] : admitted(this.#tiles ?? []);
      const missing = tiles.length === 0 ? 0 : slotsFor(tiles.length) - peer.videoSlotCount;
      if (missing > 0) {
        peer.addSlots({ audio: 0, video: missing });
        await this.#downlink.negotiate();
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

  #publish(): void {
    const places = this.#downlink.peer()?.videoSlots() ?? [];
    this.#slots.set(
      places.map(({ mid }): Slot => {
        const tile = this.#assignment.get(mid);
        const { track, participant, state = "empty", reason } = this.#frames.get(mid) ?? {};
        return {
          state,
          ...(tile !== undefined && { tile }),
          ...(track !== undefined && { track }),
          ...(participant !== undefined && { participant }),
          ...(reason && { reason }),
        };
      }),
    );
  }
}
