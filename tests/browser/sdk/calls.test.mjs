// The SDK's calls in real pages, through a real server.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Stage } from "../stage.mjs";
import { enter, open, person } from "./people.mjs";

let stage;
before(async () => (stage = await Stage.open()));
after(() => stage?.close());
afterEach(() => stage.leave());

/** People in a call of one room. */
async function together(names, options) {
  const people = [];
  for (const name of names) people.push(await person(stage, name));
  const room = await stage.room(...people);
  for (const page of people) await enter(page, room, options);
  return { people, room };
}

/** Shows somebody's publication in a tile, and waits until it moves. */
const see = (page, { tile = "main", source = "camera", participant, ...size } = {}) =>
  page.evaluate(
    async ({ tile, source, participant, size }) => {
      const { track } = await sdk.trackOf(call, source, participant);
      view.show([sdk.tile(tile, { track }, size)]);
      await sdk.more(view.videos.get(tile));
    },
    { tile, source, participant, size },
  );

test("three people join, publish and see each other", async () => {
  const { people } = await together(["Ann", "Ben", "Cid"]);
  for (const page of people) {
    await page.evaluate(async () => {
      await sdk.until(() => sdk.others(call).flatMap(({ tracks }) => tracks).length === 4, "two others with two tracks each");
      const cameras = sdk.others(call).map(({ tracks }) => tracks.find(({ source }) => source === "camera"));
      view.show(cameras.map(({ track }, place) => sdk.tile(`tile ${place}`, { track })));
      for (const video of view.videos.values()) await sdk.more(video);
    });
    assert.equal(await page.evaluate(() => call.phase.get().phase), "connected");
    assert.deepEqual(page.problems, []);
  }
});
