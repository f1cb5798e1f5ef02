import { describe, expect, it } from "vitest";
import { arrange, type Scene } from "./arrangement";
import { personTile, screenTile, type TileName } from "./people";

const WIDE = { widthPx: 1280, heightPx: 680 };
const UPRIGHT = { widthPx: 374, heightPx: 640 };
const people = (count: number): TileName[] => Array.from({ length: count }, (_, index) => personTile(index + 1));
const scene = (change: Partial<Scene>): Scene => ({
  box: WIDE,
  mode: "grid",
  tiles: people(4),
  focus: undefined,
  page: 0,
  gapPx: 8,
  ...change,
});

describe("arrange", () => {
  it("shows 1 to 49 on one page, and pages beyond", () => {
    expect(arrange(scene({ tiles: people(49) }))).toMatchObject({ page: 0, pages: 1 });
    const second = arrange(scene({ tiles: people(60), page: 1 }));
    expect(second).toMatchObject({ page: 1, pages: 2 });
    expect(second.placed.map((placed) => placed.tile)).toEqual(people(60).slice(49));
  });

  it("falls back to the last page when the page it was on has gone", () => {
    expect(arrange(scene({ tiles: people(10), page: 3 })).page).toBe(0);
  });

  it("gives the focus a place of its own, once", () => {
    const focus = screenTile(9);
    for (const mode of ["grid", "speaker", "side"] as const) {
      for (const box of [WIDE, UPRIGHT]) {
        const { placed } = arrange(scene({ mode, box, focus, tiles: [focus, ...people(3)] }));
        expect(placed.filter(({ tile }) => tile === focus)).toHaveLength(1);
        expect(placed[0]).toMatchObject({ tile: focus, part: "focus", xPx: 0, yPx: 0 });
        expect(placed).toHaveLength(4);
        const large = placed[0] ?? expect.fail("no focus");
        for (const other of placed.slice(1)) {
          expect(other.part).toBe("beside");
          expect(other.widthPx * other.heightPx).toBeLessThan(large.widthPx * large.heightPx);
          expect(other.xPx >= large.widthPx || other.yPx >= large.heightPx).toBe(true);
        }
      }
    }
  });

  it("stands the others below in speaker view and at the side in side by side", () => {
    const [focus] = people(1);
    const below = arrange(scene({ mode: "speaker", focus }));
    const beside = arrange(scene({ mode: "side", focus }));
    expect(below.placed.slice(1).every(({ yPx }) => yPx > 500)).toBe(true);
    expect(beside.placed.slice(1).every(({ xPx }) => xPx > 800)).toBe(true);
  });

  it("fills everything with a focus that is alone", () => {
    const [focus] = people(1);
    expect(arrange(scene({ mode: "speaker", focus, tiles: people(1) })).placed).toEqual([
      { tile: focus, part: "focus", xPx: 0, yPx: 0, ...WIDE },
    ]);
  });

  it("pages a strip that is too short for all", () => {
    const tiles = people(30);
    const { placed, pages } = arrange(scene({ mode: "speaker", focus: tiles[0], tiles, box: UPRIGHT }));
    expect(pages).toBeGreaterThan(1);
    expect(placed.length).toBeLessThan(30);
  });
});
