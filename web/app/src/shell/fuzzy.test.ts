import { expect, test } from "vitest";
import { best, fit } from "./fuzzy";

const names = ["General", "Green engineering", "Design review", "Étage", "运维 值班"];
const find = (query: string) => best(query, names, (name) => name, 3);

test.each([
  ["gen", "General"],
  ["greng", "Green engineering"],
  ["dr", "Design review"],
  ["etage", "Étage"],
  ["值班", "运维 值班"],
  ["DESIGN R", "Design review"],
])("%j finds %j first", (query, name) => expect(find(query)[0]).toBe(name));

test("letters in another order find nothing", () => {
  expect(fit("neg", "General")).toBeUndefined();
  expect(find("xyz")).toEqual([]);
});

test("nothing typed keeps the order", () => expect(find("")).toEqual(names.slice(0, 3)));
