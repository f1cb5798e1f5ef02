/**
 * What a slot really shows: pure. The server says what it sends; the picture before stays until the first keyframe of
 * what comes next, and until then the next one's name must not stand beside it. Whose packets were shown last is their
 * CSRC (docs/PROTOCOL.md, "Calls").
 */

import type { SlotInfo } from "../protocol/call-frames.js";
import type { ParticipantId, Slot, TrackId } from "./api.js";

/** After so long the server's word is taken, for browsers that do not say whose picture it is. */
export const SWITCH_MAX_MS = 2_500;

/** The picture that stands in a slot. */
export interface Shown {
  readonly participant: ParticipantId;
  readonly track: TrackId;
  /** The tile that it was last shown in. */
  readonly tile: string | undefined;
}

/** A slot, and the picture in it after this. `waits`: the next picture is still to come. */
export interface Shows {
  readonly slot: Slot;
  readonly shown: Shown | undefined;
  readonly waits: boolean;
}

/** `newest`: whose picture came last, by its CSRC; `sinceMs`: for how long the server has said so. */
export function shows(
  frame: SlotInfo | undefined,
  tile: string | undefined,
  before: Shown | undefined,
  newest: ParticipantId | undefined,
  sinceMs: number,
): Shows {
  const named = tile !== undefined && { tile };
  if (frame?.track === undefined || frame.participant === undefined) {
    return { slot: { state: "empty", ...named }, shown: before, waits: false };
  }
  const { track, participant, state, reason } = frame;
  const slot: Slot = { state, track, participant, ...named, ...(reason && { reason }) };
  if (state !== "live") return { slot, shown: before, waits: false };
  const isHere = before?.participant === participant || newest === participant || sinceMs >= SWITCH_MAX_MS;
  if (isHere) return { slot, shown: { participant, track, tile }, waits: false };
  // The same tile keeps the picture it had, and its name; another one shows nothing of it.
  const stays = before !== undefined && before.tile === tile;
  const meanwhile: Slot = stays
    ? { state, track: before.track, participant: before.participant, ...named }
    : { state: "paused", track, participant, ...named };
  return { slot: meanwhile, shown: before, waits: true };
}
