import { describe, expect, it } from "vitest";
import { focusOf, lastSpeaker, mayFloat, orderOf, type Attention } from "./attention";
import { personTile, screenTile, screensOf, type Person, type TileName } from "./people";

const person = (participant: number, change: Partial<Person> = {}): Person => ({
  tile: personTile(participant),
  participant,
  user: `user-${participant}`,
  name: `Person ${participant}`,
  self: participant === 1,
  hand: false,
  away: false,
  ...change,
});
const people = (count: number): Person[] => Array.from({ length: count }, (_, index) => person(index + 1));
const attention = (change: Partial<Attention>): Attention => {
  const there = change.people ?? people(3);
  return {
    mode: "grid",
    pinned: undefined,
    speaker: 2,
    demoted: undefined,
    people: there,
    screens: screensOf(there),
    ...change,
  };
};

describe("lastSpeaker", () => {
  it("follows the loudest other, never oneself", () => {
    expect(lastSpeaker(undefined, [1, 3], people(3))).toBe(3);
  });

  it("stays with who speaks while another joins in, and while nobody does", () => {
    expect(lastSpeaker(2, [3, 2], people(3))).toBe(2);
    expect(lastSpeaker(2, [], people(3))).toBe(2);
    expect(lastSpeaker(2, [3], people(3))).toBe(3);
  });

  it("lets go of who left, and of all when alone", () => {
    expect(lastSpeaker(9, [], people(3))).toBe(2);
    expect(lastSpeaker(9, [1], people(1))).toBeUndefined();
  });
});

describe("focusOf", () => {
  it("prefers the pinned tile, then a screen, then the speaker", () => {
    const shared = [...people(2), person(3, { screen: 7 })];
    expect(focusOf(attention({ people: shared, pinned: personTile(2) }))).toBe(personTile(2));
    expect(focusOf(attention({ people: shared }))).toBe(screenTile(7));
    expect(focusOf(attention({ people: shared, demoted: screenTile(7) }))).toBeUndefined();
    expect(focusOf(attention({ mode: "speaker" }))).toBe(personTile(2));
    expect(focusOf(attention({}))).toBeUndefined();
  });

  it("forgets a pin whose tile has gone, and never blows up one's own screen", () => {
    expect(focusOf(attention({ pinned: personTile(8) }))).toBeUndefined();
    expect(focusOf(attention({ people: [person(1, { screen: 4 })] }))).toBeUndefined();
  });
});

describe("orderOf", () => {
  const tiles = (...numbers: number[]): TileName[] => numbers.map(personTile);

  it("keeps places, drops who left, puts newcomers last", () => {
    expect(orderOf(tiles(3, 1, 9), people(4), 49, new Map())).toEqual(tiles(3, 1, 2, 4));
  });

  it("brings who was heard onto the first page, in place of the least heard", () => {
    const heard = new Map([
      [5, 20],
      [2, 10],
    ]);
    expect(orderOf(tiles(1, 2, 3, 4, 5), people(5), 3, heard)).toEqual(tiles(1, 2, 5, 4, 3));
  });

  it("does not move anyone when all on the page are as interesting", () => {
    const heard = new Map([
      [2, 30],
      [3, 20],
      [5, 10],
    ]);
    expect(orderOf(tiles(1, 2, 3, 4, 5), people(5), 3, heard)).toEqual(tiles(1, 2, 3, 4, 5));
  });

  it("lets a raised hand go before a voice, and oneself stay", () => {
    const some = [person(1), person(2), person(3), person(4, { hand: true })];
    expect(orderOf(tiles(1, 2, 3, 4), some, 2, new Map([[2, 50]]))).toEqual(tiles(1, 4, 3, 2));
  });
});

describe("mayFloat", () => {
  it("lets one's picture float over a few large tiles, not over small ones", () => {
    expect(mayFloat(1, undefined, 0)).toBe(false);
    expect(mayFloat(2, undefined, 0)).toBe(true);
    expect(mayFloat(7, undefined, 0)).toBe(false);
    expect(mayFloat(2, personTile(2), 0)).toBe(true);
    expect(mayFloat(2, screenTile(9), 1)).toBe(false);
    expect(mayFloat(4, personTile(2), 0)).toBe(false);
  });
});
