import { describe, expect, it } from "vitest";
import { talkStep } from "./push-to-talk";

const press = { is: "press", focus: "nothing", muted: true } as const;

describe("talkStep", () => {
  it("unmutes while held and mutes on release", () => {
    expect(talkStep("idle", press)).toEqual({ talk: "talking", effect: "unmute", taken: true });
    expect(talkStep("talking", { is: "release" })).toEqual({ talk: "idle", effect: "mute", taken: true });
  });

  it("takes repeats of the key without doing anything again", () => {
    expect(talkStep("talking", press)).toEqual({ talk: "talking", taken: true });
  });

  it("mutes when the page loses the keyboard", () => {
    expect(talkStep("talking", { is: "blur" })).toMatchObject({ talk: "idle", effect: "mute" });
  });

  it.each(["field", "control"] as const)("leaves Space to a %s, until it is released", (focus) => {
    const refused = talkStep("idle", { ...press, focus });
    expect(refused).toEqual({ talk: "refused", taken: false });
    // The focus may leave the field while the key is held: that must not begin to talk.
    expect(talkStep(refused.talk, press)).toEqual({ talk: "refused", taken: false });
    expect(talkStep(refused.talk, { is: "release" })).toEqual({ talk: "idle", taken: false });
  });

  it("does not mute who was not muted", () => {
    const { talk } = talkStep("idle", { ...press, muted: false });
    expect(talkStep(talk, { is: "release" })).toEqual({ talk: "idle", taken: false });
  });
});
