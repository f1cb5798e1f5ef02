import { describe, expect, it } from "vitest";
import { personTile, type Person } from "../arrange/people";
import { happeningsOf } from "./happenings";

const person = (participant: number, change: Partial<Person> = {}): Person => ({
  tile: personTile(participant),
  participant,
  user: "u",
  name: `P${participant}`,
  self: participant === 1,
  hand: false,
  away: false,
  ...change,
});

describe("happeningsOf", () => {
  it("names who came and who left", () => {
    expect(happeningsOf([person(1), person(2)], [person(1), person(3)])).toEqual([
      { is: "joined", name: "P3" },
      { is: "left", name: "P2" },
    ]);
  });

  it("counts a crowd", () => {
    const crowd = [2, 3, 4, 5].map((number) => person(number));
    expect(happeningsOf([person(1)], [person(1), ...crowd])).toEqual([{ is: "many-joined", count: 4 }]);
    expect(happeningsOf([person(1), ...crowd], [person(1)])).toEqual([{ is: "many-left", count: 4 }]);
  });

  it("tells of a hand and a screen once, and only of others", () => {
    const before = [person(1), person(2)];
    const after = [person(1, { hand: true, screen: 9 }), person(2, { hand: true, screen: 4 })];
    expect(happeningsOf(before, after)).toEqual([
      { is: "hand", name: "P2" },
      { is: "shares", name: "P2" },
    ]);
    expect(happeningsOf(after, after)).toEqual([]);
    expect(happeningsOf(after, before)).toEqual([]);
  });
});
