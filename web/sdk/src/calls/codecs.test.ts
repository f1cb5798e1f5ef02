import { expect, it } from "vitest";
import { cameraCodecs, slotCodecs, slotNeed, soundCodecs, type Codec } from "./codecs.js";

const video = (name: string, sdpFmtpLine?: string): Codec => ({
  mimeType: `video/${name}`,
  ...(sdpFmtpLine !== undefined && { sdpFmtpLine }),
});
const h264 = (id: string, mode = 1): Codec =>
  video("H264", `level-asymmetry-allowed=1;packetization-mode=${mode};profile-level-id=${id}`);

/** As Chromium names them. */
const VIDEO = [
  h264("42001f"),
  h264("42e01f"),
  video("VP8"),
  video("rtx"),
  video("VP9", "profile-id=0"),
  video("VP9", "profile-id=2"),
  h264("42e01f", 0),
  h264("4d001f"),
  h264("f4001f"),
  video("AV1", "level-idx=5;profile=0;tier=0"),
  video("AV1", "level-idx=5;profile=1;tier=0"),
  video("red"),
  video("ulpfec"),
];

it("sound: RED, Opus, nothing else", () => {
  const all = ["opus", "red", "PCMU", "telephone-event"].map((name) => ({ mimeType: `audio/${name}` }));
  expect(soundCodecs(all).map(({ mimeType }) => mimeType)).toEqual(["audio/red", "audio/opus"]);
  expect(soundCodecs([{ mimeType: "audio/red" }])).toEqual([]);
});

it("narrow slots take VP8 and plain H.264, with their repair", () => {
  expect(slotCodecs(VIDEO, "narrow")).toEqual([VIDEO[2], VIDEO[1], VIDEO[3]]);
  expect(cameraCodecs(VIDEO)).toEqual(slotCodecs(VIDEO, "narrow"));
});

it("wide slots take every codec in one profile, and H.264 in all the usual ones", () => {
  const wide = slotCodecs(VIDEO, "wide");
  expect(wide).toEqual([2, 0, 1, 4, 7, 9, 3].map((place) => VIDEO[place]));
});

it("a browser without any of them keeps its own choice", () => {
  expect(slotCodecs([video("theora")], "wide")).toEqual([]);
});

it("what is not VP8 prefers a wide slot or needs it", () => {
  expect([undefined, "vp8", "h264", "av1"].map(slotNeed)).toEqual(["any", "any", "rather_wide", "wide"]);
});
