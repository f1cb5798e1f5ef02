/** Reading the frames of calls. */

import type { ParticipantInfo, ServerCallFrame, SlotInfo, TrackInfo } from "./call-frames.js";
import { isCall, isDevice, isInteger, isRoom, isUser } from "./check.js";
import { SERVER_LIST_MAX } from "./limits.js";
import { boolean, is, list, map, mapWith, oneOf, text, type Read } from "./shape.js";

const SOURCES = ["microphone", "camera", "screen", "screen_audio"] as const;
const SCORE_MAX = 100;

const room = is(isRoom);
const call = is(isCall);
const integer = is((value): value is number => isInteger(value));
/** A participant's or a track's number. */
const number = is((value): value is number => isInteger(value, 1));

const anyTrack = mapWith(
  { track: number, source: oneOf(SOURCES, undefined), muted: boolean },
  { mid: text, codec: text },
);
const isKnown = (track: ReturnType<typeof anyTrack>): track is TrackInfo => track.source !== undefined;
/** Publications of sources that this version does not know are left out: there is no tile for them. */
const tracks: Read<readonly TrackInfo[]> = (value, where) =>
  list(anyTrack, SERVER_LIST_MAX)(value, where).filter(isKnown);

const participant: Read<ParticipantInfo> = mapWith(
  {
    participant: number,
    user: is(isUser),
    name: text,
    hand: boolean,
    state: oneOf(["connecting", "connected", "away"], "connected"),
    tracks,
  },
  { device: is(isDevice) },
);
const participants = list(participant, SERVER_LIST_MAX);

const slot: Read<SlotInfo> = mapWith(
  { mid: text, state: oneOf(["live", "paused", "empty"], "paused") },
  {
    track: number,
    participant: number,
    encoding: integer,
    reason: oneOf(["muted", "bandwidth", "codec", "sender"], undefined),
  },
);
const slots = list(slot, SERVER_LIST_MAX);

const left = map({
  participant: number,
  reason: oneOf(["left", "lost", "removed", "revoked", "replaced"], "left"),
});
const quality = mapWith(
  { participant: number, score: is((value): value is number => isInteger(value, 0, SCORE_MAX)) },
  { reason: oneOf(["link", "sender", "receiver", "server"], undefined) },
);
const demand = map({
  track: number,
  mid: text,
  encodings: list(map({ rid: text, active: boolean }), SERVER_LIST_MAX),
});
const state = map({ call, started_by: is(isUser), started_ms: integer, participants: integer });

type Readers = {
  readonly [T in ServerCallFrame["t"]]: Read<Omit<Extract<ServerCallFrame, { readonly t: T }>, "t">>;
};

/** How each frame of calls is read, its `t` aside. */
export const CALL_FRAMES: Readers = {
  "call.joined": mapWith(
    { id: integer, room, call, participant: number, secret: text, participants, slots },
    { answer: text },
  ),
  "call.answer": map({ id: integer, room, answer: text, tracks }),
  "call.changed": mapWith(
    { room, call },
    { joined: participants, updated: participants, left: list(left, SERVER_LIST_MAX) },
  ),
  "call.slots": map({ room, slots }),
  "call.speakers": map({ room, speakers: list(number, SERVER_LIST_MAX) }),
  "call.quality": map({ room, qualities: list(quality, SERVER_LIST_MAX) }),
  "call.demand": map({ room, tracks: list(demand, SERVER_LIST_MAX) }),
  "call.muted": map({ room, track: number, by: number }),
  "call.ended": map({
    room,
    call,
    reason: oneOf(["ended", "removed", "revoked", "replaced", "lost", "failed", "shutdown"], "failed"),
  }),
  "call.state": mapWith({ room }, { call: state }),
};
