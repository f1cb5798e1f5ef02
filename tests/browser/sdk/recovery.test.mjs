// The SDK's calls when something breaks: connections, networks, pages, devices, the server.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Stage } from "../stage.mjs";
import { enter, open, person, see, together, twinOf } from "./people.mjs";

let stage;
before(async () => (stage = await Stage.open()));
after(() => stage?.close());
afterEach(() => stage.leave());

test("the WebSocket is lost, and the call goes on as the same participant", async () => {
  const { people } = await together(stage, ["Ann", "Ben"]);
  const [ann, ben] = people;
  await see(ann);
  const before = await ann.evaluate(async () => {
    await signalling.drop();
    const lost = call.phase.get();
    if (lost.phase !== "reconnecting" || lost.lost !== "signalling") throw new Error(JSON.stringify(lost));
    // What is done meanwhile is told on coming back.
    await call.setMuted(true);
    await call.setHand(true);
    await sdk.more(view.videos.get("main"));
    return call.self;
  });
  await ben.evaluate(() => sdk.until(() => sdk.others(call)[0].state === "away", "Ann to be away"));
  const after = await ann.evaluate(async () => {
    await signalling.restore();
    await sdk.until(() => call.phase.get().phase === "connected", "to be connected");
    return call.self;
  });
  assert.equal(after, before);
  await ben.evaluate(() =>
    sdk.until(() => {
      const [ann] = sdk.others(call);
      return ann.hand && ann.tracks.some(({ source, muted }) => source === "microphone" && muted);
    }, "Ann's hand"),
  );
  await see(ann);
});

test("what is published while the WebSocket is lost comes later", async () => {
  const { people } = await together(stage, ["Ann", "Ben"], { microphone: true, camera: false });
  const [ann, ben] = people;
  await ann.evaluate(() => sdk.until(() => call.phase.get().phase === "connected", "to be connected"));
  await ann.evaluate(async () => {
    await signalling.drop();
    await call.setCamera(true);
    await signalling.restore();
  });
  await see(ben);
});

test("what is watched anew while the WebSocket is lost is sent on coming back", async () => {
  const { people } = await together(stage, ["Ann", "Ben"], { microphone: false, camera: true });
  const [ann, ben] = people;
  await see(ann);
  await ann.evaluate(() => view.show([]));
  const active = (some) =>
    ben.evaluate(
      (some) => sdk.until(async () => (await sdk.outbound()).some(({ active }) => active) === some, `sending: ${some}`),
      some,
    );
  await active(false);
  await ben.evaluate(() => signalling.drop());
  await ann.evaluate(async () => {
    const { track } = await sdk.trackOf(call, "camera");
    view.show([sdk.tile("main", { track })]);
    await sdk.until(() => call.slots.get().some(({ tile }) => tile === "main"), "a slot");
  });
  await ben.evaluate(() => signalling.restore());
  await active(true);
  await see(ann);
});

test("a change of network restarts ICE, and the call goes on", async () => {
  const { people } = await together(stage, ["Ann", "Ben"]);
  const [ann] = people;
  await see(ann);
  await ann.evaluate(async () => {
    dispatchEvent(new Event("online"));
    const fragments = () => signalling.asked.filter(({ offer }) => offer).map(({ offer }) => /a=ice-ufrag:(\S+)/.exec(offer)[1]);
    await sdk.until(() => new Set(fragments()).size === 2, "another offer");
    await sdk.more(view.videos.get("main"), 30);
  });
  assert.equal(await ann.evaluate(() => call.phase.get().phase), "connected");
});

test("a page is reloaded and returns to its call, once", async () => {
  const { people, room } = await together(stage, ["Ann", "Ben"]);
  const [ann, ben] = people;
  await see(ann);
  await ann.reload();
  await open(ann);
  const interrupted = await ann.evaluate(() => calls.interrupted.get());
  assert.deepEqual(interrupted, { room, microphone: true, muted: false, camera: true });
  await enter(ann, room, interrupted);
  assert.equal(await ann.evaluate(() => calls.interrupted.get()), undefined);
  await see(ann);
  await see(ben);
  await ben.evaluate(() => sdk.until(() => sdk.others(call).length === 1, "one Ann"));
});

