// Calls over bad and changing networks.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { hear, seeMore, show } from "./people.mjs";
import { Stage } from "./stage.mjs";

/** A busy machine spoils some. */
const ATTEMPTS_MAX = 4;

let stage;
before(async () => (stage = await Stage.open()));
after(() => stage?.close());
afterEach(() => stage.leave());

test("a call works over TCP alone", async () => {
  const people = [await stage.person("Ann"), await stage.person("Ben")];
  const room = await stage.room(...people);
  await people[0].evaluate(() => (window.routing = { protocol: "tcp" }));
  for (const page of people) await stage.join(page, room);
  await show(people[0]);
  await seeMore(people[0]);
  await hear(people[0]);
  await show(people[1]);
  await seeMore(people[1]);
  const protocol = await people[0].evaluate(async () => {
    const pairs = await call.stats("candidate-pair");
    const chosen = pairs.find((pair) => pair.nominated && pair.state === "succeeded");
    const remote = (await call.stats("remote-candidate")).find(({ id }) => id === chosen.remoteCandidateId);
    return remote.protocol;
  });
  assert.equal(protocol, "tcp");
});

test("an ICE restart keeps the call", async () => {
  const { people } = await stage.pair();
  await show(people[0]);
  await seeMore(people[0]);
  const [before, now] = await people[0].evaluate(async () => {
    const ufrag = () => /a=ice-ufrag:(\S+)/.exec(call.peer.remoteDescription.sdp)[1];
    const before = ufrag();
    await call.negotiate("call.offer", {}, { iceRestart: true });
    return [before, ufrag()];
  });
  assert.notEqual(before, now);
  await seeMore(people[0]);
  await hear(people[0]);
  await show(people[1]);
  await seeMore(people[1]);
  assert.equal(await people[0].evaluate(() => call.peer.connectionState), "connected");
});

test("sound gets redundancy when packets are lost, and is heard", async () => {
  const people = [await stage.person("Ann"), await stage.person("Ben")];
  const room = await stage.room(...people);
  const relayed = await stage.relay(people[0], 7);
  for (const page of people) await stage.join(page, room, { audio: 1, video: 0 }, ["microphone"]);
  await hear(people[0]);
  const { relay } = relayed;
  const [opus, red] = await people[0].evaluate(() => {
    const type = (codec) => Number(new RegExp(`a=rtpmap:(\\d+) ${codec}/48000/2`).exec(call.peer.localDescription.sdp)[1]);
    return [type("opus"), type("red")];
  });
  assert.ok(relay.types.down.get(opus) > 0, "sound comes");
  assert.equal(relay.types.down.get(red), undefined, "without redundancy, for nothing is lost");

  relay.loss = 0.15;
  const end = Date.now() + 90_000;
  while (!relay.types.down.get(red) && Date.now() < end) await new Promise((done) => setTimeout(done, 50));
  assert.ok(relay.types.down.get(red) > 0, "redundancy comes");
  const heard = () =>
    people[0].evaluate(async () => {
      const sound = () => call.inbound(call.audioSlots[0]);
      const before = await sound();
      const more = (now) => now.totalSamplesReceived - before.totalSamplesReceived;
      const after = await greenroom.until(async () => {
        const now = await sound();
        return more(now) >= 48_000 * 5 && now.fecPacketsReceived > before.fecPacketsReceived && now;
      }, "five seconds of sound");
      return (after.concealedSamples - before.concealedSamples) / more(after);
    });
  // Of 15 % that are lost; with none of it repaired, so much would be concealed, each time. A page that is late
  // conceals too.
  const concealed = [];
  do concealed.push(await heard());
  while (concealed.at(-1) >= 0.05 && concealed.length < ATTEMPTS_MAX);
  assert.ok(concealed.at(-1) < 0.05, `${concealed} of the sound is made up`);
});
