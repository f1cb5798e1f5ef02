/** Calls of an account on this page. What a call needs is loaded with the first of them. */

import type { RoomCall } from "../model.js";
import type { RoomId } from "../protocol/values.js";
import { Cell, type Slice } from "../slice.js";
import type { Call, Calls, Interrupted, JoinOptions, MediaChoice, Preview } from "./api.js";
import type { LiveCall } from "./call.js";
import { support } from "./capture.js";
import { DeviceList } from "./devices.js";
import { recall, remember, type TabStorage } from "./interrupted.js";
import type { Opened } from "./local.js";
import { Serial } from "./serial.js";
import type { CallSignalling } from "./signalling.js";

export interface CallsOptions {
  /** Which rooms have a call, as the connection knows. */
  readonly running: Slice<ReadonlyMap<RoomId, RoomCall>>;
  /** Pages that share an account share this name: a device is in one call at a time. */
  readonly account: string;
}

/** {@link Calls} that can be closed. */
export interface OpenCalls extends Calls {
  /** Leaves the call and ends subscriptions. */
  close(): Promise<void>;
}

/**
 * Opens the calls of an account. Works in any runtime; where there is no WebRTC, `support` says so and joining rejects.
 *
 * ```ts
 * const calls = openCalls(signalling, { running, account: "greenroom" });
 * const call = await calls.join(room, { microphone: true, camera: true });
 * call.show([{ tile: "main", show: "speaker", widthPx: 1280, heightPx: 720, priority: 100, pinned: false }]);
 * video.srcObject = call.streamOf("main") ?? null; // again whenever `call.slots` changes
 * ```
 */
export function openCalls(signalling: CallSignalling, options: CallsOptions): OpenCalls {
  return new PageCalls(signalling, options);
}

class PageCalls implements OpenCalls {
  readonly support = support();
  readonly running: Slice<ReadonlyMap<RoomId, RoomCall>>;
  readonly current = new Cell<LiveCall | undefined>(undefined);
  readonly interrupted = new Cell<Interrupted | undefined>(undefined);
  readonly #signalling: CallSignalling;
  readonly #storage: TabStorage | undefined = tabStorage();
  readonly #devices = new DeviceList();
  readonly #forget: (() => void)[] = [];
  readonly #others: BroadcastChannel | undefined;
  readonly #joining = new Serial();
  #isClosed = false;

  constructor(signalling: CallSignalling, options: CallsOptions) {
    this.#signalling = signalling;
    this.running = options.running;
    if (typeof window === "undefined") return;
    this.#recall();
    addEventListener("pagehide", this.#onHide);
    this.#forget.push(() => removeEventListener("pagehide", this.#onHide));
    if (typeof BroadcastChannel === "undefined") return;
    this.#others = new BroadcastChannel(`${options.account}.calls`);
    this.#others.onmessage = ({ data }) => this.#onOther(data);
  }

  get devices() {
    return this.#devices.devices;
  }

  async preview(options: MediaChoice): Promise<Preview> {
    const { openDevices, OpenPreview } = await import("./preview.js");
    const opened = await openDevices(options);
    const preview = await this.#orClosed(opened, () => new OpenPreview(opened));
    // Devices without their labels can be tested too.
    await this.#devices.refresh().catch(() => undefined);
    return preview;
  }

  async join(room: RoomId, options: JoinOptions): Promise<Call> {
    const { openDevices, OpenPreview } = await import("./preview.js");
    const wanted = { ...options, ...(options.audioOnly === true && { camera: false }) };
    const given = options.preview instanceof OpenPreview ? options.preview.give() : {};
    const opened = await openDevices(wanted, given);
    // One after another: leaving the one must not come after joining the other.
    return this.#joining.run(() => this.#orClosed(opened, () => this.#join(room, options, opened)));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.current.get()?.leave();
    this.#others?.close();
    this.#devices.close();
    for (const forget of this.#forget.splice(0)) forget();
  }

  /** Work that takes devices over: they do not stay open when it fails, or comes too late. */
  async #orClosed<T>({ microphone, camera }: Opened, work: () => T | Promise<T>): Promise<T> {
    try {
      if (this.#isClosed) throw closedMeanwhile();
      return await work();
    } catch (error) {
      microphone?.stop();
      camera?.stop();
      throw error;
    }
  }

  async #join(room: RoomId, options: JoinOptions, opened: Opened): Promise<Call> {
    const { LiveCall } = await import("./call.js");
    await this.current.get()?.leave();
    let call: LiveCall | undefined = undefined;
    const setup = {
      room,
      opened,
      signalling: this.#signalling,
      devices: this.#devices.devices,
      speaker: options.speaker ?? "",
      audioOnly: options.audioOnly ?? false,
      muted: options.muted ?? false,
      onEnd: () => {
        if (call !== undefined && this.current.get() === call) this.current.set(undefined);
      },
    };
    call = await LiveCall.join(setup);
    if (this.#isClosed) {
      await call.leave();
      throw closedMeanwhile();
    }
    this.#others?.postMessage(room);
    this.interrupted.set(undefined);
    if (call.phase.get().phase !== "ended") this.current.set(call);
    void this.#devices.refresh().catch(() => undefined);
    return call;
  }

  /** Another page of this device has joined a call: there is one at a time. */
  #onOther(room: unknown): void {
    const call = this.current.get();
    // In the same room the server has moved the device there already.
    if (call?.room === room) call?.takenOver();
    else void call?.leave();
  }

  #recall(): void {
    const found = recall(this.#storage, Date.now());
    if (found === undefined) return;
    this.interrupted.set(found.interrupted);
    const timer = setTimeout(() => this.interrupted.set(undefined), found.leftMs);
    this.#forget.push(() => clearTimeout(timer));
  }

  readonly #onHide = (): void => {
    const call = this.current.get();
    if (call === undefined) return;
    const { microphone, camera } = call.local.get();
    const state = {
      microphone: microphone.state !== "off",
      muted: microphone.state === "muted",
      camera: camera.state === "on",
    };
    remember(this.#storage, { room: call.room, ...state }, Date.now());
  };
}

const closedMeanwhile = (): DOMException => new DOMException("the client was closed meanwhile", "AbortError");

/** Some browsers throw at the mere mention when storage is blocked. */
function tabStorage(): TabStorage | undefined {
  try {
    return globalThis.sessionStorage;
  } catch {
    return undefined;
  }
}
