/** Calls, headless: what is published, what is shown, who is there. Frames: docs/PROTOCOL.md, "Calls". */

import type { RoomCall } from "../model.js";
import type { EndReason, Source } from "../protocol/call-frames.js";
import type { CallId, RoomId, UserId } from "../protocol/values.js";
import type { Slice } from "../slice.js";

/** Number of a participant in its call. */
export type ParticipantId = number;
/** Number of a publication in its call. */
export type TrackId = number;
export type { Source };

/** Calls of the account's rooms. One call at a time on this device. */
export interface Calls {
  /** Whether this page may use camera and microphone at all. `insecure`: the page came over plain HTTP. */
  readonly support: "ready" | "insecure" | "missing";
  /** Running calls by room. */
  readonly running: Slice<ReadonlyMap<RoomId, RoomCall>>;
  /** The call this tab is in. */
  readonly current: Slice<Call | undefined>;
  /** A call this tab was in before it was reloaded, and may return to within 20 seconds: what to give to `join`. */
  readonly interrupted: Slice<Interrupted | undefined>;
  /** Cameras, microphones and speakers, kept up to date. Labels are empty until a permission was given. */
  readonly devices: Slice<Devices>;

  /** Opens devices for a test before joining. Rejects with a {@link DeviceProblem}; `AbortError` when the client is closed. */
  preview(options: MediaChoice): Promise<Preview>;
  /**
   * Joins, or starts the room's call; leaves the one this tab is in. Rejects with a `Refusal` or a {@link DeviceProblem};
   * `AbortError` when the client is closed meanwhile. No device stays open then.
   */
  join(room: RoomId, options: JoinOptions): Promise<Call>;
}

/** A call that a reload broke off, and what was on in it. */
export interface Interrupted {
  readonly room: RoomId;
  readonly microphone: boolean;
  readonly muted: boolean;
  readonly camera: boolean;
}

/** Why a device does not open, so that a view can say how to mend it. Its `name` is `DeviceProblem`. */
export interface DeviceProblem extends Error {
  /** `insecure`: the page came over plain HTTP. `busy`: another program has it. */
  readonly problem: "denied" | "missing" | "busy" | "insecure" | "failed";
  readonly device: "microphone" | "camera" | "screen";
}

/** What this machine has. Labels are empty until a permission was given. */
export interface Devices {
  readonly microphones: readonly MediaDeviceInfo[];
  readonly cameras: readonly MediaDeviceInfo[];
  readonly speakers: readonly MediaDeviceInfo[];
}

/** Which devices to open; `false` opens none, `true` the default one, a text the device of that id. */
export interface MediaChoice {
  readonly microphone: boolean | string;
  readonly camera: boolean | string;
}

/** Devices opened for a test. */
export interface Preview {
  readonly stream: MediaStream;
  /** Loudness of the microphone now, 0 to 1. */
  level(): number;
  /** Closes the devices, unless they were given to a call. */
  stop(): void;
}

/** How to go in. */
export interface JoinOptions extends MediaChoice {
  /** A preview whose devices go on in the call. */
  readonly preview?: Preview;
  /** Speaker to play on (`setSinkId`). */
  readonly speaker?: string;
  /** No pictures at all, neither sent nor received. */
  readonly audioOnly?: boolean;
  /** Goes in muted, with the microphone open: nothing of it is sent before {@link Call.setMuted}. */
  readonly muted?: boolean;
}

/** Where the call stands. `reconnecting`: what is lost is being restored; without signalling one still sees and hears. */
export type CallPhase =
  | { readonly phase: "joining" }
  | { readonly phase: "connected" }
  | { readonly phase: "reconnecting"; readonly lost: "media" | "signalling" }
  | { readonly phase: "ended"; readonly reason: CallEndReason };

/** Why one is not in the call any more: `left` by oneself, the others as docs/PROTOCOL.md says. */
export type CallEndReason = "left" | EndReason;

/** Something the person should be told once, in passing. */
export type CallNotice =
  /** A device went away. `replacement` is the label of the one used instead; absent: it is off now. */
  | {
      readonly kind: "device_lost";
      readonly device: "microphone" | "camera" | "speaker";
      readonly replacement?: string;
    }
  /** The share was ended from the browser's own bar, or its window was closed. */
  | { readonly kind: "screen_ended" };

/** One call this device is in. */
export interface Call {
  readonly room: RoomId;
  /** Another one if the call was lost and joined anew. */
  readonly call: CallId;
  /** Oneself among the {@link Call.participants}; another number after joining anew. */
  readonly self: ParticipantId;
  readonly phase: Slice<CallPhase>;
  readonly participants: Slice<readonly Participant[]>;
  /** Who speaks now, the loudest first. */
  readonly speakers: Slice<readonly ParticipantId[]>;
  /** What this device publishes. */
  readonly local: Slice<LocalMedia>;
  /** Video slots and what is in them now. */
  readonly slots: Slice<readonly Slot[]>;
  readonly audioOnly: Slice<boolean>;
  /** A moderator muted us: cleared when we unmute. */
  readonly mutedBy: Slice<ParticipantId | undefined>;
  /** The browser plays no sound before a click: call {@link Call.allowSound} from one. */
  readonly soundBlocked: Slice<boolean>;
  /** The latest notice; `undefined` until there is one. */
  readonly notice: Slice<CallNotice | undefined>;

