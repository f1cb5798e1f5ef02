/** Who is in a call and what they publish, as tiles need it: from the SDK's participants. */

import type { Participant, ParticipantId, TrackId } from "@greenroom/client";

/** A tile's name: somebody's own tile, or a screen they share. */
export type TileName = `person:${ParticipantId}` | `screen:${TrackId}`;

/** Somebody in the call. */
export interface Person {
  readonly tile: TileName;
  readonly participant: ParticipantId;
  readonly user: string;
  readonly name: string;
  readonly self: boolean;
  readonly hand: boolean;
  readonly away: boolean;
  readonly microphone?: { readonly track: TrackId; readonly muted: boolean };
  /** A camera that sends; absent when off or muted. */
  readonly camera?: TrackId;
  readonly screen?: TrackId;
  readonly quality?: Participant["quality"];
}

/** A shared screen. */
export interface Screen {
  readonly tile: TileName;
  readonly track: TrackId;
  readonly by: Person;
}

/** Whether nothing of somebody is heard. */
export const isMuted = ({ microphone }: Person): boolean => microphone === undefined || microphone.muted;

export const personTile = (participant: ParticipantId): TileName => `person:${participant}`;
export const screenTile = (track: TrackId): TileName => `screen:${track}`;

/** Everybody, in the order they came. */
export function peopleOf(participants: readonly Participant[], self: ParticipantId): Person[] {
  return participants
    .map((participant) => personOf(participant, participant.participant === self))
    .sort((a, b) => a.participant - b.participant);
}

/** Shared screens, the newest first: a new share is what people want to see. */
export function screensOf(people: readonly Person[]): Screen[] {
  return people
    .flatMap((by) => (by.screen === undefined ? [] : [{ tile: screenTile(by.screen), track: by.screen, by }]))
    .sort((a, b) => b.track - a.track);
}

function personOf(from: Participant, self: boolean): Person {
  const microphone = from.tracks.find((track) => track.source === "microphone");
  const camera = from.tracks.find((track) => track.source === "camera" && !track.muted);
  const screen = from.tracks.find((track) => track.source === "screen" && !track.muted);
  return {
    tile: personTile(from.participant),
    participant: from.participant,
    user: from.user,
    name: from.name,
    self,
    hand: from.hand,
    away: from.state === "away",
    ...(microphone && { microphone: { track: microphone.track, muted: microphone.muted } }),
    ...(camera && { camera: camera.track }),
    ...(screen && { screen: screen.track }),
    ...(from.quality && { quality: from.quality }),
  };
}
