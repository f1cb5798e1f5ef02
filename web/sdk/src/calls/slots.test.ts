import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SlotInfo } from "../protocol/call-frames.js";
import type { Tile } from "./api.js";
import { admitted, assign, layoutOf, slotsFor, VIDEO_SLOTS_MAX, type SlotNeed, type SlotPlace } from "./slots.js";

const tile = (name: string, show: Tile["show"], more: Partial<Tile> = {}): Tile => ({
  tile: name,
  show,
  widthPx: 320,
  heightPx: 180,
  priority: 100,
  pinned: false,
  ...more,
});

const places = (count: number, wide = count): SlotPlace[] =>
  Array.from({ length: count }, (_, place) => ({ mid: `m${place}`, wide: place < wide }));

const live = (mid: string, track: number): SlotInfo => ({ mid, track, participant: track, state: "live" });

const any = (): SlotNeed => "any";

describe("assign", () => {
  it("keeps a tile in its slot when others come, go and change order", () => {
    const first = assign([tile("a", { track: 1 }), tile("b", { track: 2 })], places(4), new Map(), new Map(), any);
    const tiles = [tile("c", { track: 3 }), tile("b", { track: 2 }), tile("a", { track: 1 })];
    const second = assign(tiles, places(4), first, new Map(), any);
    for (const [mid, name] of first) expect(second.get(mid)).toBe(name);
    const third = assign([tile("b", { track: 2 })], places(4), second, new Map(), any);
    expect([...third]).toEqual([...second].filter(([, name]) => name === "b"));
  });

  it("finds a picture that is in a slot already, under another name of the tile", () => {
    const shown = new Map([["m2", live("m2", 7)]]);
    expect([...assign([tile("main", { track: 7 })], places(4), new Map(), shown, any)]).toEqual([["m2", "main"]]);
  });

  it("lets two tiles exchange what they show without moving the pictures", () => {
    const before = new Map([
      ["m0", "a"],
      ["m1", "b"],
    ]);
    const shown = new Map([
      ["m0", live("m0", 1)],
      ["m1", live("m1", 2)],
    ]);
    const after = assign([tile("a", { track: 2 }), tile("b", { track: 1 })], places(2), before, shown, any);
    expect(Object.fromEntries(after)).toEqual({ m0: "b", m1: "a" });
  });

  it("keeps a speaker's tile in its slot whoever speaks", () => {
    const before = new Map([["m1", "speaker"]]);
    const shown = new Map([["m1", live("m1", 4)]]);
    expect(assign([tile("speaker", "speaker")], places(3), before, shown, any).get("m1")).toBe("speaker");
  });

  it("leaves wide slots to what needs them", () => {
    const need = (track: number): SlotNeed => (track === 9 ? "wide" : "any");
    const tiles = [tile("a", { track: 1 }), tile("b", { track: 9 })];
    expect(Object.fromEntries(assign(tiles, places(2, 1), new Map(), new Map(), need))).toEqual({ m1: "a", m0: "b" });
    const two = [tile("b", { track: 9 }), tile("c", { track: 9 })];
    expect(assign(two, places(2, 1), new Map(), new Map(), need).size).toBe(1);
  });

  it("gives every tile at most one slot and every slot at most one tile, and uses all it can", () => {
    const names = fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 30 });
    fc.assert(
      fc.property(names, names, fc.integer({ min: 0, max: 30 }), (before, now, count) => {
        const of = (numbers: number[]): Tile[] => numbers.map((track) => tile(`t${track}`, { track }));
        const first = assign(of(before), places(count), new Map(), new Map(), any);
        const shown = new Map([...first].map(([mid, name]) => [mid, live(mid, Number(name.slice(1)))]));
        const second = assign(of(now), places(count), first, shown, any);
        expect(new Set(second.values()).size).toBe(second.size);
        expect(second.size).toBe(Math.min(count, now.length));
        // Whoever was shown and fits stays where they were.
        for (const [mid, name] of first) {
          if (now.includes(Number(name.slice(1)))) expect(second.get(mid)).toBe(name);
        }
      }),
    );
  });
});

describe("admitted", () => {
  it("drops the least important of too many, and keeps the order", () => {
    const many = Array.from({ length: 60 }, (_, place) => tile(`t${place}`, "speaker", { priority: place }));
    const pinned = tile("pin", "speaker", { priority: 0, pinned: true });
    const kept = admitted([...many, pinned]);
    expect(kept).toHaveLength(VIDEO_SLOTS_MAX);
    expect(kept.at(-1)).toBe(pinned);
    expect(kept[0]?.tile).toBe("t12");
  });

  it("takes the last of one name", () => {
    expect(admitted([tile("a", { track: 1 }), tile("a", { track: 2 })])).toEqual([tile("a", { track: 2 })]);
  });
});

it("slots grow by steps and no further than 49", () => {
  expect([0, 9, 10, 17, 37, 80].map(slotsFor)).toEqual([9, 9, 16, 25, 49, 49]);
});

it("a layout holds whole numbers within their ranges", () => {
  const wild = tile("a", "speaker", { widthPx: 99_999.5, heightPx: Number.NaN, priority: 300 });
  expect(layoutOf([wild], new Map([["m0", "a"]]))).toEqual([
    { mid: "m0", show: "speaker", width: 65_535, height: 0, priority: 255, pinned: false },
  ]);
});
