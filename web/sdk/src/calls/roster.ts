/** Who is in the call: a pure fold of what the server tells. */

import type { ParticipantInfo, QualityInfo } from "../protocol/call-frames.js";
import type { Participant, ParticipantId } from "./api.js";

/** Qualities that outlive their participant are dropped with it, so this is bounded by the call. */
export interface Roster {
  readonly entries: ReadonlyMap<ParticipantId, ParticipantInfo>;
  readonly qualities: ReadonlyMap<ParticipantId, QualityInfo>;
}

export const EMPTY_ROSTER: Roster = { entries: new Map(), qualities: new Map() };

/** Everyone anew, as `call.joined` names them. */
export function fresh(roster: Roster, entries: readonly ParticipantInfo[]): Roster {
  const known = new Map(entries.map((entry) => [entry.participant, entry]));
  return { entries: known, qualities: only(roster.qualities, known) };
}

/** `call.changed`. What is told of oneself lacks the lines, which one knows: they are kept. */
export function changed(roster: Roster, entries: readonly ParticipantInfo[], left: readonly ParticipantId[]): Roster {
  const known = new Map(roster.entries);
  for (const entry of entries) {
    const before = known.get(entry.participant);
    const mids = new Map(before?.tracks.map(({ track, mid }) => [track, mid]));
    const tracks = entry.tracks.map((track) => {
      const mid = track.mid ?? mids.get(track.track);
      return mid === undefined ? track : { ...track, mid };
    });
    known.set(entry.participant, { ...entry, tracks });
  }
  for (const participant of left) known.delete(participant);
  return { entries: known, qualities: only(roster.qualities, known) };
}

/** Whether somebody's microphone was muted between the two, at the server. */
export function wasMuted(before: Roster, after: Roster, participant: ParticipantId): boolean {
  const muted = (roster: Roster): boolean | undefined =>
    roster.entries.get(participant)?.tracks.find(({ source }) => source === "microphone")?.muted;
  return muted(before) === false && muted(after) === true;
}

/** `call.quality`. */
export function judged(roster: Roster, qualities: readonly QualityInfo[]): Roster {
  const known = new Map(roster.qualities);
  for (const quality of qualities) known.set(quality.participant, quality);
  return { ...roster, qualities: only(known, roster.entries) };
}

/** What was made of an entry, so that a view sees the same object while nothing changed of it. */
const made = new WeakMap<
  ParticipantInfo,
  { readonly quality: QualityInfo | undefined; readonly participant: Participant }
>();

/** For views: in order of arrival. */
export function participants(roster: Roster): readonly Participant[] {
  const all = [...roster.entries.values()].sort((one, other) => one.participant - other.participant);
  return all.map((entry) => {
    const quality = roster.qualities.get(entry.participant);
    const known = made.get(entry);
    if (known !== undefined && known.quality === quality) return known.participant;
    const participant = shown(entry, quality);
    made.set(entry, { quality, participant });
    return participant;
  });
}

function shown(entry: ParticipantInfo, found: QualityInfo | undefined): Participant {
  const { participant, user, name, hand, state, tracks } = entry;
  const quality = found && { score: found.score, ...(found.reason && { reason: found.reason }) };
  return {
    participant,
    user,
    name,
    hand,
    state,
    tracks: tracks.map(({ track, source, muted }) => ({ track, source, muted })),
    ...(quality && { quality }),
  };
}

const only = (
  qualities: ReadonlyMap<ParticipantId, QualityInfo>,
  entries: ReadonlyMap<ParticipantId, ParticipantInfo>,
): ReadonlyMap<ParticipantId, QualityInfo> =>
  new Map([...qualities].filter(([participant]) => entries.has(participant)));
