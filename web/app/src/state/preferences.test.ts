import { expect, test } from "vitest";
import { parsePreferences } from "./preferences";

test("nothing, nonsense and foreign types give the defaults", () => {
  const defaults = parsePreferences(null);
  expect(defaults.theme).toBe("system");
  expect(defaults).not.toHaveProperty("microphone");
  for (const text of ["", "{", "null", "[]", '"dark"', '{"theme":"pink","sounds":1,"dismissed":7,"microphone":4}'])
    expect(parsePreferences(text)).toEqual(defaults);
});

test("what is well kept stays", () => {
  const text = '{"theme":"dark","language":"zh","notifications":true,"camera":"abc","dismissed":["https",3]}';
  expect(parsePreferences(text)).toMatchObject({
    theme: "dark",
    language: "zh",
    notifications: true,
    camera: "abc",
    dismissed: ["https"],
  });
});