  /** Opens another microphone, as muted as the one before; from being off it is heard. `false` closes it. */
  setMicrophone(choice: boolean | string): Promise<void>;
  /** Opens another camera; `false` closes it. Both reject with a {@link DeviceProblem}. */
  setCamera(choice: boolean | string): Promise<void>;
  /** Plays on this device; an empty text is the default one. Rejects when there is no such device. */
  setSpeaker(device: string): Promise<void>;
  /** Mutes without closing the device, so that unmuting is instant. */
  setMuted(muted: boolean): Promise<void>;
  /** Asks for a screen and shares it; resolves to `false` when nothing was chosen. */
  shareScreen(): Promise<boolean>;
  /** Ends the share. */
  stopScreen(): Promise<void>;
  /** Plays sound, from a click. */
  allowSound(): Promise<void>;
  /** Loudness of one's microphone now, 0 to 1; also while muted. */
  level(): number;
  /** Raises one's hand, or takes it down. Told on coming back when the connection is lost. */
  setHand(raised: boolean): Promise<void>;
  /** No pictures at all, neither sent nor received; `false`: pictures come again, one's own camera stays off. */
  setAudioOnly(audioOnly: boolean): Promise<void>;

  /**
   * What is on screen now, tile by tile; sent to the server a moment later, changes in between gathered. A slot is
   * found for each tile; {@link Slot.tile} says which.
   */
  show(tiles: readonly Tile[]): void;
  /** The picture of a tile, to be put into a `<video>`; `undefined` while there is none. The same stream while the slot stays. */
  streamOf(tile: string): MediaStream | undefined;
  /** One's own camera or screen. */
  localStream(source: "camera" | "screen"): MediaStream | undefined;

  /** Mutes somebody's publication; only they unmute it. Moderators; rejects with a `Refusal`. */
  muteOther(track: TrackId): Promise<void>;
  /** Puts somebody out of the call; they may join again. Moderators; rejects with a `Refusal`. */
  remove(participant: ParticipantId): Promise<void>;
  /** Ends the call for everybody: who started it, or moderators. Rejects with a `Refusal`. */
  endForAll(): Promise<void>;
  /** Leaves: devices close at once. Never rejects. */
  leave(): Promise<void>;
  /** Figures for the curious and for tests: from `getStats`. */
  statistics(): Promise<CallStatistics>;
}

/** A picture the view wants. */
export interface Tile {
  /** The view's own name for it. */
  readonly tile: string;
  /** A certain publication, or whoever speaks. */
  readonly show: { readonly track: TrackId } | "speaker";
  /** Size on screen, device pixels. */
  readonly widthPx: number;
  readonly heightPx: number;
  /** 0 to 255, higher first. */
  readonly priority: number;
  readonly pinned: boolean;
}

/**
 * A video slot, as it is seen: when the server puts somebody else into it, this changes as their picture comes. `paused`
 * without a reason: the picture is on its way.
 */
export interface Slot {
  readonly tile?: string;
  readonly track?: TrackId;
  readonly participant?: ParticipantId;
  readonly state: "live" | "paused" | "empty";
  readonly reason?: "muted" | "bandwidth" | "codec" | "sender";
}

/** Somebody in the call; oneself too. */
export interface Participant {
  readonly participant: ParticipantId;
  readonly user: UserId;
  readonly name: string;
  readonly hand: boolean;
  readonly state: "connecting" | "connected" | "away";
  readonly tracks: readonly Track[];
  /** 0 to 100; absent until known. */
  readonly quality?: { readonly score: number; readonly reason?: "link" | "sender" | "receiver" | "server" };
}

/** Something somebody publishes. */
export interface Track {
  readonly track: TrackId;
  readonly source: Source;
  readonly muted: boolean;
}

/** What this device publishes. */
export interface LocalMedia {
  readonly microphone: { readonly state: "off" | "on" | "muted"; readonly device?: string };
  readonly camera: { readonly state: "off" | "on"; readonly device?: string };
  readonly screen: "off" | "on";
}

/** Figures since the last time they were asked for. */
export interface CallStatistics {
  /** To the server and back; absent until measured. */
  readonly roundTripMs?: number;
  /** Bits a second; 0 the first time. */
  readonly receivedBps: number;
  readonly sentBps: number;
  /** Of the packets that should have come. */
  readonly lossPercent: number;
  /** Pictures that come, by tile. */
  readonly pictures: readonly PictureStatistics[];
}

/** What comes in a slot. */
export interface PictureStatistics {
  readonly tile?: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly framesPerSecond: number;
}
