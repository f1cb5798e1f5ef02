// Calls between real browsers, through a real server, by docs/PROTOCOL.md.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { hear, seeMore, seeWidth, show } from "./people.mjs";
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

test("a larger tile brings a larger picture, a smaller one a smaller", async () => {
  const { people } = await stage.pair();
  await show(people[0], { width: 1280, height: 720 });
  await seeWidth(people[0], { least: 960 });
  await show(people[0], { width: 320, height: 180 });
  await seeWidth(people[0], { most: 320 });
  await seeMore(people[0]);
  const { freezeCount } = await people[0].evaluate(() => call.inbound(call.videoSlots[0]));
  assert.equal(freezeCount, 0, "switching layers freezes nothing");
});

test("a screen is shown beside the camera", async () => {
  const { people } = await stage.pair();
  const [ann, ben] = people;
  await ben.evaluate(async () => {
    // Headless Chromium has no screen to pick: what is captured is a drawing of the page's own.
    const canvas = Object.assign(document.createElement("canvas"), { width: 1600, height: 900 });
    const context = canvas.getContext("2d");
    setInterval(() => {
      context.fillStyle = `hsl(${performance.now() % 360} 80% 50%)`;
      context.fillRect(0, 0, 1600, 900);
    }, 50);
    call.addTrack("screen", canvas.captureStream(20).getVideoTracks()[0]);
    await call.negotiate("call.offer");
  });
  await ann.evaluate(async () => {
    const source = (wanted) =>
      greenroom.until(() => call.others().flatMap((one) => one.tracks).find(({ source }) => source === wanted), wanted);
    const [camera, screen] = [await source("camera"), await source("screen")];
    await call.layout([
      { slot: 0, show: { track: camera.track }, width: 320, height: 180 },
      { slot: 1, show: { track: screen.track }, width: 1600, height: 900, priority: 200 },
    ]);
  });
  await seeMore(ann, { slot: 0, frames: 20 });
  await seeMore(ann, { slot: 1, frames: 10 });
  await seeWidth(ann, { slot: 1, least: 1600 });
});

test("sound is sent with redundancy to those who understand it", async () => {
  const { people } = await stage.pair();
  await hear(people[0]);
  const types = await people[0].evaluate(async () => (await call.stats("codec")).map((codec) => codec.mimeType));
  assert.ok(types.includes("audio/red"), `of ${types}`);
});

test("a call works over TCP alone", async () => {
  const people = [await stage.person("Ann"), await stage.person("Ben")];
  const room = await stage.room(...people);
  await people[0].evaluate(() => (greenroom.Call.prototype.candidates = "tcp"));
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
  const others = await people[1].evaluate(() => call.others().length);
  assert.equal(others, 1, "nobody left");
});

test("a message on a data channel reaches the others", async () => {
  const { people } = await stage.pair({ audio: 1, video: 1, data: 1 });
  for (const page of people) {
    await page.evaluate(async () => {
      call.messages = [];
      call.channel.onmessage = ({ data }) => call.messages.push(data);
      await greenroom.until(() => call.channel.readyState === "open", "an open channel");
    });
  }
  await people[0].evaluate(() => call.channel.send("hello from Ann"));
  await people[1].evaluate(() =>
    greenroom.until(() => call.messages.includes("hello from Ann"), "the message"),
  );
});

test("a muted microphone is silent for everyone, and said to be", async () => {
  const { people } = await stage.pair();
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
});

test("who closes the page is gone for the others", async () => {
  const { people } = await stage.pair();
  await show(people[1]);
  await seeMore(people[1]);
  await people[0].evaluate(() => link.ask("call.leave", { room: call.room }));
  await people[1].evaluate(() => greenroom.until(() => call.others().length === 0, "an empty call"));
});
