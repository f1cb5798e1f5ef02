/** Plays what comes in the slots for sound. */

import { Cell, type Slice } from "../slice.js";

export class Sound {
  readonly #elements: HTMLAudioElement[] = [];
  readonly #blocked = new Cell(false);
  #device = "";

  /** The browser wants a click first. */
  get blocked(): Slice<boolean> {
    return this.#blocked;
  }

  play(track: MediaStreamTrack): void {
    const element = new Audio();
    element.srcObject = new MediaStream([track]);
    this.#elements.push(element);
    if (this.#device !== "") void setSink(element, this.#device).catch(() => undefined);
    void this.#start(element);
  }

  /** Tries again, from a click. */
  async allow(): Promise<void> {
    this.#blocked.set(false);
    await Promise.all(this.#elements.map((element) => this.#start(element)));
  }

  /** Rejects when there is no such device; the sound then goes on where it was. */
  async setDevice(device: string): Promise<void> {
    await Promise.all(this.#elements.map((element) => setSink(element, device)));
    this.#device = device;
  }

  get device(): string {
    return this.#device;
  }

  /** Ends what plays; slots of a new connection may follow. */
  stop(): void {
    for (const element of this.#elements.splice(0)) {
      element.pause();
      element.srcObject = null;
    }
    this.#blocked.set(false);
  }

  async #start(element: HTMLAudioElement): Promise<void> {
    try {
      await element.play();
    } catch (error) {
      // Any other error is of an element that was stopped meanwhile.
      if (error instanceof DOMException && error.name === "NotAllowedError") this.#blocked.set(true);
    }
  }
}

/** Where browsers cannot choose, the system does. */
async function setSink(element: HTMLAudioElement, device: string): Promise<void> {
  if ("setSinkId" in element) await element.setSinkId(device);
}
