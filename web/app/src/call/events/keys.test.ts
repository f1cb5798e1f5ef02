import { expect, it } from "vitest";
import { callKey, type Press } from "./keys";

const press = (key: string, change: Partial<Press> = {}): Press => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...change,
});

it("takes single letters except where somebody types", () => {
  expect(callKey(press("m"), "nothing")).toBe("microphone");
  expect(callKey(press("V"), "control")).toBe("camera");
  expect(callKey(press("m"), "field")).toBeUndefined();
  expect(callKey(press("x"), "nothing")).toBeUndefined();
});

it("takes Ctrl+D and Ctrl+E, but leaves Ctrl+E to a field", () => {
  expect(callKey(press("d", { ctrlKey: true }), "field")).toBe("microphone");
  expect(callKey(press("e", { metaKey: true }), "nothing")).toBe("camera");
  expect(callKey(press("e", { ctrlKey: true }), "field")).toBeUndefined();
  expect(callKey(press("m", { ctrlKey: true }), "nothing")).toBeUndefined();
  expect(callKey(press("d", { ctrlKey: true, shiftKey: true }), "nothing")).toBeUndefined();
});
