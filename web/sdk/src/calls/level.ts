/** How loud a track is. */

/** 0 (silence) to 1: samples from -1 to 1, on a scale on which speech moves. Pure. */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const rms = Math.sqrt(sum / Math.max(1, samples.length));
  // -60 dBFS is silence, -10 dBFS is loud.
  const decibels = 20 * Math.log10(Math.max(rms, 1e-6));
  return Math.min(1, Math.max(0, (decibels + 60) / 50));
}

/** Listens to a copy of a track, so that it measures even while the track is muted. */
export class Meter {
  readonly #context = new AudioContext();
  readonly #analyser: AnalyserNode;
  readonly #copy: MediaStreamTrack;
  readonly #samples: Float32Array<ArrayBuffer>;

  constructor(track: MediaStreamTrack) {
    this.#copy = track.clone();
    this.#copy.enabled = true;
    this.#analyser = new AnalyserNode(this.#context, { fftSize: 1024 });
    this.#samples = new Float32Array(this.#analyser.fftSize);
    this.#context.createMediaStreamSource(new MediaStream([this.#copy])).connect(this.#analyser);
    // Without a click before it the context waits; the level is 0 until then.
    void this.#context.resume().catch(() => undefined);
  }

  level(): number {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    return loudness(this.#samples);
  }

  close(): void {
    this.#copy.stop();
    void this.#context.close().catch(() => undefined);
  }
}
