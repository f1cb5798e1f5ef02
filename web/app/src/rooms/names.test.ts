import { NAME_BYTES_MAX } from "@greenroom/client";
import { describe, expect, it } from "vitest";
import { charactersOver, fits, nameFault } from "./names";

describe("nameFault", () => {
  it("refuses blanks", () => expect(nameFault(" \t\n")).toEqual({ is: "empty" }));
  it("takes what just fits, counted in bytes", () => expect(nameFault("é".repeat(NAME_BYTES_MAX / 2))).toBeUndefined());
  it("says by how much a name is too long", () =>
    expect(nameFault("舱".repeat(43))).toEqual({ is: "long", byCharacters: 1 }));
  it("does not count blanks around it", () => expect(nameFault(`  ${"a".repeat(NAME_BYTES_MAX)}  `)).toBeUndefined());
});

describe("charactersOver", () => {
  const limits = { bytesMax: 8, charactersMax: 4 };
  it("counts nothing where all fits", () => expect(charactersOver("舱ab", limits)).toBe(0));
  it("counts what is beyond the characters", () => expect(charactersOver("abcdef", limits)).toBe(2));
  it("counts what is beyond the bytes", () => expect(charactersOver("舱舱舱舱", limits)).toBe(2));
});

describe("fits", () => {
  it("ignores case and accents", () => expect(fits("Éva Müller", "eva mu")).toBe(true));
  it("finds part of a Chinese name", () => expect(fits("三号病区", "病区")).toBe(true));
  it("does not find what is not there", () => expect(fits("Bridge", "deck")).toBe(false));
});
