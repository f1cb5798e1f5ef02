/** One call: what the server tells of it, and what is done in it. */

import type { DemandInfo, JoinedFrame, ParticipantInfo, ServerCallFrame, TrackInfo } from "../protocol/call-frames.js";
import type { RoomId } from "../protocol/values.js";
import { Cell, type Slice } from "../slice.js";
import type {
  Call,
  CallNotice,
  CallPhase,
  CallStatistics,
  Devices,
  Participant,
  ParticipantId,
  Tile,
  TrackId,
} from "./api.js";
import { slotNeed } from "./codecs.js";
import { Local, type Opened } from "./local.js";
import { Pictures, type LayoutFields } from "./pictures.js";
import { isLater } from "./refusals.js";
import * as people from "./roster.js";
import { Serial } from "./serial.js";
import { Session } from "./session.js";
import type { CallSignalling } from "./signalling.js";
import { VIDEO_SLOTS_STEPS } from "./slots.js";
import { Sound } from "./sound.js";
import { figures, type Counters, type Entry } from "./statistics.js";

export interface CallSetup {
  readonly room: RoomId;
  readonly signalling: CallSignalling;
  readonly opened: Opened;
  readonly devices: Slice<Devices>;
  readonly speaker: string;
  readonly audioOnly: boolean;
  readonly muted: boolean;
  /** It is over, for whatever reason. */
  readonly onEnd: () => void;
}

export class LiveCall implements Call {
  readonly room: RoomId;
  readonly phase = new Cell<CallPhase>({ phase: "joining" });
  readonly participants = new Cell<readonly Participant[]>([]);
  readonly speakers = new Cell<readonly ParticipantId[]>([]);
  readonly audioOnly: Cell<boolean>;
  readonly mutedBy = new Cell<ParticipantId | undefined>(undefined);
  readonly notice = new Cell<CallNotice | undefined>(undefined);
  readonly #session: Session;
  readonly #local: Local;
  readonly #pictures: Pictures;
  readonly #sound = new Sound();
  readonly #reconciling = new Serial();
  readonly #demands = new Serial();
  readonly #onEnd: () => void;
  readonly #forget: () => void;
  #roster = people.EMPTY_ROSTER;
  #hand = false;
  #counters: Counters | undefined;

  /** Joins. Rejects with the server's refusal; the devices are closed then. */
  static async join(setup: CallSetup): Promise<LiveCall> {
    const call = new LiveCall(setup);
    try {
      // A speaker that was chosen once and is gone now is no reason not to join.
      if (setup.speaker !== "") await call.#sound.setDevice(setup.speaker).catch(() => undefined);
      await call.#session.join();
    } catch (error) {
      call.#close();
      throw error;
    }
    return call;
  }

