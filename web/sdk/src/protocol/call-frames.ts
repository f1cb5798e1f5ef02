/** Frames of calls, both ways. docs/PROTOCOL.md, "Calls". */

import type { CallId, DeviceId, RoomId, UserId } from "./values.js";

/** What a publication shows. */
export type Source = "microphone" | "camera" | "screen" | "screen_audio";

/** What a sending line of an offer shows. */
export type TrackOffer = { readonly mid: string; readonly source: Source; readonly muted?: boolean };

/** What a video slot shall show, at which size on screen (pixels). */
export type TileFrame = {
  readonly mid: string;
  readonly show: { readonly track: number } | "speaker" | "none";
  readonly width: number;
  readonly height: number;
  /** 0 to 255, higher first. */
  readonly priority?: number;
  readonly pinned?: boolean;
};

type OfCall<T extends string> = { readonly t: T; readonly room: RoomId };

/** Requests of calls, without `id`. */
export type ClientCallRequest =
  | (OfCall<"call.join"> & {
      readonly offer?: string;
      readonly tracks?: readonly TrackOffer[];
      /** `secret`: 32 hexadecimal digits. */
      readonly resume?: { readonly participant: number; readonly secret: string };
      readonly name?: string;
    })
  | (OfCall<"call.offer"> & { readonly offer: string; readonly tracks?: readonly TrackOffer[] })
  | (OfCall<"call.layout"> & { readonly tiles?: readonly TileFrame[]; readonly audio_only?: boolean })
  | (OfCall<"call.mute"> & { readonly track: number; readonly muted: boolean })
  | (OfCall<"call.hand"> & { readonly raised: boolean })
  | (OfCall<"call.unpublish"> & { readonly track: number })
  | OfCall<"call.leave">
  | (OfCall<"call.remove"> & { readonly participant: number })
  | OfCall<"call.end">;

/** A publication. */
export type TrackInfo = {
  readonly track: number;
  /** In what its publisher is told. */
  readonly mid?: string;
  readonly source: Source;
  readonly muted: boolean;
  /** Absent until its media came. */
  readonly codec?: string;
};

/** A device in a call. */
export type ParticipantInfo = {
  readonly participant: number;
  readonly user: UserId;
  readonly name: string;
  /** Absent: by WHIP or WHEP. */
  readonly device?: DeviceId;
  readonly hand: boolean;
  readonly state: "connecting" | "connected" | "away";
  readonly tracks: readonly TrackInfo[];
};

/** A receive position and what is in it. */
export type SlotInfo = {
  readonly mid: string;
  readonly track?: number;
  readonly participant?: number;
  readonly state: "live" | "paused" | "empty";
  /** The simulcast encoding that comes; 0 is the smallest. */
  readonly encoding?: number;
  readonly reason?: "muted" | "bandwidth" | "codec" | "sender";
};

/** How a participant is connected. */
export type QualityInfo = {
  readonly participant: number;
  /** 0 to 100. */
  readonly score: number;
  readonly reason?: "link" | "sender" | "receiver" | "server";
};

/** Which encodings of a publication anybody watches. */
export type DemandInfo = {
  readonly track: number;
  readonly mid: string;
  /** The smallest first. */
  readonly encodings: readonly { readonly rid: string; readonly active: boolean }[];
};

/** The client is in the call. */
export type JoinedFrame = OfCall<"call.joined"> & {
  readonly id: number;
  readonly call: CallId;
  readonly participant: number;
  readonly secret: string;
  readonly answer?: string;
  readonly participants: readonly ParticipantInfo[];
  readonly slots: readonly SlotInfo[];
};

/** Why a participant is not in the call any more. */
export type LeaveReason = "left" | "lost" | "removed" | "revoked" | "replaced";
/** Why the client is no longer in the call. */
export type EndReason = "ended" | "removed" | "revoked" | "replaced" | "lost" | "failed" | "shutdown";

/** What the server says of calls. */
export type ServerCallFrame =
  | JoinedFrame
  | (OfCall<"call.answer"> & { readonly id: number; readonly answer: string; readonly tracks: readonly TrackInfo[] })
  | (OfCall<"call.changed"> & {
      readonly call: CallId;
      readonly joined?: readonly ParticipantInfo[];
      readonly updated?: readonly ParticipantInfo[];
      readonly left?: readonly { readonly participant: number; readonly reason: LeaveReason }[];
    })
  | (OfCall<"call.slots"> & { readonly slots: readonly SlotInfo[] })
  | (OfCall<"call.speakers"> & { readonly speakers: readonly number[] })
  | (OfCall<"call.quality"> & { readonly qualities: readonly QualityInfo[] })
  | (OfCall<"call.demand"> & { readonly tracks: readonly DemandInfo[] })
  | (OfCall<"call.muted"> & { readonly track: number; readonly by: number })
  | (OfCall<"call.ended"> & { readonly call: CallId; readonly reason: EndReason })
  | (OfCall<"call.state"> & { readonly call?: CallStateInfo });

/** A room's running call. */
export type CallStateInfo = {
  readonly call: CallId;
  readonly started_by: UserId;
  readonly started_ms: number;
  readonly participants: number;
};

/** Whether a frame is about calls. */
export const isCallFrame = (frame: { readonly t: string }): frame is ServerCallFrame => frame.t.startsWith("call.");
