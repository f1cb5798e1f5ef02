/** The server's `call.*` frames, parsed where they come in. What is malformed is left out; what is unknown, ignored. */

import type { CallId, RoomId, UserId } from "../protocol/values.js";
import type { Participant, ParticipantId, Source, Track, TrackId } from "./api.js";

/** A frame as the connection hands it on. */
export type Frame = Readonly<Record<string, unknown>>;

/** A publication with what only its publisher is told. */
export interface OwnTrack extends Track {
  readonly mid?: string;
  /** `vp8`, `h264` …; absent until media came. */
  readonly codec?: string;
}

/** A participant as the server tells of them. */
export interface RosterEntry extends Omit<Participant, "tracks" | "quality"> {
  readonly tracks: readonly OwnTrack[];
}

/** What a slot shows, by its line of the offer. */
export interface SlotFrame {
  readonly mid: string;
  readonly track?: TrackId;
  readonly participant?: ParticipantId;
  readonly state: "live" | "paused" | "empty";
  readonly reason?: "muted" | "bandwidth" | "codec" | "sender";
}

/** Which encodings of a publication anybody watches, smallest first. */
export interface TrackDemand {
  readonly mid: string;
  readonly encodings: readonly { readonly rid: string; readonly active: boolean }[];
}

/** `call.joined`. */
export interface Joined {
  readonly call: CallId;
  readonly participant: ParticipantId;
  readonly secret: string;
  readonly answer?: string;
  readonly participants: readonly RosterEntry[];
  readonly slots: readonly SlotFrame[];
}

export interface Quality {
  readonly participant: ParticipantId;
  readonly score: number;
  readonly reason?: "link" | "sender" | "receiver" | "server";
}

/** Why the server says a call is over for this device. */
export const CALL_ENDS = ["ended", "removed", "revoked", "replaced", "lost", "failed", "shutdown"] as const;
export type CallEnd = (typeof CALL_ENDS)[number];

const SOURCES = ["microphone", "camera", "screen", "screen_audio"] as const satisfies readonly Source[];
const STATES = ["connecting", "connected", "away"] as const;
const SLOT_STATES = ["live", "paused", "empty"] as const;
const SLOT_REASONS = ["muted", "bandwidth", "codec", "sender"] as const;
const QUALITY_REASONS = ["link", "sender", "receiver", "server"] as const;

/** @throws TypeError when the answer is none of `call.joined`. */
export function parseJoined(frame: Frame): Joined {
  const call = text(frame.call);
  const participant = count(frame.participant);
  const secret = text(frame.secret);
  if (call === undefined || participant === undefined || secret === undefined) {
    throw new TypeError("the server's call.joined is malformed");
  }
  const answer = text(frame.answer);
  return {
    call: call as CallId,
    participant,
    secret,
    participants: list(frame.participants, parseParticipant),
    slots: parseSlots(frame),
    ...(answer !== undefined && { answer }),
  };
}

/** Own publications of `call.answer`, with their lines. */
export const parseTracks = (frame: Frame): OwnTrack[] => list(frame.tracks, parseTrack);

/** `call.slots`. */
export const parseSlots = (frame: Frame): SlotFrame[] => list(frame.slots, parseSlot);

/** `call.changed`. */
export function parseChanged(frame: Frame): { changed: RosterEntry[]; left: ParticipantId[] } {
  return {
    changed: [...list(frame.joined, parseParticipant), ...list(frame.updated, parseParticipant)],
    left: list(frame.left, (left) => count(left.participant)),
  };
}

/** `call.speakers`. */
export const parseSpeakers = (frame: Frame): ParticipantId[] =>
  array(frame.speakers).flatMap((speaker) => count(speaker) ?? []);

/** `call.quality`. */
export const parseQualities = (frame: Frame): Quality[] =>
  list(frame.qualities, (quality) => {
    const participant = count(quality.participant);
    const score = count(quality.score);
    if (participant === undefined || score === undefined) return undefined;
    const reason = oneOf(QUALITY_REASONS, quality.reason);
    return { participant, score, ...(reason && { reason }) };
  });

/** `call.demand`. */
export const parseDemand = (frame: Frame): TrackDemand[] =>
  list(frame.tracks, (demand) => {
    const mid = text(demand.mid);
    if (mid === undefined) return undefined;
    const encodings = list(demand.encodings, ({ rid, active }) => ({ rid: text(rid) ?? "", active: active === true }));
    return { mid, encodings };
  });

/** `call.muted`. */
export function parseMuted(frame: Frame): { track: TrackId; by: ParticipantId } | undefined {
  const track = count(frame.track);
  const by = count(frame.by);
  return track === undefined || by === undefined ? undefined : { track, by };
}

/** `call.ended`; an unknown reason counts as `failed`. */
export const parseEnd = (frame: Frame): CallEnd => oneOf(CALL_ENDS, frame.reason) ?? "failed";

/** `call.state`: the room's call, or that there is none. */
export function parseState(frame: Frame): {
  room: RoomId;
  call?: { call: CallId; startedBy: UserId; startedMs: number; participants: number };
} | null {
  const room = text(frame.room);
  if (room === undefined) return null;
  const call = text(map(frame.call)?.call);
  if (call === undefined) return { room: room as RoomId };
  const state = map(frame.call) ?? {};
  return {
    room: room as RoomId,
    call: {
      call: call as CallId,
      startedBy: (text(state.started_by) ?? "") as UserId,
      startedMs: count(state.started_ms) ?? 0,
      participants: count(state.participants) ?? 0,
    },
  };
}

/** 32 lowercase hexadecimal digits. */
export const parseRoom = (value: unknown): RoomId | undefined =>
  typeof value === "string" && /^[0-9a-f]{32}$/.test(value) ? (value as RoomId) : undefined;

function parseParticipant(frame: Frame): RosterEntry | undefined {
  const participant = count(frame.participant);
  const user = text(frame.user);
  if (participant === undefined || user === undefined) return undefined;
  return {
    participant,
    user: user as UserId,
    name: text(frame.name) ?? user,
    hand: frame.hand === true,
    state: oneOf(STATES, frame.state) ?? "connected",
    tracks: list(frame.tracks, parseTrack),
  };
}

function parseTrack(frame: Frame): OwnTrack | undefined {
  const track = count(frame.track);
  const source = oneOf(SOURCES, frame.source);
  if (track === undefined || source === undefined) return undefined;
  const mid = text(frame.mid);
  const codec = text(frame.codec);
  return {
    track,
    source,
    muted: frame.muted === true,
    ...(mid !== undefined && { mid }),
    ...(codec !== undefined && { codec }),
  };
}

function parseSlot(frame: Frame): SlotFrame | undefined {
  const mid = text(frame.mid);
  const state = oneOf(SLOT_STATES, frame.state);
  if (mid === undefined || state === undefined) return undefined;
  const track = count(frame.track);
  const participant = count(frame.participant);
  const reason = oneOf(SLOT_REASONS, frame.reason);
  return {
    mid,
    state,
    ...(track !== undefined && { track }),
    ...(participant !== undefined && { participant }),
    ...(reason && { reason }),
  };
}

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

const count = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

const map = (value: unknown): Frame | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Frame) : undefined;

const array = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const list = <T>(value: unknown, parse: (frame: Frame) => T | undefined): T[] =>
  array(value).flatMap((one) => {
    const frame = map(one);
    return (frame && parse(frame)) ?? [];
  });

const oneOf = <T extends string>(known: readonly T[], value: unknown): T | undefined =>
  known.find((one) => one === value);
