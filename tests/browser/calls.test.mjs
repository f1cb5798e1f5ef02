// Calls between real browsers, through a real server, by docs/PROTOCOL.md.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { hear, seeMore, self, show } from "./people.mjs";
import { Stage } from "./stage.mjs";

let stage;
before(async () => (stage = await Stage.open()));
after(() => stage?.close());
afterEach(() => stage.leave());

test("two people see and hear each other", async () => {
  const { people } = await stage.pair();
  for (const page of people) {
    await show(page);
    await seeMore(page);
    const { source, me } = await hear(page);
    assert.notEqual(source, me, "the CSRC names the other");
  }
});

test("a call goes on when its WebSocket is lost and comes back", async () => {
  const { people } = await stage.pair();
  await show(people[0]);
  await seeMore(people[0]);
  await people[0].evaluate(async () => {
    const { participant, secret } = call.joined;
    await link.reconnect();
    const resumed = await link.ask("call.join", { room: call.room, resume: { participant, secret } });
    if (resumed.participant !== participant) throw new Error("another participant");
  });
  await seeMore(people[0]);
  await hear(people[0]);
  const others = await people[1].evaluate(() => call.others().map(({ state }) => state));
  assert.deepEqual(others, ["connected"], "nobody left");
});

test("a message on a data channel reaches the others", async () => {
  const people = [await stage.person("Ann"), await stage.person("Ben")];
  const room = await stage.room(...people);
  for (const page of people) {
    await stage.join(page, room, { audio: 1, video: 1, data: 1 }, []);
    await page.evaluate(async () => {
      call.messages = [];
      call.channel.onmessage = ({ data }) => call.messages.push(data);
      await greenroom.until(() => call.channel.readyState === "open", "an open channel");
    });
  }
  for (const text of ["hello from Ann", "and again"]) {
    await people[0].evaluate((text) => call.channel.send(text), text);
    await people[1].evaluate((text) => greenroom.until(() => call.messages.includes(text), text), text);
  }
  assert.deepEqual(await people[0].evaluate(() => call.messages), [], "not to oneself");
});

test("a muted microphone is silent for everyone, and said to be", async () => {
  const { people } = await stage.pair({ audio: 1, video: 0 });
  await hear(people[1]);
  await people[0].evaluate(async () => {
    const me = await greenroom.until(() => call.participants.get(call.participant), "oneself");
    const microphone = me.tracks.find((track) => track.source === "microphone");
    await link.ask("call.mute", { room: call.room, track: microphone.track, muted: true });
  });
  await people[1].evaluate(() =>
    greenroom.until(
      () => call.others()[0].tracks.find((track) => track.source === "microphone").muted,
      "the other to be muted",
    ),
  );
  await people[1].evaluate(() =>
    greenroom.until(async () => {
      const { packetsReceived: before } = await call.inbound(call.audioSlots[0]);
      await new Promise((done) => setTimeout(done, 500));
      return (await call.inbound(call.audioSlots[0])).packetsReceived === before;
    }, "silence"),
  );
});

test("who leaves is gone for the others", async () => {
  const { people } = await stage.pair();
  await show(people[1]);
  await seeMore(people[1]);
  await people[0].evaluate(() => call.leave());
  await people[1].evaluate(() => greenroom.until(() => call.others().length === 0, "an empty call"));
});

test("whose page crashes is gone for the others, who go on", async () => {
  const people = [await stage.person("Ann"), await stage.person("Ben"), await stage.person("Cid")];
  const room = await stage.room(...people);
  for (const page of people) await stage.join(page, room);
  const [ben, cid] = [await self(people[1]), await self(people[2])];
  await show(people[0], { of: ben });
  await seeMore(people[0]);
  await people[0].evaluate((cid) => greenroom.until(() => call.participants.has(cid), "Cid"), cid);
  const devtools = await people[2].context().newCDPSession(people[2]);
  devtools.send("Page.crash").catch(() => {});
  await people[0].evaluate((cid) => greenroom.until(() => !call.participants.has(cid), "Cid to be gone"), cid);
  await seeMore(people[0]);
  await hear(people[0]);
});
