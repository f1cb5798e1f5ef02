import type { MediaChoice, Preview } from "@greenroom/client";
import { expect, it } from "vitest";
import { openWhatOpens } from "./usePreview";

const preview: Preview = { stream: {} as MediaStream, level: () => 0, stop: () => undefined };
const refusing =
  (...devices: readonly ("microphone" | "camera")[]) =>
  (choice: MediaChoice): Promise<Preview> => {
    const device = devices.find((one) => choice[one] !== false);
    return device
      ? Promise.reject(Object.assign(new Error(), { problem: "denied", device }))
      : Promise.resolve(preview);
  };

it("opens both, and none when none is wanted", async () => {
  expect(await openWhatOpens(refusing(), { microphone: true, camera: "id" })).toMatchObject({ preview });
  const never = () => Promise.reject(new Error("opened"));
  expect(await openWhatOpens(never, { microphone: false, camera: false })).toEqual({
    preview: undefined,
    opening: false,
    problems: [],
  });
});

it("goes on without the one that is refused, and says which", async () => {
  const state = await openWhatOpens(refusing("camera"), { microphone: true, camera: true });
  expect(state).toMatchObject({ preview, opening: false, problems: [{ device: "camera" }] });
});

it("ends without any when both are refused", async () => {
  const state = await openWhatOpens(refusing("microphone", "camera"), { microphone: true, camera: true });
  expect(state.preview).toBeUndefined();
  expect(state.problems).toMatchObject([{ device: "microphone" }, { device: "camera" }]);
});

it("takes any other error for a failed device", async () => {
  const failing = () => Promise.reject(new Error("odd"));
  expect(await openWhatOpens(failing, { microphone: false, camera: true })).toMatchObject({
    problems: [{ problem: "failed", device: "camera" }],
  });
});
