import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { RoomId } from "../protocol/values.js";
import { MARKER_MS_MIN, OwnMarkers, type Marker } from "./markers.js";

const ROOM = "6f1d7c0a5b2e4f3890aabbccddeeff01" as RoomId;
const at = (ms: number): Marker => [
  [ms, 0],
  ["a1a1a1a1a1a1a1a1" as Marker[1][0], 1],
];

const stage = () => {
  const said: number[] = [];
  const markers = new OwnMarkers((notice) => {
    if (notice.t === "read") said.push(notice.stamp[0]);
  });
  return { markers, said };
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("markers move forward only, and are said once a second", () => {
  const { markers, said } = stage();
  markers.begin();
  expect([3, 1, 4, 5].map((ms) => markers.read(ROOM, at(ms)))).toEqual([true, false, true, true]);
  expect(said).toEqual([3]);
  vi.advanceTimersByTime(MARKER_MS_MIN);
  expect(said).toEqual([3, 5]);
  vi.advanceTimersByTime(10 * MARKER_MS_MIN);
  expect(said).toEqual([3, 5]);
});

test("what was read offline, or before a reload, is said when the server turns out to lack it", () => {
  const { markers, said } = stage();
  markers.read(ROOM, at(3));
  markers.begin();
  expect(said).toEqual([]);
  markers.opened(ROOM, at(2), at(1));
  expect(said).toEqual([3]);
  markers.end();
  markers.begin();
  markers.opened(ROOM, at(3), at(3));
  expect(said).toEqual([3]);
  const fresh = stage();
  fresh.markers.begin();
  fresh.markers.opened(ROOM, at(7), undefined);
  expect(fresh.said).toEqual([7]);
});
