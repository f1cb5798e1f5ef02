/** How a camera is encoded: pure. */

import type { DemandInfo } from "../protocol/call-frames.js";

/** An encoding as `addTransceiver` takes it. */
export interface Encoding {
  /** Absent when there is one encoding only. */
  readonly rid?: string;
  readonly scaleResolutionDownBy: number;
  readonly maxBitrate: number;
  readonly active: boolean;
}

/**
 * The encodings of a camera of this size, smallest first. Browsers make no more than this of small pictures (Chromium:
 * three from 960x540, two from 480x270), and drop the largest of what is too many.
 */
export function cameraEncodings(widthPx: number, heightPx: number): readonly Encoding[] {
  const area = widthPx * heightPx;
  const single = { scaleResolutionDownBy: 1, maxBitrate: bitrateFor(area), active: true };
  const full = { ...single, rid: "f" };
  if (area >= 960 * 540) {
    return [
      { rid: "q", scaleResolutionDownBy: 4, maxBitrate: 150_000, active: true },
      { rid: "h", scaleResolutionDownBy: 2, maxBitrate: 500_000, active: true },
      full,
    ];
  }
  if (area >= 480 * 270) return [{ rid: "h", scaleResolutionDownBy: 2, maxBitrate: 200_000, active: true }, full];
  return [single];
}

/** Which encodings to send: those the server says somebody watches, by name, else by place. */
export function activeEncodings(
  encodings: readonly { readonly rid?: string }[],
  demand: Pick<DemandInfo, "encodings">,
): boolean[] {
  return encodings.map(({ rid }, place) => {
    const named = demand.encodings.find((wanted) => wanted.rid !== "" && wanted.rid === rid);
    return (named ?? demand.encodings[place])?.active ?? true;
  });
}

/** Bits a second of the largest encoding. */
function bitrateFor(area: number): number {
  if (area > 1280 * 720) return 3_000_000;
  if (area > 640 * 480) return 1_700_000;
  if (area > 480 * 270) return 800_000;
  return 300_000;
}
