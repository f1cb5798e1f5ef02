import { expect, it } from "vitest";
import type { SlotInfo } from "../protocol/call-frames.js";
import { shows, SWITCH_MAX_MS } from "./shown.js";

const live = (participant: number): SlotInfo => ({ mid: "0", state: "live", track: participant * 10, participant });
const shown = (participant: number, tile = "main") => ({ participant, track: participant * 10, tile });

it("a first picture is shown when it came, not when it was announced", () => {
  const before = shows(live(1), "main", undefined, undefined, 0);
  expect(before).toMatchObject({ slot: { state: "paused", track: 10, participant: 1 }, waits: true });
  expect(before.slot.reason).toBeUndefined();
  const after = shows(live(1), "main", undefined, 1, 40);
  expect(after).toEqual({
    slot: { state: "live", track: 10, participant: 1, tile: "main" },
    shown: shown(1),
    waits: false,
  });
});

it("a tile keeps the picture and the name it had until the next one came", () => {
  const before = shows(live(2), "main", shown(1), 1, 0);
  expect(before).toMatchObject({ slot: { state: "live", track: 10, participant: 1 }, shown: shown(1), waits: true });
  expect(shows(live(2), "main", shown(1), 2, 100).slot).toMatchObject({ state: "live", participant: 2 });
});

it("another tile never shows the picture of the one before", () => {
  expect(shows(live(2), "other", shown(1), 1, 0).slot).toMatchObject({
    state: "paused",
    participant: 2,
    tile: "other",
  });
});

it("the server's word is taken in the end", () => {
  expect(shows(live(2), "main", shown(1), undefined, SWITCH_MAX_MS)).toMatchObject({
    slot: { state: "live", participant: 2 },
    waits: false,
  });
});

it("what is paused or empty is so at once", () => {
  const paused: SlotInfo = { ...live(2), state: "paused", reason: "muted" };
  expect(shows(paused, "main", shown(1), 1, 0)).toMatchObject({
    slot: { state: "paused", reason: "muted" },
    waits: false,
  });
  expect(shows({ mid: "0", state: "empty" }, "main", shown(1), 1, 0).slot).toEqual({ state: "empty", tile: "main" });
  expect(shows(undefined, undefined, undefined, undefined, 0).slot).toEqual({ state: "empty" });
});
