import { expect, test } from "vitest";
import { commandOf, keysOf, printed, SHORTCUTS, type Press } from "./shortcuts";

const press = (key: string, more: Partial<Press> = {}): Press => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...more,
});

test.each([
  [press("k", { ctrlKey: true }), false, "switcher"],
  [press("K", { ctrlKey: true }), false, "switcher"],
  [press("k", { metaKey: true }), false, undefined],
  [press("k", { metaKey: true }), true, "switcher"],
  [press("k", { ctrlKey: true }), true, undefined],
  [press("k", { ctrlKey: true, shiftKey: true }), false, undefined],
  [press("ArrowUp", { altKey: true }), false, "previousRoom"],
  [press("ArrowUp", { altKey: true, shiftKey: true }), false, "previousUnread"],
  [press("ArrowUp"), false, undefined],
  [press("F6"), false, "landmarks"],
  [press("F6", { shiftKey: true }), false, "landmarksBack"],
  [press("/", { ctrlKey: true }), false, "shortcuts"],
  [press("Enter"), false, undefined],
] as const)("%j, Apple %s: %s", (event, apple, command) => expect(commandOf(event, apple)).toBe(command));

test("no two commands have the same keys", () => {
  const keys = SHORTCUTS.filter((one) => "does" in one).map((one) => one.keys.join(" "));
  expect(new Set(keys).size).toBe(keys.length);
});

test("keys are named as they are printed", () => {
  expect(keysOf("switcher", false)).toBe("Ctrl+K");
  expect(keysOf("switcher", true)).toBe("⌘K");
  expect(printed(["Alt", "ArrowUp"], false, "Space")).toEqual(["Alt", "↑"]);
  expect(printed([" "], false, "Space")).toEqual(["Space"]);
});
