import { expect, it } from "vitest";
import { openCamera, problemNamed } from "./capture.js";
import { loudness } from "./level.js";

it("says what a browser's error means", () => {
  const names = ["NotAllowedError", "NotFoundError", "NotReadableError", "OverconstrainedError", "TypeError"];
  expect(names.map(problemNamed)).toEqual(["denied", "missing", "busy", "missing", "failed"]);
});

it("says so where there are no devices at all", async () => {
  await expect(openCamera(true)).rejects.toMatchObject({ device: "camera", problem: "missing" });
});

it("is silent at silence and loud at shouting", () => {
  expect(loudness(new Float32Array(512))).toBe(0);
  expect(loudness(new Float32Array(512).fill(1))).toBe(1);
  const quiet = loudness(new Float32Array(512).fill(0.01));
  const normal = loudness(new Float32Array(512).fill(0.1));
  expect(quiet).toBeGreaterThan(0);
  expect(normal).toBeGreaterThan(quiet);
});
