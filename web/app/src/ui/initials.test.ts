import { expect, test } from "vitest";
import { hueOf, initials } from "./initials";

test.each([
  ["Ann", "A"],
  ["ann marie lee", "AL"],
  ["王小明", "王"],
  ["  (Ben) Q. ", "BQ"],
  ["👩‍🚀 Zoe", "👩‍🚀Z"],
  ["", "?"],
  ["***", "?"],
])("%j stands as %j", (name, letters) => expect(initials(name)).toBe(letters));

test("an id keeps its hue, and ids differ", () => {
  expect(hueOf("guest-1")).toBe(hueOf("guest-1"));
  const hues = new Set(Array.from({ length: 200 }, (_, at) => hueOf(`guest-${at}`)));
  expect(hues.size).toBe(18);
});
