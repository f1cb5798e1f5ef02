import { describe, expect, it } from "vitest";
import { activeEncodings, cameraEncodings } from "./simulcast.js";

const rids = (widthPx: number, heightPx: number): (string | undefined)[] =>
  cameraEncodings(widthPx, heightPx).map(({ rid }) => rid);

describe("cameraEncodings", () => {
  it("has three layers from 720p, fewer of smaller pictures", () => {
    expect(rids(1920, 1080)).toEqual(["q", "h", "f"]);
    expect(rids(1280, 720)).toEqual(["q", "h", "f"]);
    expect(rids(720, 1280)).toEqual(["q", "h", "f"]);
    expect(rids(640, 480)).toEqual(["h", "f"]);
    expect(rids(320, 240)).toEqual([undefined]);
  });

  it("goes from small to large", () => {
    for (const [width, height] of [
      [1920, 1080],
      [640, 360],
    ] as const) {
      const encodings = cameraEncodings(width, height);
      const sorted = [...encodings].sort((one, other) => other.scaleResolutionDownBy - one.scaleResolutionDownBy);
      expect(encodings).toEqual(sorted);
      expect(encodings.at(-1)?.scaleResolutionDownBy).toBe(1);
    }
  });
});

describe("activeEncodings", () => {
  const encodings = [{ rid: "q" }, { rid: "h" }, { rid: "f" }];

  it("goes by name, whatever the order", () => {
    const demand = {
      mid: "0",
      encodings: [
        { rid: "f", active: false },
        { rid: "q", active: true },
        { rid: "h", active: false },
      ],
    };
    expect(activeEncodings(encodings, demand)).toEqual([true, false, false]);
  });

  it("goes by place where there are no names, and sends what is not spoken of", () => {
    expect(activeEncodings([{}], { encodings: [{ rid: "", active: false }] })).toEqual([false]);
    expect(activeEncodings(encodings, { encodings: [] })).toEqual([true, true, true]);
  });
});
