/** Where every tile goes: grid, speaker view, side by side; with a focus, a strip beside it, and pages. */

import { capacityOf, placesOf, TILES_PER_PAGE_MAX, type Box, type GridRules, type Place } from "./grid";
import type { TileName } from "./people";

/** What a person chooses. A shared screen or a pinned tile gets the focus in each of them. */
export type ViewMode = "grid" | "speaker" | "side";
export const VIEW_MODES: readonly ViewMode[] = ["grid", "speaker", "side"];

export interface Scene {
  readonly box: Box;
  readonly mode: ViewMode;
  /** Everything to show, in order; the focus is among them. */
  readonly tiles: readonly TileName[];
  readonly focus: TileName | undefined;
  readonly page: number;
  readonly gapPx: number;
}

export interface Placed extends Place {
  readonly tile: TileName;
  readonly part: "focus" | "beside" | "grid";
}

export interface Arrangement {
  readonly placed: readonly Placed[];
  readonly page: number;
  readonly pages: number;
}

const TILE_MIN: Box = { widthPx: 104, heightPx: 62 };
/** Tiles beside a focus. */
const STRIP_TILE: Box = { widthPx: 192, heightPx: 108 };
const STRIP_TILE_SMALL: Box = { widthPx: 112, heightPx: 84 };
/** Below this a box is a phone's. */
const NARROW_PX = 640;
/** Part of a wide box that the focus gets when the others stand at its side. */
const SIDE_FOCUS_PART = 0.66;
const SIDE_FOCUS_PART_UPRIGHT = 0.55;

/** Places the tiles of one page. */
export function arrange(scene: Scene): Arrangement {
  const { focus } = scene;
  if (focus === undefined || !scene.tiles.includes(focus)) return inGrid(scene, scene.tiles, whole(scene.box), "grid");
  const others = scene.tiles.filter((tile) => tile !== focus);
  if (others.length === 0) return { placed: [{ tile: focus, part: "focus", ...whole(scene.box) }], page: 0, pages: 1 };
  const [large, beside] = split(scene);
  const rest = inGrid(scene, others, beside, "beside");
  return { ...rest, placed: [{ tile: focus, part: "focus", ...large }, ...rest.placed] };
}

/** Tiles that fit on a page of the grid in this box. */
export const gridCapacity = (box: Box, gapPx: number): number => capacityOf(box, rulesOf(box, gapPx, "grid"));

function inGrid(scene: Scene, tiles: readonly TileName[], area: Place, part: "grid" | "beside"): Arrangement {
  const rules = rulesOf(area, scene.gapPx, part);
  const capacity = Math.min(TILES_PER_PAGE_MAX, capacityOf(area, rules));
  const pages = Math.max(1, Math.ceil(tiles.length / capacity));
  const page = Math.min(Math.max(0, scene.page), pages - 1);
  const shown = tiles.slice(page * capacity, (page + 1) * capacity);
  const placed = placesOf(shown.length, area, rules).flatMap((place, index) => {
    const tile = shown[index];
    return tile === undefined ? [] : [{ ...place, tile, part, xPx: place.xPx + area.xPx, yPx: place.yPx + area.yPx }];
  });
  return { placed, page, pages };
}

function rulesOf(box: Box, gapPx: number, part: "grid" | "beside"): GridRules {
  const upright = box.heightPx > box.widthPx;
  return {
    gapPx,
    aspectMin: part === "beside" ? 1.2 : upright ? 0.56 : 1,
    aspectMax: 16 / 9,
    tileMin: TILE_MIN,
  };
}

/** Cuts the box into the focus and what stands beside it. */
function split(scene: Scene): [Place, Place] {
  const { box, gapPx } = scene;
  if (scene.mode === "speaker") return cutBelow(box, box.heightPx - stripOf(box).heightPx - gapPx, gapPx);
  if (box.heightPx > box.widthPx) return cutBelow(box, Math.round(box.heightPx * SIDE_FOCUS_PART_UPRIGHT), gapPx);
  // In the grid a focus is an exception, a shared screen mostly: it gets all but a strip.
  const strip = box.widthPx - stripOf(box).widthPx - gapPx;
  return cutBeside(box, scene.mode === "side" ? Math.round(box.widthPx * SIDE_FOCUS_PART) : strip, gapPx);
}

const stripOf = (box: Box): Box =>
  Math.min(box.widthPx, box.heightPx * 1.6) < NARROW_PX ? STRIP_TILE_SMALL : STRIP_TILE;

function cutBeside(box: Box, widthPx: number, gapPx: number): [Place, Place] {
  const xPx = widthPx + gapPx;
  return [
    { xPx: 0, yPx: 0, widthPx, heightPx: box.heightPx },
    { xPx, yPx: 0, widthPx: Math.max(0, box.widthPx - xPx), heightPx: box.heightPx },
  ];
}

function cutBelow(box: Box, heightPx: number, gapPx: number): [Place, Place] {
  const yPx = Math.max(0, heightPx) + gapPx;
  return [
    { xPx: 0, yPx: 0, widthPx: box.widthPx, heightPx: Math.max(0, heightPx) },
    { xPx: 0, yPx, widthPx: box.widthPx, heightPx: Math.max(0, box.heightPx - yPx) },
  ];
}

const whole = (box: Box): Place => ({ xPx: 0, yPx: 0, ...box });
