import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  parseChanged,
  parseDemand,
  parseEnd,
  parseJoined,
  parseMuted,
  parseQualities,
  parseSlots,
  parseSpeakers,
  parseState,
  parseTracks,
  type Frame,
} from "./frames.js";

interface Vectors {
  readonly server: readonly { readonly name: string; readonly json: Frame }[];
}

const vectors = JSON.parse(
  readFileSync(new URL("../../../../tests/vectors/frames.json", import.meta.url), "utf8"),
) as Vectors;
const vector = (name: string): Frame => {
  const found = vectors.server.find(({ json }) => json.t === name);
  if (found === undefined) throw new Error(`no vector of ${name}`);
  return found.json;
};

describe("the server's vectors", () => {
  it("are read whole", () => {
    const joined = parseJoined(vector("call.joined"));
    expect(joined.secret).toMatch(/^[0-9a-f]{32}$/);
    expect(joined.participants.length).toBe((vector("call.joined").participants as unknown[]).length);
    expect(parseTracks(vector("call.answer"))).toEqual(vector("call.answer").tracks);
    expect(parseSpeakers(vector("call.speakers"))).toEqual(vector("call.speakers").speakers);
    expect(parseQualities(vector("call.quality"))).toEqual(vector("call.quality").qualities);
    expect(parseSlots(vector("call.slots"))).toHaveLength((vector("call.slots").slots as unknown[]).length);
    expect(parseDemand(vector("call.demand"))).toHaveLength((vector("call.demand").tracks as unknown[]).length);
    const { changed, left } = parseChanged(vector("call.changed"));
    expect(changed.length + left.length).toBeGreaterThan(0);
    expect(parseMuted(vector("call.muted"))).toBeDefined();
    expect(parseEnd(vector("call.ended"))).toBe(vector("call.ended").reason);
    expect(parseState(vector("call.state"))?.room).toBe(vector("call.state").room);
  });
});

describe("what is malformed or unknown", () => {
  it("is left out, one by one", () => {
    expect(parseSlots({ slots: [{ mid: 1 }, { mid: "2", state: "live", reason: "weather" }, null] })).toEqual([
      { mid: "2", state: "live" },
    ]);
    expect(
      parseTracks({
        tracks: [
          { track: 1, source: "hologram" },
          { track: -1, source: "camera" },
        ],
      }),
    ).toEqual([]);
    expect(parseSpeakers({ speakers: ["x", 2] })).toEqual([2]);
    expect(parseSlots({})).toEqual([]);
  });

  it("is refused where nothing can be left out", () => {
    expect(() => parseJoined({ call: "x", participant: 1 })).toThrow(TypeError);
    expect(parseMuted({ track: 1 })).toBeUndefined();
    expect(parseEnd({ reason: "boredom" })).toBe("failed");
    expect(parseState({})).toBeNull();
  });
});
