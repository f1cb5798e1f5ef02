import { Cell, type Call, type Participant, type Tile } from "@greenroom/client";
import { describe, expect, it } from "vitest";
import { personTile, screenTile } from "../arrange/people";
import { StageModel } from "./stage-model";

const somebody = (participant: number, change: Partial<Participant> = {}): Participant => ({
  participant,
  user: `user-${participant}` as Participant["user"],
  name: `Person ${participant}`,
  hand: false,
  state: "connected",
  tracks: [{ track: participant * 10, source: "camera", muted: false }],
  ...change,
});
const crowd = (count: number): Participant[] => Array.from({ length: count }, (_, index) => somebody(index + 1));

/** A call that remembers what it was asked to show, and a page whose frames are drawn by hand. */
function rehearse(people: readonly Participant[]) {
  const participants = new Cell(people);
  const speakers = new Cell<readonly number[]>([]);
  const asked: (readonly Tile[])[] = [];
  const frames: (() => void)[] = [];
  const call = {
    self: 1,
    participants,
    speakers,
    audioOnly: new Cell(false),
    show: (tiles: readonly Tile[]) => asked.push(tiles),
  } as unknown as Call; // all that the model uses of it
  const page = { beforeFrame: (run: () => void) => void frames.push(run), pixelRatio: () => 2 };
  const model = new StageModel(call, page, "grid");
  const close = model.open();
  const draw = () => {
    for (const run of frames.splice(0)) run();
  };
  model.change({ box: { widthPx: 1280, heightPx: 680 } });
  draw();
  return { model, participants, speakers, asked, frames, draw, close };
}

describe("StageModel", () => {
  it("asks for the pictures of the others once, in device pixels", () => {
    const { asked, model } = rehearse(crowd(3));
    expect(asked).toHaveLength(1);
    expect(asked[0]?.map(({ tile }) => tile)).toEqual([personTile(2), personTile(3)]);
    expect(asked[0]?.[0]?.widthPx).toBe((model.view.get().placed[0]?.widthPx ?? 0) * 2);
  });

  it("gathers changes until the next frame", () => {
    const { participants, speakers, frames, draw, model } = rehearse(crowd(3));
    participants.set(crowd(4));
    participants.set(crowd(5));
    speakers.set([4]);
    expect(frames).toHaveLength(1);
    expect(model.view.get().people).toHaveLength(3);
    draw();
    expect(model.view.get().people).toHaveLength(5);
  });

  it("keeps what did not change the same, so that only what did is drawn again", () => {
    const { participants, speakers, draw, model } = rehearse(crowd(4));
    const before = model.view.get();
    speakers.set([3]);
    draw();
    expect(model.view.get().placed).toBe(before.placed);
    expect(model.view.get().people).toBe(before.people);
    participants.set(crowd(4).map((one) => (one.participant === 2 ? { ...one, hand: true } : one)));
    draw();
    const after = model.view.get();
    expect(after.people[1]).not.toBe(before.people[1]);
    expect(after.people[2]).toBe(before.people[2]);
  });

  it("asks only for the page one is on", () => {
    const { asked, draw, model } = rehearse(crowd(60));
    expect(model.view.get().pages).toBe(2);
    model.change({ page: 1 });
    draw();
    expect(asked[1]?.map(({ tile }) => tile)).toEqual(Array.from({ length: 11 }, (_, index) => personTile(index + 50)));
  });

  it("asks for nothing while covered, and for all when it is back", () => {
    const { asked, draw, model } = rehearse(crowd(3));
    model.change({ box: { widthPx: 0, heightPx: 0 } });
    draw();
    expect(asked).toHaveLength(1);
    model.change({ box: { widthPx: 1280, heightPx: 680 } });
    draw();
    expect(asked).toHaveLength(2);
    expect(asked[1]).toEqual(asked[0]);
  });

  it("gives the large view to a screen that is shared, and takes a pin before it", () => {
    const { participants, draw, model } = rehearse(crowd(3));
    const sharing = somebody(2, { tracks: [{ track: 22, source: "screen", muted: false }] });
    participants.set([somebody(1), sharing, somebody(3)]);
    draw();
    expect(model.view.get().focus).toBe(screenTile(22));
    model.pin(personTile(3));
    draw();
    expect(model.view.get().focus).toBe(personTile(3));
    model.pin(personTile(3));
    draw();
    expect(model.view.get().focus).toBe(screenTile(22));
  });

  it("follows nothing any more once it is closed", () => {
    const { participants, frames, close } = rehearse(crowd(2));
    close();
    participants.set(crowd(3));
    expect(frames).toHaveLength(0);
  });
});
