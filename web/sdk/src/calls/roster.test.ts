import { expect, it } from "vitest";
import type { ParticipantInfo } from "../protocol/call-frames.js";
import type { UserId } from "../protocol/values.js";
import { changed, EMPTY_ROSTER, fresh, judged, participants, wasMuted } from "./roster.js";

const entry = (participant: number, more: Partial<ParticipantInfo> = {}): ParticipantInfo => ({
  participant,
  user: `user-${participant}` as UserId,
  name: `User ${participant}`,
  hand: false,
  state: "connected",
  tracks: [],
  ...more,
});

it("keeps who is there, in order of arrival, and forgets who left with what was said of them", () => {
  let roster = judged(fresh(EMPTY_ROSTER, [entry(2), entry(1)]), [{ participant: 2, score: 80, reason: "link" }]);
  expect(participants(roster).map(({ participant }) => participant)).toEqual([1, 2]);
  expect(participants(roster)[1]?.quality).toEqual({ score: 80, reason: "link" });
  roster = changed(roster, [entry(3), entry(1, { hand: true })], [2]);
  expect(participants(roster).map(({ participant, hand }) => [participant, hand])).toEqual([
    [1, true],
    [3, false],
  ]);
  expect(participants(changed(roster, [entry(2)], []))[1]?.quality).toBeUndefined();
});

it("ignores a judgement of somebody unknown", () => {
  expect(judged(EMPTY_ROSTER, [{ participant: 9, score: 1 }]).qualities.size).toBe(0);
});

it("keeps the lines of one's own tracks when the server tells of oneself without them", () => {
  const own = { track: 5, source: "microphone", muted: false } as const;
  const roster = fresh(EMPTY_ROSTER, [entry(1, { tracks: [{ ...own, mid: "3" }] })]);
  const after = changed(roster, [entry(1, { tracks: [{ ...own, muted: true }] })], []);
  expect(after.entries.get(1)?.tracks).toEqual([{ ...own, muted: true, mid: "3" }]);
  expect(participants(after)[0]?.tracks).toEqual([{ track: 5, source: "microphone", muted: true }]);
});

it("gives views the same object while nothing changed of somebody", () => {
  const roster = fresh(EMPTY_ROSTER, [entry(1), entry(2)]);
  const before = participants(roster);
  const after = participants(judged(roster, [{ participant: 2, score: 50 }]));
  expect(after[0]).toBe(before[0]);
  expect(after[1]).not.toBe(before[1]);
});

it("knows who was muted meanwhile by somebody else", () => {
  const of = (muted: boolean) =>
    fresh(EMPTY_ROSTER, [entry(1, { tracks: [{ track: 5, source: "microphone", muted }] })]);
  expect(wasMuted(of(false), of(true), 1)).toBe(true);
  expect(wasMuted(of(true), of(true), 1)).toBe(false);
  expect(wasMuted(of(true), of(false), 1)).toBe(false);
  expect(wasMuted(EMPTY_ROSTER, of(true), 1)).toBe(false);
});
