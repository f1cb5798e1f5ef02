import type { Preview, RoomId } from "@greenroom/client";
import { expect, it } from "vitest";
import { parsePreferences, type Preferences } from "../../state/preferences";
import { joinOptions, rejoinOptions } from "./useJoin";

const wish: Preferences = {
  ...parsePreferences(null),
  microphone: "headset",
  camera: "lens",
  speaker: "loud",
  dataSaver: true,
};
const preview = (sounds: number, pictures: number) =>
  ({
    stream: { getAudioTracks: () => new Array<unknown>(sounds), getVideoTracks: () => new Array<unknown>(pictures) },
  }) as unknown as Preview;

it("goes in with what is open", () => {
  const muted = { ...wish, microphoneOn: false };
  expect(joinOptions(muted, preview(1, 0))).toMatchObject({ microphone: "headset", camera: false, muted: true });
  expect(joinOptions(wish, undefined)).toEqual({
    microphone: false,
    camera: false,
    muted: false,
    audioOnly: true,
    speaker: "loud",
  });
});

it("goes back in as one was, muted above all", () => {
  const was = { room: "0".repeat(32) as RoomId, microphone: true, muted: true, camera: false };
  expect(rejoinOptions(wish, was)).toEqual({
    microphone: "headset",
    camera: false,
    muted: true,
    audioOnly: true,
    speaker: "loud",
  });
  expect(rejoinOptions(parsePreferences(null), { ...was, muted: false, camera: true })).toEqual({
    microphone: true,
    camera: true,
    muted: false,
    audioOnly: false,
  });
});
