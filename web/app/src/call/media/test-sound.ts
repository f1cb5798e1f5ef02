/** A short chime on a chosen speaker, to hear that it is the right one. */

const NOTES_HZ = [523.25, 659.25, 783.99] as const;
const NOTE_S = 0.22;
const LOUDNESS = 0.25;

/** Plays it; resolves when it is over. */
export async function playTestSound(speaker: string | undefined): Promise<void> {
  const context = new AudioContext();
  const out = context.createMediaStreamDestination();
  const player = new Audio();
  player.srcObject = out.stream;
  try {
    // Through an element: it is what every browser with a choice of speakers lets one choose for.
    if (speaker !== undefined && "setSinkId" in player) await player.setSinkId(speaker);
    await player.play();
    const start = context.currentTime + 0.05;
    NOTES_HZ.forEach((frequency, index) => note(context, out, frequency, start + index * NOTE_S));
    await new Promise((done) => setTimeout(done, (NOTES_HZ.length + 1) * NOTE_S * 1000));
  } finally {
    player.pause();
    player.srcObject = null;
    await context.close();
  }
}

function note(context: AudioContext, out: AudioNode, frequency: number, startS: number): void {
  const tone = new OscillatorNode(context, { type: "sine", frequency });
  const volume = new GainNode(context, { gain: 0 });
  volume.gain.setValueAtTime(0, startS);
  volume.gain.linearRampToValueAtTime(LOUDNESS, startS + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.001, startS + NOTE_S * 1.6);
  tone.connect(volume).connect(out);
  tone.start(startS);
  tone.stop(startS + NOTE_S * 2);
}
