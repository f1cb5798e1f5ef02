// Calls between real browsers, through a real server, by docs/PROTOCOL.md.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Stage } from "./stage.mjs";

let stage;
before(async () => (stage = await Stage.open()));
after(() => stage?.close());
afterEach(async () => {
  for (const context of stage.browser.contexts()) await context.close();
});

/** Shows the camera of the other one in slot 0 at this size. */
const showOther = (page, size = { width: 1280, height: 720 }) =>
  page.evaluate(async (size) => {
    const other = await greenroom.until(() => {
      const tracks = call.others().flatMap((other) => other.tracks);
      return tracks.find((track) => track.source === "camera");
    }, "the other's camera");
    await call.layout([{ slot: 0, show: { track: other.track }, ...size }]);
    return other;
  }, size);

const frames = (page, slot, count) =>
  page.evaluate(
    ({ slot, count }) => greenroom.until(() => (call.videoSlots[slot].element.frames ?? 0) >= count, "frames"),
    { slot, count },
  );

test("two people see and hear each other", async () => {
  const { people } = await stage.pair();
  for (const page of people) {
    await showOther(page);
    await frames(page, 0, 30);
    const heard = await page.evaluate(() =>
      greenroom.until(async () => {
        for (const slot of call.audioSlots) {
          const [csrc] = slot.transceiver.receiver.getContributingSources();
          const inbound = await call.inbound(slot);
          if (csrc && inbound?.packetsReceived > 50) return { source: csrc.source, me: call.participant };
        }
      }, "sound"),
    );
    assert.notEqual(heard.source, heard.me, "the CSRC names the other");
  }
});

test("a larger tile brings a larger picture, a smaller one a smaller", async () => {
  const { people } = await stage.pair();
  const [ann] = people;
  await showOther(ann, { width: 1280, height: 720 });
  await ann.evaluate(() => greenroom.until(() => call.videoSlots[0].element.size?.[0] >= 960, "a large picture"));
  await showOther(ann, { width: 320, height: 180 });
  await ann.evaluate(() => greenroom.until(() => call.videoSlots[0].element.size?.[0] <= 320, "a small picture"));
  const stat = await ann.evaluate(() => call.inbound(call.videoSlots[0]));
  assert.equal(stat.freezeCount, 0, "switching layers freezes nothing");
});

test("sound is sent with redundancy to those who understand it", async () => {
  const { people } = await stage.pair();
  const types = await people[0].evaluate(() => call.stats("codec").then((all) => all.map((codec) => codec.mimeType)));
  assert.ok(types.includes("audio/red"), `of ${types}`);
});
