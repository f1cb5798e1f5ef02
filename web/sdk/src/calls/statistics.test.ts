import { expect, it } from "vitest";
import { figures, type Entry } from "./statistics.js";

const report = (bytes: number, received: number, lost: number): Entry[] => [
  { type: "transport", selectedCandidatePairId: "pair", bytesReceived: bytes, bytesSent: bytes / 2 },
  { type: "candidate-pair", id: "other", currentRoundTripTime: 9 },
  { type: "candidate-pair", id: "pair", currentRoundTripTime: 0.02 },
  { type: "inbound-rtp", kind: "audio", packetsReceived: received, packetsLost: lost },
  { type: "inbound-rtp", kind: "video", mid: "4", frameWidth: 640, frameHeight: 360, framesPerSecond: 25 },
];

it("says rates and loss since the last time", () => {
  const tileOf = (mid: string): string | undefined => (mid === "4" ? "main" : undefined);
  const first = figures(report(1_000, 100, 50), undefined, 1_000, tileOf);
  expect(first.statistics).toMatchObject({ receivedBps: 0, sentBps: 0, lossPercent: 0, roundTripMs: 20 });
  const { statistics } = figures(report(3_000, 190, 60), first.counters, 3_000, tileOf);
  expect(statistics).toMatchObject({ receivedBps: 8_000, sentBps: 4_000, lossPercent: 10 });
  expect(statistics.pictures).toEqual([{ tile: "main", widthPx: 640, heightPx: 360, framesPerSecond: 25 }]);
});

it("says nothing strange of a connection without anything", () => {
  expect(figures([], undefined, 5, () => undefined).statistics).toEqual({
    receivedBps: 0,
    sentBps: 0,
    lossPercent: 0,
    pictures: [],
  });
});
