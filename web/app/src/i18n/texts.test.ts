import { expect, test } from "vitest";
import { AREAS, type Texts } from "./areas";
import * as en from "./en";
import * as zh from "./zh";

/** Every key with the names it interpolates; the forms of a plural count as one. */
function shape(texts: Texts, prefix = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, text] of Object.entries(texts)) {
    if (typeof text !== "string") {
      for (const [inner, names] of shape(text, `${prefix}${key}.`)) found.set(inner, names);
      continue;
    }
    if (key.endsWith("_one")) continue; // may leave the number out
    const names = [...text.matchAll(/\{\{\s*(\w+)|<(\w+)>/g)].map(([, name, tag]) => name ?? `<${tag}>`);
    found.set(prefix + key, [...new Set(names)].sort().join(" "));
  }
  return found;
}

/** Paths of all texts that are empty or blank. */
function blank(texts: Texts): string[] {
  return Object.entries(texts).flatMap(([key, text]) =>
    typeof text === "string" ? (text.trim() === "" ? [key] : []) : blank(text),
  );
}

test.each(AREAS)("%s says the same in both languages", (area) => {
  expect(Object.fromEntries(shape(zh[area]))).toEqual(Object.fromEntries(shape(en[area])));
  expect(blank(en[area])).toEqual([]);
  expect(blank(zh[area])).toEqual([]);
});
