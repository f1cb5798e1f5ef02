/** Devices opened for a test before joining. */

import type { MediaChoice, Preview } from "./api.js";
import { openCamera, openMicrophone } from "./capture.js";
import type { Opened } from "./local.js";
import { Meter } from "./level.js";

/**
 * Opens what is chosen and not among `given`, and closes what is given and not chosen. Rejects with a `DeviceProblem`;
 * nothing stays open then.
 */
export async function openDevices({ microphone, camera }: MediaChoice, given: Opened = {}): Promise<Opened> {
  if (microphone === false) given.microphone?.stop();
  if (camera === false) given.camera?.stop();
  const opened = await Promise.allSettled([
    microphone === false ? undefined : (given.microphone ?? openMicrophone(microphone)),
    camera === false ? undefined : (given.camera ?? openCamera(camera)),
  ]);
  const [sound, picture] = opened.map((one) => (one.status === "fulfilled" ? one.value : undefined));
  const failed = opened.find((one) => one.status === "rejected");
  if (failed) {
    sound?.stop();
    picture?.stop();
    throw failed.reason;
  }
  return { ...(sound && { microphone: sound }), ...(picture && { camera: picture }) };
}

export class OpenPreview implements Preview {
  readonly stream: MediaStream;
  readonly #opened: Opened;
  #meter: Meter | undefined;
  #isGiven = false;

  constructor(opened: Opened) {
    this.#opened = opened;
    this.stream = new MediaStream([opened.microphone, opened.camera].filter((track) => track !== undefined));
    this.#meter = opened.microphone && new Meter(opened.microphone);
  }

  level(): number {
    return this.#meter?.level() ?? 0;
  }

  /** Hands the devices on, once. */
  give(): Opened {
    if (this.#isGiven) return {};
    this.#isGiven = true;
    this.stop();
    return this.#opened;
  }

  stop(): void {
    this.#meter?.close();
    this.#meter = undefined;
    if (this.#isGiven) return;
    for (const track of this.stream.getTracks()) track.stop();
  }
}
