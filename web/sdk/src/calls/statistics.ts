/** Figures of a call, from what `getStats` counts: pure. */

import type { CallStatistics, PictureStatistics } from "./api.js";

/** One entry of an `RTCStatsReport`. */
export type Entry = Readonly<Record<string, unknown>> & { readonly type: string };

/** Counters at one moment, to be compared with the next. */
export interface Counters {
  readonly atMs: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly received: number;
  readonly lost: number;
}

/** Figures since `before`; rates are 0 the first time. `tileOf` names the tile of a line of the offer. */
export function figures(
  entries: readonly Entry[],
  before: Counters | undefined,
  nowMs: number,
  tileOf: (mid: string) => string | undefined,
): { statistics: CallStatistics; counters: Counters } {
  const inbound = entries.filter(({ type }) => type === "inbound-rtp");
  const transports = entries.filter(({ type }) => type === "transport");
  const counters: Counters = {
    atMs: nowMs,
    receivedBytes: sum(transports, "bytesReceived"),
    sentBytes: sum(transports, "bytesSent"),
    received: sum(inbound, "packetsReceived"),
    lost: sum(inbound, "packetsLost"),
  };
  const since = before ?? counters;
  const seconds = (counters.atMs - since.atMs) / 1000;
  const rate = (bytes: number): number => (seconds > 0 ? Math.max(0, Math.round((bytes * 8) / seconds)) : 0);
  const lost = Math.max(0, counters.lost - since.lost);
  const all = lost + Math.max(0, counters.received - since.received);
  const roundTripMs = roundTrip(entries, transports);
  const pictures = inbound.filter(({ kind, frameWidth }) => kind === "video" && typeof frameWidth === "number");
  return {
    counters,
    statistics: {
      receivedBps: rate(counters.receivedBytes - since.receivedBytes),
      sentBps: rate(counters.sentBytes - since.sentBytes),
      lossPercent: all === 0 ? 0 : (100 * lost) / all,
      pictures: pictures.map((entry) => picture(entry, tileOf)),
      ...(roundTripMs !== undefined && { roundTripMs }),
    },
  };
}

function roundTrip(entries: readonly Entry[], transports: readonly Entry[]): number | undefined {
  const chosen = new Set(transports.map(({ selectedCandidatePairId }) => selectedCandidatePairId));
  const pairs = entries.filter(({ type }) => type === "candidate-pair");
  const pair = pairs.find(({ id }) => chosen.has(id)) ?? pairs.find(({ nominated }) => nominated === true);
  const seconds = pair?.currentRoundTripTime;
  return typeof seconds === "number" ? seconds * 1000 : undefined;
}

function picture(entry: Entry, tileOf: (mid: string) => string | undefined): PictureStatistics {
  const tile = typeof entry.mid === "string" ? tileOf(entry.mid) : undefined;
  return {
    widthPx: count(entry.frameWidth),
    heightPx: count(entry.frameHeight),
    framesPerSecond: count(entry.framesPerSecond),
    ...(tile !== undefined && { tile }),
  };
}

const count = (value: unknown): number => (typeof value === "number" ? value : 0);

const sum = (entries: readonly Entry[], field: string): number =>
  entries.reduce((total, entry) => total + count(entry[field]), 0);
