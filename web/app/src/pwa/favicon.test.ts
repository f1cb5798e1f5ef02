import { expect, test } from "vitest";
import { faviconOf, titleOf } from "./favicon";

test("the icon shows what is loud, then what is unread", () => {
  const quiet = faviconOf({ unread: 0, loud: 0 });
  expect(decodeURIComponent(quiet)).not.toContain("#d92d20");
  expect(decodeURIComponent(faviconOf({ unread: 3, loud: 0 }))).not.toContain("<text");
  expect(decodeURIComponent(faviconOf({ unread: 3, loud: 2 }))).toContain(">2</text>");
  expect(decodeURIComponent(faviconOf({ unread: 99, loud: 12 }))).toContain(">9+</text>");
});

test("the title counts, and names the place", () => {
  expect(titleOf(undefined, { unread: 0 }, "Greenroom")).toBe("Greenroom");
  expect(titleOf("Bridge", { unread: 3 }, "Greenroom")).toBe("(3) Bridge · Greenroom");
  expect(titleOf("Bridge", { unread: 100 }, "Greenroom")).toBe("(99+) Bridge · Greenroom");
});
