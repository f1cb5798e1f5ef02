import { describe, expect, it } from "vitest";
import { cornerByKey, cornerFrom, cornerText, nearestCorner, restingPlace, within } from "./float.js";

const BOX = { widthPx: 1000, heightPx: 800 };
const SIZE = { widthPx: 200, heightPx: 100 };
const CORNERS = [
  { block: "start", inline: "start" },
  { block: "start", inline: "end" },
  { block: "end", inline: "start" },
  { block: "end", inline: "end" },
] as const;

describe("a floating window", () => {
  it.each([false, true])("snaps back to the corner it rests in (right to left: %s)", (rightToLeft) => {
    for (const corner of CORNERS) {
      const at = restingPlace(corner, SIZE, BOX, 16, rightToLeft);
      expect(nearestCorner(at, SIZE, BOX, rightToLeft)).toEqual(corner);
      expect(cornerFrom(cornerText(corner), { block: "start", inline: "start" })).toEqual(corner);
    }
  });

  it("rests at the end of a line: right, or left where text runs that way", () => {
    const corner = { block: "end", inline: "end" } as const;
    expect(restingPlace(corner, SIZE, BOX, 16, false)).toEqual({ xPx: 784, yPx: 684 });
    expect(restingPlace(corner, SIZE, BOX, 16, true)).toEqual({ xPx: 16, yPx: 684 });
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
    expect(cornerFrom("middle", { block: "end", inline: "start" })).toEqual({ block: "end", inline: "start" });
    expect(cornerFrom(null, { block: "end", inline: "start" })).toEqual({ block: "end", inline: "start" });
  });
});
