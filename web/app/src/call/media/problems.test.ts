import { expect, it } from "vitest";
import { browserOf, problemKeys, problemOf } from "./problems";

const CHROME_MAC =
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
const CHROME_ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36";
const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const SAFARI = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15";
const IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1";

it("tells browsers apart", () => {
  expect([CHROME_MAC, CHROME_ANDROID, FIREFOX, SAFARI, IPHONE, "curl"].map(browserOf)).toEqual([
    "chromium",
    "android",
    "firefox",
    "safari",
    "ios",
    "other",
  ]);
});

it("says how to allow what was refused, and only that", () => {
  expect(problemKeys({ problem: "denied", device: "camera" }, FIREFOX)).toEqual([
    "problem.denied.camera",
    "allow.firefox",
  ]);
  expect(problemKeys({ problem: "missing", device: "camera" }, FIREFOX)).toEqual(["problem.missing.camera"]);
  expect(problemKeys({ problem: "denied", device: "screen" }, CHROME_MAC)).toContain("allow.screenMac");
  expect(problemKeys({ problem: "denied", device: "screen" }, FIREFOX)).toEqual(["problem.denied.screen"]);
});

it("says once what is wrong with both", () => {
  const denied = (["microphone", "camera"] as const).map((device) => ({ problem: "denied", device }) as const);
  expect(problemKeys(denied, FIREFOX)).toEqual(["problem.denied.both", "allow.firefox"]);
  const mixed = [
    { problem: "denied", device: "microphone" },
    { problem: "missing", device: "camera" },
  ] as const;
  expect(problemKeys(mixed, FIREFOX)).toEqual(["problem.denied.microphone", "problem.missing.camera", "allow.firefox"]);
});

it("knows a device problem from other errors", () => {
  expect(problemOf(new Error("no"))).toBeUndefined();
  expect(problemOf(Object.assign(new Error("no"), { problem: "busy", device: "camera" }))).toMatchObject({
    device: "camera",
  });
});
