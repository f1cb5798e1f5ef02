import type { RoomId } from "@greenroom/client";
import { expect, it } from "vitest";
import { parsePreferences } from "../../state/preferences";
import { returnOptions } from "./return-options";

const wish = parsePreferences('{"camera":"desk"}');
const lost = { room: "00" as RoomId, microphone: true, muted: true, camera: true };

it("brings one back as muted as one was", () => {
  expect(returnOptions(lost, wish)).toMatchObject({ microphone: true, muted: true, camera: "desk" });
  expect(returnOptions({ ...lost, muted: false }, wish)).toMatchObject({ muted: false });
});

it("opens nothing that was closed", () => {
  expect(returnOptions({ ...lost, microphone: false, camera: false }, wish)).toMatchObject({
    microphone: false,
    camera: false,
  });
});