test("a device that goes away is replaced, and it is said", async () => {
  const { people } = await together(stage, ["Ann"]);
  const notice = await people[0].evaluate(async () => {
    const [camera] = call.localStream("camera").getTracks();
    camera.stop();
    camera.dispatchEvent(new Event("ended"));
    await sdk.until(() => call.notice.get(), "a notice");
    return call.notice.get();
  });
  assert.deepEqual(notice, { kind: "device_lost", device: "camera", replacement: "fake_device_0" });
});

test("a second page of the same device takes the call over", async () => {
  const { people, room } = await together(stage, ["Ann", "Ben"]);
  const [ann, ben] = people;
  const twin = await open(await twinOf(ann));
  await enter(twin, room);
  const phase = await ann.evaluate(async () => {
    await sdk.until(() => call.phase.get().phase === "ended", "to be replaced");
    return call.phase.get();
  });
  assert.deepEqual(phase, { phase: "ended", reason: "replaced" });
  await see(twin);
  await ben.evaluate(() => sdk.until(() => sdk.others(call).length === 1, "one Ann"));
});

test("lost packets: media comes back by itself, or by joining anew", async () => {
  const ann = await person(stage, "Ann");
  const ben = await person(stage, "Ben");
  const room = await stage.room(ann, ben);
  const relayed = await stage.relay(ann, 3);
  for (const page of [ann, ben]) await enter(page, room);
  await see(ann);
  relayed.relay.loss = 1;
  await ann.evaluate(() => sdk.until(() => call.phase.get().lost === "media", "media to be missed"));
  relayed.relay.loss = 0;
  await ann.evaluate(() => sdk.until(() => call.phase.get().phase === "connected", "media to be back"));
  await see(ann);
  await see(ben);
});

test("a server that is killed and comes back has everybody join anew", async () => {
  const { people } = await together(stage, ["Ann", "Ben"]);
  const [ann, ben] = people;
  await see(ann);
  const lost = people.map((page) => page.evaluate(() => signalling.lost()));
  await stage.server.kill();
  await Promise.all(lost);
  await stage.server.run();
  for (const page of people) await page.evaluate(() => signalling.restore());
  for (const page of people) {
    await page.evaluate(() => sdk.until(() => call.phase.get().phase === "connected", "to be connected"));
    await page.evaluate(() => sdk.until(() => sdk.others(call).length === 1, "the other"));
  }
  await see(ann);
  await see(ben);
  assert.deepEqual([...ann.problems, ...ben.problems], []);
});

test("sound that waits for a click says so, and speakers come and go", async () => {
  const ann = await person(stage, "Ann");
  const ben = await person(stage, "Ben");
  const room = await stage.room(ann, ben);
  await ann.evaluate(() => {
    const { play } = HTMLMediaElement.prototype;
    HTMLMediaElement.prototype.play = () => Promise.reject(new DOMException("a click first", "NotAllowedError"));
    window.clicked = () => (HTMLMediaElement.prototype.play = play);
  });
  for (const page of [ann, ben]) await enter(page, room, { microphone: true, camera: false });
  const notice = await ann.evaluate(async () => {
    await sdk.until(() => call.soundBlocked.get(), "blocked sound");
    clicked();
    await call.allowSound();
    if (call.soundBlocked.get()) throw new Error("still blocked");
    const speakers = await sdk.until(() => calls.devices.get().speakers.filter(({ label }) => label), "speakers");
    await call.setSpeaker(speakers.at(-1).deviceId);
    const devices = navigator.mediaDevices;
    devices.enumerateDevices = () => Promise.resolve(speakers.slice(0, 1));
    devices.dispatchEvent(new Event("devicechange"));
    return sdk.until(() => call.notice.get(), "a notice");
  });
  assert.deepEqual(notice, { kind: "device_lost", device: "speaker", replacement: "Fake Default Audio Output" });
});
