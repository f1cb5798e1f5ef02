// The SDK's calls in real pages, through a real server: what is published, seen and heard.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Stage } from "../stage.mjs";
import { enter, open, person, see, together } from "./people.mjs";

let stage;
before(async () => (stage = await Stage.open()));
after(() => stage?.close());
afterEach(() => stage.leave());

test("three people join, publish and see each other", async () => {
  const { people } = await together(stage, ["Ann", "Ben", "Cid"]);
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

test("a larger tile brings a larger encoding, and what nobody watches is not sent", async () => {
  const { people } = await together(stage, ["Ann", "Ben"]);
  const [ann, ben] = people;
  const sent = (wanted) =>
    ben.evaluate(
      (wanted) =>
        sdk.until(async () => {
          const outbound = await sdk.outbound(call);
          const active = outbound.filter(({ active }) => active).map(({ rid }) => rid);
          return active.sort().join() === wanted;
        }, `only ${wanted} to be sent`),
      wanted,
    );
  await see(ann, { widthPx: 1280, heightPx: 720 });
  await ann.evaluate(() => sdk.until(() => view.videos.get("main").size[0] === 1280, "the whole picture"));
  await sent("f");
  await see(ann, { widthPx: 200, heightPx: 112 });
  await ann.evaluate(() => sdk.until(() => view.videos.get("main").size[0] === 320, "the smallest picture"));
  await sent("q");
});

test("muting is told to everyone, and unmuting is heard", async () => {
  const { people } = await together(stage, ["Ann", "Ben"], { microphone: true, camera: false });
  const [ann, ben] = people;
  const microphone = (muted) =>
    ben.evaluate(
      (muted) =>
        sdk.until(
          () => sdk.others(call)[0]?.tracks.find(({ source }) => source === "microphone")?.muted === muted,
          `a microphone that is ${muted ? "" : "not "}muted`,
        ),
      muted,
    );
  await microphone(false);
  await ann.evaluate(() => call.setMuted(true));
  assert.deepEqual(await ann.evaluate(() => call.local.get().microphone.state), "muted");
  await microphone(true);
  await ann.evaluate(() => call.setMuted(false));
  await microphone(false);
  await ben.evaluate(() => sdk.heard(call));
  // Off closes the device; on opens it again, in the same line.
  await ann.evaluate(() => call.setMicrophone(false));
  await microphone(true);
  await ann.evaluate(() => call.setMicrophone(true));
  await microphone(false);
  await ben.evaluate(() => sdk.heard(call));
});

test("a moderator's muting is shown, and undone by oneself", async () => {
  const { people } = await together(stage, ["Ann", "Ben"], { microphone: true, camera: false });
  const [ann, ben] = people;
  // Guests moderate nothing: the frame is the test's.
  const muted = await ben.evaluate(async () => {
    const [{ participant }] = sdk.others(call);
    const { track } = await sdk.until(() => sdk.own(call).tracks.find(({ source }) => source === "microphone"), "one's own");
    signalling.hear({ t: "call.muted", room: call.room, track, by: participant });
    return { ...call.local.get().microphone, by: call.mutedBy.get() === participant };
  });
  assert.equal(muted.state, "muted");
  assert.ok(muted.by);
  await ben.evaluate(() => call.setMuted(false));
  assert.equal(await ben.evaluate(() => call.mutedBy.get()), undefined);
  await ann.evaluate(() => sdk.heard(call));
});

test("a camera goes off and on", async () => {
  const { people } = await together(stage, ["Ann", "Ben"], { microphone: false, camera: false });
  const [ann, ben] = people;
  await ben.evaluate(() => call.setCamera(true));
  await see(ann);
  const layers = await ben.evaluate(async () => (await sdk.outbound(call)).map(({ rid }) => rid).sort());
  assert.deepEqual(layers, ["f", "h", "q"]);
  await ben.evaluate(() => call.setCamera(false));
  assert.equal(await ben.evaluate(() => call.localStream("camera")), undefined);
  await ann.evaluate(() => sdk.until(() => call.slots.get().some(({ reason }) => reason === "muted"), "a paused slot"));
  await ben.evaluate(() => call.setCamera(true));
  await see(ann);
});

test("a smaller camera comes in fewer layers", async () => {
  const { people } = await together(stage, ["Ann", "Ben"], { microphone: false, camera: true });
  const [ann, ben] = people;
  await see(ann);
  await ben.evaluate(async () => {
    const devices = navigator.mediaDevices;
    const open = devices.getUserMedia.bind(devices);
    devices.getUserMedia = () => open({ video: { width: 320, height: 180 } });
    await call.setCamera(true);
  });
  await ann.evaluate(() => sdk.until(() => sdk.others(call)[0].tracks.length === 1, "one camera"));
  await see(ann);
  assert.deepEqual(await ann.evaluate(() => view.videos.get("main").size), [320, 180]);
  assert.deepEqual(ben.problems, []);
});

test("who joins muted is heard when they unmute", async () => {
  const { people, room } = await together(stage, ["Ann"], { microphone: true, camera: false });
  const ben = await person(stage, "Ben");
  await ben.evaluate((room) => link.ask("join", { room }), room);
  await enter(ben, room, { microphone: true, camera: false, muted: true });
  const [ann] = people;
  assert.equal(await ben.evaluate(() => call.local.get().microphone.state), "muted");
  assert.equal(await ann.evaluate(async () => (await sdk.trackOf(call, "microphone")).muted), true);
  await ben.evaluate(() => call.setMuted(false));
  await ann.evaluate(() => sdk.heard(call));
});

test("a name never stands beside somebody else's picture", async () => {
  const { people } = await together(stage, ["Ann", "Ben", "Cid"]);
  const [ann] = people;
  await ann.evaluate(async () => {
    const cameras = await sdk.until(() => {
      const found = sdk.others(call).flatMap(({ participant, tracks }) =>
        tracks.filter(({ source }) => source === "camera").map(({ track }) => ({ track, participant })),
      );
      return found.length === 2 && found;
    }, "two cameras");
    view.show([sdk.tile("main", { track: cameras[0].track })]);
    const seen = () => call.slots.get().find(({ tile }) => tile === "main");
    await sdk.until(() => seen()?.state === "live", "the first");
    const told = [];
    call.slots.subscribe(() => {
      const slot = seen();
      const receiver = sdk.connections[0].getReceivers().find(({ track }) => track === call.streamOf("main")?.getTracks()[0]);
      const [newest] = receiver.getContributingSources().sort((one, other) => other.timestamp - one.timestamp);
      told.push({ state: slot.state, named: slot.participant, shown: newest.source });
    });
    view.show([sdk.tile("main", { track: cameras[1].track })]);
    await sdk.until(() => seen().participant === cameras[1].participant, "the second");
    if (told.length === 0) throw new Error("nothing was told");
    for (const { state, named, shown } of told) {
      if (state === "live" && named !== shown) throw new Error(JSON.stringify(told));
    }
  });
});

test("a screen is shared, ended and shared again", async () => {
  const { people } = await together(stage, ["Ann", "Ben"], { microphone: true, camera: true });
  const [ann, ben] = people;
  for (let time = 0; time < 2; time += 1) {
    assert.equal(await ben.evaluate(() => call.shareScreen()), true);
    await see(ann, { source: "screen", widthPx: 1280, heightPx: 720 });
    await ben.evaluate(() => call.stopScreen());
    await ann.evaluate(() =>
      sdk.until(() => !sdk.others(call)[0].tracks.some(({ source }) => source.startsWith("screen")), "the end of the screen"),
    );
  }
  await see(ann);
  assert.deepEqual([...ann.problems, ...ben.problems], []);
});

test("a screen that nobody watched is sent when it is shared again", async () => {
  const { people } = await together(stage, ["Ann", "Ben"], { microphone: false, camera: false });
  const [ann, ben] = people;
  const share = async () => {
    await ben.evaluate(() => call.shareScreen());
    await see(ann, { source: "screen" });
  };
  await share();
  await ann.evaluate(() => view.show([]));
  await ben.evaluate(() =>
    sdk.until(async () => {
      const stats = [...(await sdk.connections[0].getStats()).values()];
      return stats.some(({ type, kind, active }) => type === "outbound-rtp" && kind === "video" && active === false);
    }, "the screen to be paused"),
  );
  await ben.evaluate(() => call.stopScreen());
  await ann.evaluate(() => sdk.until(() => sdk.others(call)[0].tracks.length === 0, "the end of the screen"));
  await share();
});

test("49 tiles fit into one offer, and grow by steps", async () => {
  const { people } = await together(stage, ["Ann", "Ben"]);
  const [ann] = people;
  const found = await ann.evaluate(async () => {
    const { track } = await sdk.trackOf(call, "camera");
    for (const count of [1, 12, 49]) {
      view.show(
        Array.from({ length: count }, (_, place) =>
          sdk.tile(`tile ${place}`, place === 0 ? { track } : "speaker", { widthPx: 180, heightPx: 100 }),
        ),
      );
      await sdk.until(() => call.slots.get().filter(({ tile }) => tile !== undefined).length === count, `${count} slots`);
      await sdk.more(view.videos.get("tile 0"));
    }
    const bytes = Math.max(...signalling.asked.map(({ offer }) => offer?.length ?? 0));
    return { bytes, slots: call.slots.get().length };
  });
  assert.equal(found.slots, 49);
  assert.ok(found.bytes < 64 * 1024, `${found.bytes} bytes`);
});

test("leaving closes all devices, and others see it; ending ends it for all", async () => {
  const { people, room } = await together(stage, ["Ann", "Ben", "Cid"]);
  const [ann, ben, cid] = people;
  await cid.evaluate(async () => {
    const [camera] = call.localStream("camera").getTracks();
    await call.leave();
    if (camera.readyState !== "ended") throw new Error("the camera is open");
    if (calls.current.get() !== undefined) throw new Error("still in the call");
  });
  await ann.evaluate(() => sdk.until(() => sdk.others(call).length === 1, "Cid to be gone"));
  await ann.evaluate(() => call.endForAll());
  for (const page of [ann, ben]) {
    const phase = await page.evaluate(async () => {
      await sdk.until(() => call.phase.get().phase === "ended", "the end");
      return call.phase.get();
    });
    assert.deepEqual(phase, { phase: "ended", reason: "ended" });
  }
  await enter(ben, room);
  await ben.evaluate(() => sdk.until(() => call.phase.get().phase === "connected", "to be connected again"));
});

test("data saver: no pictures either way, and back", async () => {
  const { people } = await together(stage, ["Ann", "Ben"]);
  const [ann, ben] = people;
  await see(ann);
  await ann.evaluate(() => call.setAudioOnly(true));
  assert.equal(await ann.evaluate(() => call.local.get().camera.state), "off");
  await ann.evaluate(() => sdk.until(() => call.slots.get().every(({ state }) => state === "empty"), "no pictures"));
  await ann.evaluate(() => call.setAudioOnly(false));
  await see(ann);
  await ann.evaluate(() => call.setCamera(true));
  await see(ben);
});

test("refused devices say which and why", async () => {
  const page = await person(stage, "Ann");
  await page.context().clearPermissions();
  const room = await stage.room(page);
  const problem = await page.evaluate(async (room) => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"));
    return calls.join(room, { microphone: true, camera: false }).catch(({ problem, device }) => ({ problem, device }));
  }, room);
  assert.deepEqual(problem, { problem: "denied", device: "microphone" });
});

test("a preview's devices go on in the call, and only those that are wanted", async () => {
  const page = await person(stage, "Ann");
  const room = await stage.room(page);
  const found = await page.evaluate(async (room) => {
    const preview = await calls.preview({ microphone: true, camera: true });
    await sdk.until(() => preview.level() > 0, "a level");
    const [camera] = preview.stream.getVideoTracks();
    const [microphone] = preview.stream.getAudioTracks();
    window.call = await calls.join(room, { microphone: true, camera: false, preview });
    preview.stop();
    const labels = calls.devices.get().cameras.map(({ label }) => label);
    const states = [microphone.readyState, camera.readyState, call.local.get().microphone.state, call.local.get().camera.state];
    await call.leave();
    return { labels, states, after: microphone.readyState };
  }, room);
  assert.deepEqual(found.states, ["live", "ended", "on", "off"]);
  assert.deepEqual(found.labels, ["fake_device_0"]);
  assert.equal(found.after, "ended");
});

test("voices are sent with redundancy, and silence is left out", async () => {
  const ann = await person(stage, "Ann");
  const room = await stage.room(ann);
  const relayed = await stage.relay(ann, 5);
  await enter(ann, room, { microphone: true, camera: false });
  const { red, opus } = await ann.evaluate(() => {
    const lines = sdk.connections[0].remoteDescription.sdp.split(/^m=/m);
    const publication = lines.find((line) => line.startsWith("audio") && line.includes("a=recvonly"));
    const type = (codec) => Number(new RegExp(`a=rtpmap:(\\d+) ${codec}/`).exec(publication)?.[1]);
    return { red: type("red"), opus: new RegExp(`a=fmtp:${type("opus")} (.*)`).exec(publication)?.[1] };
  });
  assert.match(opus ?? "", /usedtx=1/);
  await ann.evaluate(() => sdk.until(() => call.phase.get().phase === "connected", "to be connected"));
  const end = Date.now() + 90_000;
  while (!relayed.relay.types.up.get(red) && Date.now() < end) await new Promise((done) => setTimeout(done, 50));
  assert.ok(relayed.relay.types.up.get(red) > 0, "redundancy is sent");
});
