/** Which slot shows which tile: pure. A tile keeps its slot, and a picture that is there already is used first. */

import type { SlotInfo, TileFrame } from "../protocol/call-frames.js";
import type { Tile, TrackId } from "./api.js";

/** More slots than this are never asked for. */
export const VIDEO_SLOTS_MAX = 49;
/** How many video slots there are, by steps, so that a call that grows asks for more only a few times. */
export const VIDEO_SLOTS_STEPS = [9, 16, 25, 36, VIDEO_SLOTS_MAX] as const;

/** A video slot as the assignment needs it. */
export interface SlotPlace {
  readonly mid: string;
  /** Takes every codec; the others take only those that nearly everybody sends. */
  readonly wide: boolean;
}

/** Which slots a publication can be shown in: any; wide ones for sure; only wide ones. */
export type SlotNeed = "any" | "rather_wide" | "wide";

/** Tile by slot: `mid` → the tile's name. */
export type Assignment = ReadonlyMap<string, string>;

/** How many slots so many tiles want. */
export function slotsFor(tiles: number): number {
  return VIDEO_SLOTS_STEPS.find((step) => step >= tiles) ?? VIDEO_SLOTS_MAX;
}

/** The tiles that can be shown at all: each name once, the most important when there are too many. */
export function admitted(tiles: readonly Tile[]): readonly Tile[] {
  const unique = [...new Map(tiles.map((tile) => [tile.tile, tile])).values()];
  if (unique.length <= VIDEO_SLOTS_MAX) return unique;
  const byImportance = [...unique].sort(
    (one, other) => Number(other.pinned) - Number(one.pinned) || other.priority - one.priority,
  );
  const kept = new Set(byImportance.slice(0, VIDEO_SLOTS_MAX));
  return unique.filter((tile) => kept.has(tile));
}

/**
 * Finds a slot for each tile. In this order: the slot it has, if its picture is in it or nowhere; the slot its picture
 * is in; the slot it has; an empty one; any. `need` says which slots a track takes.
 */
export function assign(
  tiles: readonly Tile[],
  places: readonly SlotPlace[],
  before: Assignment,
  shown: ReadonlyMap<string, SlotInfo>,
  need: (track: TrackId) => SlotNeed,
): Map<string, string> {
  const result = new Map<string, string>();
  const homes = new Map([...before].map(([mid, tile]) => [tile, mid]));
  let waiting = admitted(tiles);
  const rounds: readonly ((tile: Tile, place: SlotPlace) => boolean)[] = [
    (tile, { mid }) => homes.get(tile.tile) === mid && isIn(tile, shown.get(mid)),
    (tile, { mid }) => isIn(tile, shown.get(mid)),
    (tile, { mid }) => homes.get(tile.tile) === mid,
    (_, { mid }) => !before.has(mid),
    () => true,
  ];
  for (const fits of rounds) {
    waiting = waiting.filter((tile) => {
      const candidates = places.filter((place) => !result.has(place.mid) && takes(place, needOf(tile, need)));
      // A wide slot is left to those who need it.
      const found = candidates.filter((place) => fits(tile, place)).sort((a, b) => Number(a.wide) - Number(b.wide));
      const [place] = needOf(tile, need) === "any" ? found : found.reverse();
      if (place === undefined) return true;
      result.set(place.mid, tile.tile);
      return false;
    });
  }
  return result;
}

/** The `tiles` of `call.layout`. */
export function layoutOf(tiles: readonly Tile[], assignment: Assignment): readonly TileFrame[] {
  const byName = new Map(tiles.map((tile) => [tile.tile, tile]));
  return [...assignment].flatMap(([mid, name]) => {
    const tile = byName.get(name);
    if (tile === undefined) return [];
    return {
      mid,
      show: tile.show,
      width: pixels(tile.widthPx),
      height: pixels(tile.heightPx),
      priority: Math.min(255, Math.max(0, Math.round(tile.priority))),
      pinned: tile.pinned,
    };
  });
}

const PIXELS_MAX = 65_535;

const pixels = (size: number): number => Math.min(PIXELS_MAX, Math.max(0, Math.round(size) || 0));

const isIn = (tile: Tile, slot: SlotInfo | undefined): boolean =>
  tile.show !== "speaker" && slot?.track === tile.show.track;

const needOf = (tile: Tile, need: (track: TrackId) => SlotNeed): SlotNeed =>
  tile.show === "speaker" ? "rather_wide" : need(tile.show.track);

const takes = (place: SlotPlace, need: SlotNeed): boolean => place.wide || need !== "wide";
