/** Cameras, microphones and speakers of this machine, kept up to date. */

import { Cell, type Slice } from "../slice.js";
import type { Devices } from "./api.js";

const NONE: Devices = { microphones: [], cameras: [], speakers: [] };

export class DeviceList {
  readonly #devices = new Cell<Devices>(NONE);
  readonly #media: MediaDevices | undefined;

  constructor() {
    this.#media = typeof navigator === "undefined" ? undefined : navigator.mediaDevices;
    this.#media?.addEventListener("devicechange", this.#onChange);
    this.#onChange();
  }

  get devices(): Slice<Devices> {
    return this.#devices;
  }

  /** Reads them again: after a permission was given they have labels. */
  async refresh(): Promise<void> {
    // Undefined on insecure pages, whatever the types say.
    const all = (await this.#media?.enumerateDevices()) ?? [];
    const of = (kind: MediaDeviceKind): MediaDeviceInfo[] => all.filter((device) => device.kind === kind);
    this.#devices.set({ microphones: of("audioinput"), cameras: of("videoinput"), speakers: of("audiooutput") });
  }

  close(): void {
    this.#media?.removeEventListener("devicechange", this.#onChange);
  }

  readonly #onChange = (): void => {
    void this.refresh().catch(() => undefined);
  };
}
