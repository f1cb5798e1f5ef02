/** Seconds from the start, and pitch. */
const NOTES = [
  [0, 659.3],
  [0.09, 880],
] as const;
const LENGTH_S = 0.4;
/** Soft: of a full 1. */
const LOUDNESS = 0.06;

/** A soft tone of two notes, made on the spot. Silent where the browser wants a press first. */
export function playTone(): void {
  const context = new AudioContext();
  if (context.state === "suspended") return void context.close();
  for (const [at, hertz] of NOTES) {
    const start = context.currentTime + at;
    const loudness = context.createGain();
    loudness.gain.setValueAtTime(0, start);
    loudness.gain.linearRampToValueAtTime(LOUDNESS, start + 0.01);
    loudness.gain.exponentialRampToValueAtTime(0.0001, start + LENGTH_S);
    const note = context.createOscillator();
    note.frequency.value = hertz;
    note.connect(loudness).connect(context.destination);
    note.start(start);
    note.stop(start + LENGTH_S);
  }
  setTimeout(() => void context.close(), 2_000 * LENGTH_S);
}
