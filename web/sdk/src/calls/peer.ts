/** The connection that media takes: publications, slots, and the making of offers. Knows no signalling. */

import type { DemandInfo } from "../protocol/call-frames.js";
import type { Source } from "./api.js";
import { cameraCodecs, slotCodecs, soundCodecs } from "./codecs.js";
import { outgoingOffer, type Sound } from "./sdp.js";
import { activeEncodings, type Encoding } from "./simulcast.js";
import type { SlotPlace } from "./slots.js";

/** Slots for sound: shared sound and the loudest speakers. */
export const AUDIO_SLOTS = 4;
/** So many video slots take every codec. */
const WIDE_SLOTS = 9;

export interface OfferedTrack {
  readonly mid: string;
  readonly source: Source;
}

export interface VideoSlot extends SlotPlace {
  readonly stream: MediaStream;
  readonly receiver: RTCRtpReceiver;
}

interface Publication {
  readonly transceiver: RTCRtpTransceiver;
  readonly layers: number;
}

export interface PeerEvents {
  media(state: "connected" | "disconnected" | "failed"): void;
  /** A slot for sound is there. */
  sound(track: MediaStreamTrack): void;
}

export class Peer {
  readonly #connection = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  readonly #events: PeerEvents;
  readonly #publications = new Map<Source, Publication>();
  readonly #video: { transceiver: RTCRtpTransceiver; stream: MediaStream; wide: boolean }[] = [];

  constructor(events: PeerEvents) {
    this.#events = events;
    this.#connection.addEventListener("connectionstatechange", this.#onState);
  }

  /** Lines for slots: they are in the next offer. */
  addSlots(counts: { readonly audio: number; readonly video: number }): void {
    for (let made = 0; made < counts.audio; made += 1) {
      const transceiver = this.#connection.addTransceiver("audio", { direction: "recvonly" });
      prefer(transceiver, soundCodecs(capabilities("receiver", "audio")));
      this.#events.sound(transceiver.receiver.track);
    }
    for (let made = 0; made < counts.video; made += 1) {
      const wide = this.#video.length < WIDE_SLOTS;
      const transceiver = this.#connection.addTransceiver("video", { direction: "recvonly" });
      prefer(transceiver, slotCodecs(capabilities("receiver", "video"), wide ? "wide" : "narrow"));
      this.#video.push({ transceiver, stream: new MediaStream([transceiver.receiver.track]), wide });
    }
  }

  /** Takes back the slots of an offer that was refused. */
  dropUnanswered(): void {
    const answered = this.#video.filter(({ transceiver }) => transceiver.mid !== null);
    for (const { transceiver } of this.#video) if (transceiver.mid === null) transceiver.stop();
    this.#video.splice(0, this.#video.length, ...answered);
  }

  get videoSlotCount(): number {
    return this.#video.length;
  }

  /** Slots that were offered. */
  videoSlots(): VideoSlot[] {
    return this.#video.flatMap(({ transceiver, stream, wide }) =>
      transceiver.mid === null ? [] : { mid: transceiver.mid, stream, wide, receiver: transceiver.receiver },
    );
  }

