import { expect, it } from "vitest";
import { excerptOf } from "./excerpt";

const shown = (text: string, wanted: string): string =>
  excerptOf(text, wanted)
    .map(({ text, hit }) => (hit ? `[${text}]` : text))
    .join("");

it.each([
  ["Hello world", "WORLD", "Hello [world]"],
  ["Crème brûlée", "creme", "[Crème] brûlée"],
  ["cre\u0300me", "creme", "[cre\u0300me]"],
  ["a a a", "a", "[a] [a] [a]"],
  ["many\n\n  lines", "lines", "many [lines]"],
  ["nothing", "x", "nothing"],
  ["nothing", " ", "nothing"],
  ["👩‍💻 works", "works", "👩‍💻 [works]"],
  ["ﬁne", "fine", "[ﬁne]"],
])("%j for %j", (text, wanted, expected) => expect(shown(text, wanted)).toBe(expected));

it("shows what is around the first hit of a long text", () => {
  const found = shown(`${"a ".repeat(300)}needle ${"b ".repeat(300)}`, "needle");
  expect(found).toMatch(/^… (a )+\[needle\] (b )+/);
  expect(found.length).toBeLessThan(320);
});