  private constructor(setup: CallSetup) {
    this.room = setup.room;
    this.#onEnd = setup.onEnd;
    this.audioOnly = new Cell(setup.audioOnly);
    this.#forget = setup.devices.subscribe(() => void this.#findSpeaker(setup.devices.get()));
    this.#session = this.#sessionOf(setup);
    const link = { peer: () => this.#session.peer, negotiate: () => this.#session.negotiate() };
    this.#local = new Local(
      { ...link, reconcile: () => this.#reconcile(), notice: (notice) => this.notice.set(notice) },
      setup.opened,
      setup.muted,
    );
    const layout = async (fields: LayoutFields): Promise<void> => {
      await this.#session.request({ t: "call.layout", room: this.room, ...fields });
    };
    this.#pictures = new Pictures({ ...link, layout, need: (track) => this.#need(track) }, setup.audioOnly);
  }

  get call() {
    return this.#joined.call;
  }

  get self() {
    return this.#joined.participant;
  }

  get local() {
    return this.#local.media;
  }

  get slots() {
    return this.#pictures.slots;
  }

  get soundBlocked() {
    return this.#sound.blocked;
  }

  setMicrophone(choice: boolean | string): Promise<void> {
    return this.#local.setMicrophone(choice);
  }

  async setCamera(choice: boolean | string): Promise<void> {
    if (choice !== false && this.audioOnly.get()) await this.setAudioOnly(false);
    await this.#local.setCamera(choice);
  }

  setSpeaker(device: string): Promise<void> {
    return this.#sound.setDevice(device);
  }

  setMuted(muted: boolean): Promise<void> {
    if (!muted) this.mutedBy.set(undefined);
    return this.#local.setMuted(muted);
  }

  shareScreen(): Promise<boolean> {
    return this.#local.shareScreen();
  }

  stopScreen(): Promise<void> {
    return this.#local.stopScreen();
  }

  allowSound(): Promise<void> {
    return this.#sound.allow();
  }

  level(): number {
    return this.#local.level();
  }

  setHand(raised: boolean): Promise<void> {
    this.#hand = raised;
    return this.#reconcile();
  }

  async setAudioOnly(audioOnly: boolean): Promise<void> {
    this.audioOnly.set(audioOnly);
    if (audioOnly) await Promise.all([this.#local.setCamera(false), this.#local.stopScreen()]);
    await this.#pictures.setAudioOnly(audioOnly).catch(ignoreLater);
  }

  show(tiles: readonly Tile[]): void {
    this.#pictures.show(tiles);
  }

  streamOf(tile: string): MediaStream | undefined {
    return this.#pictures.streamOf(tile);
  }

  localStream(source: "camera" | "screen"): MediaStream | undefined {
    return this.#local.streamOf(source);
  }

  async muteOther(track: TrackId): Promise<void> {
    await this.#session.request({ t: "call.mute", room: this.room, track, muted: true });
  }

  async remove(participant: ParticipantId): Promise<void> {
    await this.#session.request({ t: "call.remove", room: this.room, participant });
  }

  async endForAll(): Promise<void> {
    await this.#session.request({ t: "call.end", room: this.room });
  }

  async leave(): Promise<void> {
    if (this.#session.isOver) return;
    const told = this.#session.request({ t: "call.leave", room: this.room });
    // Devices close at once; without a connection the server finds out by itself.
    this.#session.end("left");
    await told.catch(() => undefined);
  }

  /** Another page of this device took the call over. */
  takenOver(): void {
    this.#session.end("replaced");
  }

  async statistics(): Promise<CallStatistics> {
    const entries: Entry[] = [];
    const report = await this.#session.peer?.stats();
    report?.forEach((entry: Entry) => entries.push(entry));
    const found = figures(entries, this.#counters, performance.now(), (mid) => this.#pictures.tileOf(mid));
    this.#counters = found.counters;
    return found.statistics;
  }

  get #joined(): JoinedFrame {
    const { joined } = this.#session;
    // The constructor is private: whoever has the call got it after it was joined.
    if (joined === undefined) throw new TypeError("the call is not joined yet");
    return joined;
  }

  #sessionOf({ room, signalling }: CallSetup): Session {
    return new Session(room, signalling, {
      attach: (peer) => this.#local.attach(peer),
      isMuted: ({ source }) => this.#local.isMuted(source),
      videoSlots: () => (this.audioOnly.get() ? 0 : VIDEO_SLOTS_STEPS[0]),
      sound: (track) => this.#sound.play(track),
      replaced: () => {
        this.#sound.stop();
        this.#counters = undefined;
      },
      joined: (joined, how) => this.#onJoined(joined, how),
      published: (tracks) => this.#onPublished(tracks),
      frame: (frame) => this.#onFrame(frame),
      phase: (phase) => {
        if (JSON.stringify(phase) !== JSON.stringify(this.phase.get())) this.phase.set(phase);
      },
      ended: () => {
        this.#close();
        this.#onEnd();
      },
    });
  }

  #onJoined(joined: JoinedFrame, how: "anew" | "resumed"): void {
    const before = this.#roster;
    this.#people(people.fresh(before, joined.participants));
    if (how === "anew") {
      this.#pictures.reset();
    } else {
      this.#pictures.resend();
      // That a moderator muted one meanwhile is not said again.
      const { participant } = joined;
      if (people.wasMuted(before, this.#roster, participant)) void this.#local.setMuted(true).catch(() => undefined);
    }
    this.#pictures.take(joined.slots, true);
    void this.#reconcile().catch(() => undefined);
  }

  #onPublished(tracks: readonly TrackInfo[]): void {
    const own = this.#roster.entries.get(this.self);
    if (own) this.#people(people.changed(this.#roster, [{ ...own, tracks }], []));
    // There may be slots now that a layout waited for.
    this.#pictures.resend();
  }

  #onFrame(frame: ServerCallFrame): void {
    switch (frame.t) {
      case "call.slots":
        return this.#pictures.take(frame.slots);
      case "call.speakers":
        return this.speakers.set(frame.speakers);
      case "call.quality":
        return this.#people(people.judged(this.#roster, frame.qualities));
      case "call.changed": {
        const { joined = [], updated = [], left = [] } = frame;
        const gone = left.map(({ participant }) => participant);
        return this.#people(people.changed(this.#roster, [...joined, ...updated], gone));
      }
      case "call.demand":
        for (const demand of frame.tracks) this.#demand(demand);
        return;
      case "call.muted":
        return this.#onMuted(frame);
      // Of the room; the session's own; answers.
      case "call.state":
      case "call.ended":
      case "call.joined":
      case "call.answer":
        return;
    }
  }

  #demand(demand: DemandInfo): void {
    const { peer } = this.#session;
    // A line that is gone meanwhile needs no pause.
    if (peer) void this.#demands.run(() => peer.demand(demand)).catch(() => undefined);
  }

  #onMuted(muted: { readonly track: TrackId; readonly by: ParticipantId }): void {
    const own = this.#roster.entries.get(this.self);
    const source = own?.tracks.find(({ track }) => track === muted.track)?.source;
    const ignore = (): undefined => undefined;
    if (source === undefined) return;
    if (source === "microphone") {
      this.mutedBy.set(muted.by);
      void this.#local.setMuted(true).catch(ignore);
    } else if (source === "camera") {
      void this.#local.setCamera(false).catch(ignore);
    } else {
      void this.#local.stopScreen().catch(ignore);
    }
  }

