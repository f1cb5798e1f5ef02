import { expect, test } from "vitest";
import { checkName } from "./names";

test.each([
  ["", "empty"],
  ["  \t", "empty"],
  ["Ann", "fine"],
  ["a".repeat(64), "fine"],
  ["a".repeat(65), "too-long"],
  ["名".repeat(42), "fine"],
  ["名".repeat(43), "too-long"],
] as const)("%j is %s", (name, verdict) => expect(checkName(name)).toBe(verdict));
