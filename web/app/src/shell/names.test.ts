import { expect, test } from "vitest";
import { checkName } from "./names";

test.each([
  ["", { is: "empty" }],
  ["  \t", { is: "empty" }],
  ["Ann", undefined],
  ["a".repeat(64), undefined],
  ["a".repeat(65), { is: "long", byCharacters: 1 }],
  ["名".repeat(42), undefined],
  ["名".repeat(50), { is: "long", byCharacters: 8 }],
] as const)("%j: %j", (name, fault) => expect(checkName(name)).toEqual(fault));
