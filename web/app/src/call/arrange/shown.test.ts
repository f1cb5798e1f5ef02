import { describe, expect, it } from "vitest";
import { personTile, screenTile, type Person } from "./people";
import { tilesWanted, type Visible } from "./shown";

const person = (participant: number, change: Partial<Person> = {}): Person => ({
  tile: personTile(participant),
  participant,
  user: "u",
  name: "n",
  self: false,
  hand: false,
  away: false,
  ...change,
});
const place = { xPx: 0, yPx: 0, widthPx: 320, heightPx: 180 };
const ann = person(2, { camera: 21, screen: 22 });
const visible = (change: Partial<Visible>): Visible => ({
  placed: [],
  people: [person(1, { self: true, camera: 11 }), ann, person(3)],
  screens: [{ tile: screenTile(22), track: 22, by: ann }],
  speaking: new Set(),
  pinned: undefined,
  pixelRatio: 2,
  ...change,
});

describe("tilesWanted", () => {
  it("asks for a camera in device pixels, and for a screen", () => {
    const placed = [
      { tile: screenTile(22), part: "focus", ...place } as const,
      { tile: personTile(2), part: "beside", ...place } as const,
    ];
    expect(tilesWanted(visible({ placed, pinned: screenTile(22) }))).toEqual([
      { tile: "screen:22", show: { track: 22 }, widthPx: 640, heightPx: 360, priority: 255, pinned: true },
      { tile: "person:2", show: { track: 21 }, widthPx: 640, heightPx: 360, priority: 80, pinned: false },
    ]);
  });

  it("asks for nothing of oneself, of who has no camera, and of who is not on screen", () => {
    const placed = [
      { tile: personTile(1), part: "grid", ...place } as const,
      { tile: personTile(3), part: "grid", ...place } as const,
    ];
    expect(tilesWanted(visible({ placed }))).toEqual([]);
  });

  it("puts who speaks before who is silent", () => {
    const placed = [{ tile: personTile(2), part: "beside", ...place } as const];
    const [quiet] = tilesWanted(visible({ placed }));
    const [loud] = tilesWanted(visible({ placed, speaking: new Set([2]) }));
    expect(loud?.priority).toBeGreaterThan(quiet?.priority ?? Infinity);
  });
});
