/** What this device publishes: opens devices, keeps them going, and gives them to whatever connection there is. */

import { Cell, type Slice } from "../slice.js";
import type { CallNotice, LocalMedia, Source } from "./api.js";
import { openCamera, openMicrophone, openScreen } from "./capture.js";
import { Meter } from "./level.js";
import type { Peer } from "./peer.js";
import { Serial } from "./serial.js";
import { cameraEncodings, type Encoding } from "./simulcast.js";

/** What it asks of the call. */
export interface Uplink {
  peer(): Peer | undefined;
  /** Offers what there is now. A refusal that only waits for a connection does not reject. */
  negotiate(): Promise<void>;
  /** Tells the server what is muted now. */
  reconcile(): Promise<void>;
  notice(notice: CallNotice): void;
}

/** Devices that were opened before the call. */
export interface Opened {
  readonly microphone?: MediaStreamTrack;
  readonly camera?: MediaStreamTrack;
}

const SCREEN_BITRATE_MAX_BPS = 4_000_000;
/** A screen is one encoding, the largest: text that is scaled down cannot be read. */
const SCREEN_ENCODING: readonly Encoding[] = [
  { scaleResolutionDownBy: 1, maxBitrate: SCREEN_BITRATE_MAX_BPS, active: true },
];

export class Local {
  readonly #uplink: Uplink;
  readonly #media = new Cell<LocalMedia>({ microphone: { state: "off" }, camera: { state: "off" }, screen: "off" });
  readonly #tracks = new Map<Source, MediaStreamTrack>();
  readonly #streams = new Map<Source, MediaStream>();
  readonly #turns = { microphone: new Serial(), camera: new Serial(), screen: new Serial() };
  #muted: boolean;
  #meter: Meter | undefined;
  #closed = false;

  constructor(uplink: Uplink, opened: Opened, muted: boolean) {
    this.#uplink = uplink;
    this.#muted = muted;
    if (opened.microphone) this.#keep("microphone", opened.microphone);
    if (opened.camera) this.#keep("camera", opened.camera);
  }

  get media(): Slice<LocalMedia> {
    return this.#media;
  }

