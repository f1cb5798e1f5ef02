import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { capacityOf, gridOf, placesOf, TILES_PER_PAGE_MAX, type GridRules } from "./grid";

const RULES: GridRules = {
  gapPx: 8,
  aspectMin: 1,
  aspectMax: 16 / 9,
  tileMin: { widthPx: 104, heightPx: 62 },
};
const boxes = fc.record({
  widthPx: fc.integer({ min: 200, max: 3840 }),
  heightPx: fc.integer({ min: 200, max: 2160 }),
});
const counts = fc.integer({ min: 1, max: TILES_PER_PAGE_MAX });

describe("gridOf", () => {
  it("gives one tile all of a box of its shape", () => {
    expect(gridOf(1, { widthPx: 1600, heightPx: 900 }, RULES).tile).toEqual({ widthPx: 1600, heightPx: 900 });
  });

  it("puts two side by side in a wide box and above each other in an upright one", () => {
    expect(gridOf(2, { widthPx: 1200, heightPx: 600 }, RULES)).toMatchObject({ columns: 2, rows: 1 });
    expect(gridOf(2, { widthPx: 390, heightPx: 700 }, RULES)).toMatchObject({ columns: 1, rows: 2 });
  });

  it("makes 49 tiles seven by seven on a wide screen", () => {
    expect(gridOf(49, { widthPx: 1600, heightPx: 900 }, RULES)).toMatchObject({ columns: 7, rows: 7 });
  });
});

describe("placesOf", () => {
  it("keeps every tile in the box, in shape, and off every other", () => {
    fc.assert(
      fc.property(counts, boxes, (count, box) => {
        const places = placesOf(count, box, RULES);
        expect(places).toHaveLength(count);
        places.forEach((a, index) => {
          expect(a.xPx).toBeGreaterThanOrEqual(0);
          expect(a.yPx).toBeGreaterThanOrEqual(0);
          expect(a.xPx + a.widthPx).toBeLessThanOrEqual(box.widthPx + 1);
          expect(a.yPx + a.heightPx).toBeLessThanOrEqual(box.heightPx + 1);
          for (const b of places.slice(index + 1)) {
            const beside = a.xPx + a.widthPx <= b.xPx || b.xPx + b.widthPx <= a.xPx;
            const above = a.yPx + a.heightPx <= b.yPx || b.yPx + b.heightPx <= a.yPx;
            expect(beside || above).toBe(true);
          }
        });
      }),
    );
  });

  it("centres a last row that is not full", () => {
    const [, , third] = placesOf(3, { widthPx: 1608, heightPx: 908 }, RULES);
    expect(third).toEqual({ xPx: 404, yPx: 458, widthPx: 800, heightPx: 450 });
  });
});

describe("capacityOf", () => {
  it("takes 49 on a desktop, fewer on a phone, and never none", () => {
    expect(capacityOf({ widthPx: 1280, heightPx: 680 }, RULES)).toBe(49);
    expect(capacityOf({ widthPx: 374, heightPx: 640 }, RULES)).toBeLessThan(49);
    expect(capacityOf({ widthPx: 10, heightPx: 10 }, RULES)).toBe(1);
  });

  it("holds tiles that are large enough", () => {
    fc.assert(
      fc.property(boxes, (box) => {
        const { tile } = gridOf(capacityOf(box, RULES), box, RULES);
        expect(tile.widthPx).toBeGreaterThanOrEqual(RULES.tileMin.widthPx);
        expect(tile.heightPx).toBeGreaterThanOrEqual(RULES.tileMin.heightPx);
      }),
    );
  });
});
