import { describe, expect, it } from "vitest";
import { cornerByKey, cornerFrom, cornerText, nearestCorner, within } from "./float";

const BOX = { widthPx: 1000, heightPx: 800 };
const SIZE = { widthPx: 200, heightPx: 100 };
const CORNERS = [
  { block: "start", inline: "start" },
  { block: "start", inline: "end" },
  { block: "end", inline: "start" },
  { block: "end", inline: "end" },
] as const;

describe("a floating window", () => {
  it("snaps to the nearest corner: the end is right, or left where text runs that way", () => {
    expect(nearestCorner({ xPx: 700, yPx: 600 }, SIZE, BOX, false)).toEqual({ block: "end", inline: "end" });
    expect(nearestCorner({ xPx: 700, yPx: 600 }, SIZE, BOX, true)).toEqual({ block: "end", inline: "start" });
    expect(nearestCorner({ xPx: 10, yPx: 300 }, SIZE, BOX, false)).toEqual({ block: "start", inline: "start" });
  });

  it("remembers every corner", () => {
    for (const corner of CORNERS) {
      expect(cornerFrom(cornerText(corner))).toEqual(corner);
    }
  });

  it("moves with the arrow pressed, whatever the direction of text", () => {
    const corner = { block: "start", inline: "start" } as const;
    expect(cornerByKey(corner, "ArrowRight", false)).toEqual({ block: "start", inline: "end" });
    expect(cornerByKey(corner, "ArrowRight", true)).toEqual({ block: "start", inline: "start" });
    expect(cornerByKey(corner, "ArrowDown", false)).toEqual({ block: "end", inline: "start" });
    expect(cornerByKey(corner, "Enter", false)).toBeUndefined();
  });

  it("stays in its box while dragged, and ignores a corner it cannot read", () => {
    expect(within({ xPx: -20, yPx: 5000 }, SIZE, BOX)).toEqual({ xPx: 0, yPx: 700 });
    expect(cornerFrom("middle")).toBeUndefined();
    expect(cornerFrom(null)).toBeUndefined();
  });
});