  /** A speaker that was taken away: on with the default one. */
  async #findSpeaker({ speakers }: Devices): Promise<void> {
    const { device } = this.#sound;
    // A list without labels is one without permission, and says nothing.
    const isKnown = speakers.some(({ label }) => label !== "");
    if (device === "" || !isKnown || speakers.some(({ deviceId }) => deviceId === device)) return;
    const replacement = speakers.find(({ deviceId }) => deviceId === "default")?.label;
    await this.#sound.setDevice("").catch(() => undefined);
    this.notice.set({ kind: "device_lost", device: "speaker", ...(replacement !== undefined && { replacement }) });
  }

  #people(roster: people.Roster): void {
    this.#roster = roster;
    this.participants.set(people.participants(roster));
  }

  #need(track: TrackId): ReturnType<typeof slotNeed> {
    for (const { tracks } of this.#roster.entries.values()) {
      const found = tracks.find((one) => one.track === track);
      if (found) return slotNeed(found.codec);
    }
    return "any";
  }

  /** Tells the server what is muted and raised, where it says otherwise. What cannot be told now is told on coming back. */
  #reconcile(): Promise<void> {
    const tell = async (): Promise<void> => {
      const own = this.#roster.entries.get(this.#session.joined?.participant ?? 0);
      if (own === undefined || this.#session.isOver) return;
      for (const { track, source, muted } of own.tracks) {
        const wanted = this.#local.isMuted(source);
        if (wanted === muted || (source !== "microphone" && source !== "camera")) continue;
        await this.#session.request({ t: "call.mute", room: this.room, track, muted: wanted });
        this.#patch(own.participant, (entry) => ({
          ...entry,
          tracks: entry.tracks.map((one) => (one.track === track ? { ...one, muted: wanted } : one)),
        }));
      }
      if (own.hand === this.#hand) return;
      const raised = this.#hand;
      await this.#session.request({ t: "call.hand", room: this.room, raised });
      this.#patch(own.participant, (entry) => ({ ...entry, hand: raised }));
    };
    return this.#reconciling.run(tell).catch(ignoreLater);
  }

  #patch(participant: ParticipantId, change: (entry: ParticipantInfo) => ParticipantInfo): void {
    const entry = this.#roster.entries.get(participant);
    if (entry) this.#people(people.changed(this.#roster, [change(entry)], []));
  }

  #close(): void {
    this.#forget();
    this.#local.close();
    this.#pictures.close();
    this.#sound.stop();
  }
}

/** What is mended by coming back is no error of the request. */
function ignoreLater(error: unknown): void {
  if (!isLater(error)) throw error;
}