  /**
   * Sends a track. Resolves to whether that takes an offer: not when a line for it is there already. Another number of
   * `encodings` than the line has takes another line.
   */
  async publish(source: Source, track: MediaStreamTrack, encodings: readonly Encoding[] = []): Promise<boolean> {
    const known = this.#publications.get(source);
    if (known?.layers === encodings.length) {
      await known.transceiver.sender.replaceTrack(track);
      if (known.transceiver.direction === "sendonly") return false;
      known.transceiver.direction = "sendonly";
      // To the server it is another publication, of which it expects everything: what nobody watched of the last one is
      // paused still.
      await activate(known.transceiver.sender, () => true);
      return true;
    }
    if (known) end(known);
    const sendEncodings = encodings.map((encoding) => ({ ...encoding }));
    const transceiver = this.#connection.addTransceiver(track, {
      direction: "sendonly",
      ...(sendEncodings.length > 0 && { sendEncodings }),
    });
    const kind = track.kind === "audio" ? "audio" : "video";
    const all = capabilities("sender", kind);
    prefer(transceiver, kind === "audio" ? soundCodecs(all) : cameraCodecs(all));
    nameStreams(transceiver);
    this.#publications.set(source, { transceiver, layers: encodings.length });
    return true;
  }

  /** Sends nothing in the line, or another track; the line stays. */
  async replace(source: Source, track: MediaStreamTrack | null): Promise<void> {
    await this.#publications.get(source)?.transceiver.sender.replaceTrack(track);
  }

  /** Ends a publication with the next offer. Whether there was one. */
  unpublish(source: Source): boolean {
    const known = this.#publications.get(source);
    if (known?.transceiver.direction !== "sendonly") return false;
    known.transceiver.direction = "inactive";
    void known.transceiver.sender.replaceTrack(null).catch(() => undefined);
    return true;
  }

  /** Forgets a line that no offer has brought to the server. */
  forget(source: Source): void {
    const known = this.#publications.get(source);
    if (known === undefined) return;
    this.#publications.delete(source);
    end(known);
  }

  /** An offer of all there is, shortened for the way. */
  async offer(restart: boolean): Promise<{ readonly sdp: string; readonly tracks: readonly OfferedTrack[] }> {
    await this.#connection.setLocalDescription(await this.#connection.createOffer({ iceRestart: restart }));
    const tracks = [...this.#publications].flatMap(([source, { transceiver }]) =>
      transceiver.mid !== null && transceiver.direction === "sendonly" ? { mid: transceiver.mid, source } : [],
    );
    const sounds = new Map<string, Sound>();
    for (const { mid, source } of tracks) {
      if (source === "microphone") sounds.set(mid, "voice");
      if (source === "screen_audio") sounds.set(mid, "music");
    }
    return { sdp: outgoingOffer(this.#connection.localDescription?.sdp ?? "", sounds), tracks };
  }

  async answer(sdp: string): Promise<void> {
    await this.#connection.setRemoteDescription({ type: "answer", sdp });
  }

  /** Takes an offer back that was refused. */
  async rollback(): Promise<void> {
    if (this.#connection.signalingState !== "have-local-offer") return;
    await this.#connection.setLocalDescription({ type: "rollback" });
  }

  /** Pauses the encodings that nobody watches. */
  async demand(demand: DemandInfo): Promise<void> {
    const found = [...this.#publications.values()].find(({ transceiver }) => transceiver.mid === demand.mid);
    if (found === undefined) return;
    const { sender } = found.transceiver;
    const active = activeEncodings(sender.getParameters().encodings, demand);
    await activate(sender, (place) => active[place] ?? true);
  }

  stats(): Promise<RTCStatsReport> {
    return this.#connection.getStats();
  }

  close(): void {
    this.#connection.removeEventListener("connectionstatechange", this.#onState);
    this.#connection.close();
  }

  readonly #onState = (): void => {
    const state = this.#connection.connectionState;
    if (state === "connected" || state === "disconnected" || state === "failed") this.#events.media(state);
  };
}

/** A stopped line's place in the offer is taken by the next that is added. */
function end({ transceiver }: Publication): void {
  transceiver.stop();
}

async function activate(sender: RTCRtpSender, wanted: (place: number) => boolean): Promise<void> {
  const parameters = sender.getParameters();
  if (parameters.encodings.every(({ active }, place) => active === wanted(place))) return;
  for (const [place, encoding] of parameters.encodings.entries()) encoding.active = wanted(place);
  await sender.setParameters(parameters);
}

/** Codecs of this browser: `RTCRtpReceiver.getCapabilities` is missing in some. */
function capabilities(side: "sender" | "receiver", kind: "audio" | "video"): RTCRtpCodec[] {
  const found = side === "sender" ? RTCRtpSender.getCapabilities(kind) : RTCRtpReceiver.getCapabilities(kind);
  return found?.codecs ?? [];
}

/** What simulcast takes (RFC 8852, 8843). */
const NAMING = /^urn:ietf:params:rtp-hdrext:sdes:(mid|rtp-stream-id|repaired-rtp-stream-id)$/;

/**
 * Chromium offers in a new line only the header extensions that the first one of its kind has agreed on, which may be a
 * slot: there the server names no streams. Where this cannot be said, all are offered.
 */
function nameStreams(transceiver: RTCRtpTransceiver): void {
  const extensible = transceiver as RTCRtpTransceiver & {
    getHeaderExtensionsToNegotiate?(): { uri: string; direction: RTCRtpTransceiverDirection }[];
    setHeaderExtensionsToNegotiate?(
      extensions: readonly { uri: string; direction: RTCRtpTransceiverDirection }[],
    ): void;
  };
  const offered = extensible.getHeaderExtensionsToNegotiate?.();
  if (offered === undefined) return;
  for (const extension of offered) if (NAMING.test(extension.uri)) extension.direction = "sendrecv";
  extensible.setHeaderExtensionsToNegotiate?.(offered);
}

/** Nothing chosen leaves the browser's own order; a browser that refuses the choice keeps it too. */
function prefer(transceiver: RTCRtpTransceiver, codecs: readonly RTCRtpCodec[]): void {
  if (codecs.length === 0) return;
  try {
    transceiver.setCodecPreferences([...codecs]);
  } catch (refused) {
    if (!(refused instanceof DOMException)) throw refused;
  }
}
