/** The best grid for a number of equal tiles in a box: pure arithmetic. */

/** Tiles one page holds at most. */
export const TILES_PER_PAGE_MAX = 49;

export interface Box {
  readonly widthPx: number;
  readonly heightPx: number;
}

/** A tile's place, from the box's start and top edge. */
export interface Place extends Box {
  readonly xPx: number;
  readonly yPx: number;
}

export interface GridRules {
  readonly gapPx: number;
  /** Width over height; a tile takes any shape in between, so that it fills its cell. */
  readonly aspectMin: number;
  readonly aspectMax: number;
  /** Tiles narrower or lower than this go on another page. */
  readonly tileMin: Box;
}

export interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly tile: Box;
}

/** The grid in which `count` tiles show the most picture. */
export function gridOf(count: number, box: Box, rules: GridRules): Grid {
  let best: Grid = { columns: 1, rows: Math.max(1, count), tile: { widthPx: 0, heightPx: 0 } };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    // A column that stays empty only makes tiles smaller.
    if (Math.ceil(count / rows) < columns) continue;
    const tile = tileIn(box, columns, rows, rules);
    if (area(tile) > area(best.tile)) best = { columns, rows, tile };
  }
  return best;
}

/** How many tiles a page of this size holds: as many as are not too small, 49 at most, one at least. */
export function capacityOf(box: Box, rules: GridRules): number {
  for (let count = TILES_PER_PAGE_MAX; count > 1; count -= 1) {
    const { tile } = gridOf(count, box, rules);
    if (tile.widthPx >= rules.tileMin.widthPx && tile.heightPx >= rules.tileMin.heightPx) return count;
  }
  return 1;
}

/** Places of `count` tiles, the grid in the middle of the box and a last row that is not full in the middle too. */
export function placesOf(count: number, box: Box, rules: GridRules): Place[] {
  if (count === 0) return [];
  const { columns, rows, tile } = gridOf(count, box, rules);
  const top = (box.heightPx - extent(rows, tile.heightPx, rules.gapPx)) / 2;
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = Math.min(columns, count - row * columns);
    const start = (box.widthPx - extent(inRow, tile.widthPx, rules.gapPx)) / 2;
    return {
      xPx: Math.round(start + (index % columns) * (tile.widthPx + rules.gapPx)),
      yPx: Math.round(top + row * (tile.heightPx + rules.gapPx)),
      widthPx: Math.floor(tile.widthPx),
      heightPx: Math.floor(tile.heightPx),
    };
  });
}

function tileIn(box: Box, columns: number, rows: number, rules: GridRules): Box {
  const width = Math.max(0, (box.widthPx - rules.gapPx * (columns - 1)) / columns);
  const height = Math.max(0, (box.heightPx - rules.gapPx * (rows - 1)) / rows);
  if (width > height * rules.aspectMax) return { widthPx: height * rules.aspectMax, heightPx: height };
  if (width < height * rules.aspectMin) return { widthPx: width, heightPx: width / rules.aspectMin };
  return { widthPx: width, heightPx: height };
}

const extent = (count: number, sizePx: number, gapPx: number): number => count * sizePx + (count - 1) * gapPx;
const area = (box: Box): number => box.widthPx * box.heightPx;