  /** Puts all there is into a new connection. */
  async attach(peer: Peer): Promise<void> {
    for (const [source, track] of this.#tracks) await peer.publish(source, track, encodingsOf(source, track));
  }

  /** Whether nothing of this source is to be forwarded. */
  isMuted(source: Source): boolean {
    return source === "microphone" ? this.#muted || !this.#tracks.has(source) : !this.#tracks.has(source);
  }

  streamOf(source: "camera" | "screen"): MediaStream | undefined {
    return this.#streams.get(source);
  }

  level(): number {
    const microphone = this.#tracks.get("microphone");
    if (microphone === undefined) return 0;
    this.#meter ??= new Meter(microphone);
    return this.#meter.level();
  }

  setMicrophone(choice: boolean | string): Promise<void> {
    return this.#turns.microphone.run(async () => {
      if (choice === false) return this.#turnOff("microphone");
      const wasOff = !this.#tracks.has("microphone");
      const track = await openMicrophone(choice);
      // Whoever turns it on wants to be heard; another device stays as muted as the one before.
      if (wasOff) this.#muted = false;
      await this.#turnOn("microphone", track);
    });
  }

  setCamera(choice: boolean | string): Promise<void> {
    return this.#turns.camera.run(async () => {
      if (choice === false) return this.#turnOff("camera");
      // Some cameras open once only: the one in use is closed first.
      this.#drop("camera");
      try {
        await this.#turnOn("camera", await openCamera(choice));
      } catch (error) {
        await this.#turnOff("camera");
        throw error;
      }
    });
  }

  /** At once for oneself; the server is told too, so that the others see it. */
  setMuted(muted: boolean): Promise<void> {
    this.#muted = muted;
    this.#tell();
    return this.#uplink.reconcile();
  }

  shareScreen(): Promise<boolean> {
    return this.#turns.screen.run(async () => {
      const screen = await openScreen();
      if (screen === undefined) return false;
      await this.#stopScreen({ offer: false });
      this.#keep("screen", screen.video);
      if (screen.audio) this.#keep("screen_audio", screen.audio);
      try {
        await this.#publish(screen.audio ? ["screen", "screen_audio"] : ["screen"]);
      } catch (error) {
        await this.#stopScreen({ offer: false });
        throw error;
      }
      return !this.#closed;
    });
  }

  stopScreen(): Promise<void> {
    return this.#turns.screen.run(() => this.#stopScreen({ offer: true }));
  }

  /** Ends all tracks. */
  close(): void {
    this.#closed = true;
    for (const source of [...this.#tracks.keys()]) this.#drop(source);
  }

  async #turnOn(source: "microphone" | "camera", track: MediaStreamTrack): Promise<void> {
    this.#drop(source);
    this.#keep(source, track);
    try {
      await this.#publish([source]);
    } catch (error) {
      this.#drop(source);
      throw error;
    }
  }

  async #turnOff(source: "microphone" | "camera"): Promise<void> {
    this.#drop(source);
    await this.#uplink.peer()?.replace(source, null);
    await this.#uplink.reconcile();
  }

  async #publish(sources: readonly Source[]): Promise<void> {
    const peer = this.#uplink.peer();
    if (peer === undefined || this.#closed) return;
    let needsOffer = false;
    for (const source of sources) {
      const track = this.#tracks.get(source);
      if (track && (await peer.publish(source, track, encodingsOf(source, track)))) needsOffer = true;
    }
    try {
      if (needsOffer) await this.#uplink.negotiate();
    } catch (error) {
      for (const source of sources) peer.forget(source);
      throw error;
    }
    await this.#uplink.reconcile();
  }

  async #stopScreen({ offer }: { readonly offer: boolean }): Promise<void> {
    const peer = this.#uplink.peer();
    let ended = false;
    for (const source of ["screen", "screen_audio"] as const) {
      this.#drop(source);
      ended = peer?.unpublish(source) === true || ended;
    }
    if (ended && offer) await this.#uplink.negotiate();
  }

  #keep(source: Source, track: MediaStreamTrack): void {
    if (this.#closed) {
      track.stop();
      return;
    }
    this.#tracks.set(source, track);
    if (track.kind === "video") this.#streams.set(source, new MediaStream([track]));
    track.onended = () => void this.#ended(source, track);
    this.#tell();
    // It may have ended before anybody listened.
    if (track.readyState === "ended") queueMicrotask(() => void this.#ended(source, track));
  }

  #drop(source: Source): void {
    const track = this.#tracks.get(source);
    if (track === undefined) return;
    track.onended = null;
    track.stop();
    this.#tracks.delete(source);
    this.#streams.delete(source);
    if (source === "microphone") {
      this.#meter?.close();
      this.#meter = undefined;
    }
    this.#tell();
  }

  /** The device went away by itself, or the person ended the share in the browser's own bar. */
  async #ended(source: Source, track: MediaStreamTrack): Promise<void> {
    if (this.#tracks.get(source) !== track) return;
    switch (source) {
      case "screen_audio":
        return;
      case "screen":
        this.#uplink.notice({ kind: "screen_ended" });
        return this.stopScreen().catch(() => undefined);
      case "microphone":
      case "camera":
        return this.#fallBack(source);
    }
  }

  async #fallBack(device: "microphone" | "camera"): Promise<void> {
    try {
      await (device === "microphone" ? this.setMicrophone(true) : this.setCamera(true));
      const replacement = this.#tracks.get(device)?.label;
      this.#uplink.notice({ kind: "device_lost", device, ...(replacement !== undefined && { replacement }) });
    } catch {
      await (device === "microphone" ? this.setMicrophone(false) : this.setCamera(false)).catch(() => undefined);
      this.#uplink.notice({ kind: "device_lost", device });
    }
  }

  #tell(): void {
    const microphone = this.#tracks.get("microphone");
    if (microphone) microphone.enabled = !this.#muted;
    const camera = this.#tracks.get("camera");
    this.#media.set({
      microphone: microphone ? { state: this.#muted ? "muted" : "on", ...deviceOf(microphone) } : { state: "off" },
      camera: camera ? { state: "on", ...deviceOf(camera) } : { state: "off" },
      screen: this.#tracks.has("screen") ? "on" : "off",
    });
  }
}

function deviceOf(track: MediaStreamTrack): { device?: string } {
  const { deviceId } = track.getSettings();
  return deviceId === undefined ? {} : { device: deviceId };
}

function encodingsOf(source: Source, track: MediaStreamTrack): readonly Encoding[] {
  if (source === "screen") return SCREEN_ENCODING;
  if (source !== "camera") return [];
  const { width = 1280, height = 720 } = track.getSettings();
  return cameraEncodings(width, height);
}
