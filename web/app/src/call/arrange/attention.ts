/** Who gets the large view and who the first page: pinned, shared, spoken. */

import type { ParticipantId } from "@greenroom/client";
import type { ViewMode } from "./arrangement";
import { personTile, type Person, type Screen, type TileName } from "./people";

/** Who spoke last of those present, oneself aside; the one before stays while nobody speaks. */
export function lastSpeaker(
  before: ParticipantId | undefined,
  speakers: readonly ParticipantId[],
  people: readonly Person[],
): ParticipantId | undefined {
  const others = new Set(people.filter((person) => !person.self).map((person) => person.participant));
  // Somebody still speaking keeps the view: it must not jump between two who talk at once.
  if (before !== undefined && others.has(before) && speakers.includes(before)) return before;
  const speaking = speakers.find((speaker) => others.has(speaker));
  if (speaking !== undefined) return speaking;
  if (before !== undefined && others.has(before)) return before;
  return others.values().next().value;
}

export interface Attention {
  readonly mode: ViewMode;
  readonly pinned: TileName | undefined;
  readonly speaker: ParticipantId | undefined;
  readonly screens: readonly Screen[];
  /** A screen that was put back among the others. */
  readonly demoted: TileName | undefined;
  readonly people: readonly Person[];
}

/** The tile in the large view; `undefined`: none, all are equal. */
export function focusOf(attention: Attention): TileName | undefined {
  const { pinned, screens, people } = attention;
  const there = (tile: TileName): boolean =>
    people.some((person) => person.tile === tile) || screens.some((screen) => screen.tile === tile);
  if (pinned !== undefined && there(pinned)) return pinned;
  // One's own screen would show itself in itself, without end.
  const screen = screens.find(({ tile, by }) => !by.self && tile !== attention.demoted);
  if (screen) return screen.tile;
  if (attention.mode === "grid") return undefined;
  return attention.speaker === undefined ? undefined : personTile(attention.speaker);
}

/** More people than this fill a grid so that nothing may lie upon it. */
const FLOATS_MAX = 6;

/** Whether one's own picture may float: neither alone, nor where it would cover small tiles. */
export function mayFloat(people: number, focus: TileName | undefined, screens: number): boolean {
  if (people < 2) return false;
  // Beside a focus stand small tiles: one's own among them, unless the focus is all there is.
  return focus === undefined ? people + screens <= FLOATS_MAX : people + screens === 2;
}

/**
 * Order of the tiles. Tiles keep their places; whoever speaks, raises a hand or has a camera on and is beyond the
 * first page changes places with the least interesting one on it.
 */
export function orderOf(
  before: readonly TileName[],
  people: readonly Person[],
  capacity: number,
  heard: ReadonlyMap<ParticipantId, number>,
): TileName[] {
  const byTile = new Map(people.map((person) => [person.tile, person]));
  const kept = before.filter((tile) => byTile.has(tile));
  const known = new Set(kept);
  const order = [...kept, ...people.map((person) => person.tile).filter((tile) => !known.has(tile))];
  if (order.length <= capacity) return order;
  const interest = (tile: TileName): number => interestOf(byTile.get(tile), heard);
  const waiting = order
    .slice(capacity)
    .filter((tile) => interest(tile) > 0)
    .sort((a, b) => interest(b) - interest(a));
  for (const tile of waiting) {
    const place = leastInteresting(order.slice(0, capacity), interest);
    const shown = order[place];
    if (shown === undefined || interest(shown) >= interest(tile)) break;
    order[order.indexOf(tile)] = shown;
    order[place] = tile;
  }
  return order;
}

/** Oneself always, then raised hands, then the latest heard; 0 for who never was. */
function interestOf(person: Person | undefined, heard: ReadonlyMap<ParticipantId, number>): number {
  if (!person) return 0;
  if (person.self) return Number.POSITIVE_INFINITY;
  const spoke = heard.get(person.participant) ?? 0;
  return person.hand ? Number.MAX_SAFE_INTEGER : spoke;
}

function leastInteresting(tiles: readonly TileName[], interest: (tile: TileName) => number): number {
  let place = 0;
  tiles.forEach((tile, index) => {
    const least = tiles[place];
    // Of equals the last one, farthest from where eyes rest.
    if (least === undefined || interest(tile) <= interest(least)) place = index;
  });
  return place;
}
