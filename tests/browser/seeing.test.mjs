// What is seen, and whom: layouts, layers, screens, speakers, codecs.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { hear, seeMore, seeWhom, seeWidth, self, show } from "./people.mjs";
import { Stage } from "./stage.mjs";

let stage;
before(async () => (stage = await Stage.open()));
after(() => stage?.close());
afterEach(() => stage.leave());

/** Three people in a call, and who each of them is. */
const three = async (slots, sources) => {
  const people = [await stage.person("Ann"), await stage.person("Ben"), await stage.person("Cid")];
  const room = await stage.room(...people);
  for (const page of people) await stage.join(page, room, slots, sources);
  return { people, ids: await Promise.all(people.map(self)) };
};

const freezes = (page, slot = 0) =>
  page.evaluate((slot) => call.inbound(call.videoSlots[slot]).then(({ freezeCount }) => freezeCount), slot);

const ATTEMPTS_MAX = 4;

/** Does something until nothing froze meanwhile: a busy machine freezes a picture now and then, a bad switch each time. */
async function withoutFreeze(page, act) {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const before = await freezes(page);
    await act();
    if ((await freezes(page)) === before) return;
  }
  assert.fail(`a freeze in each of ${ATTEMPTS_MAX} attempts`);
}

test("a larger tile brings a larger picture, a smaller one a smaller", async () => {
  const { people } = await stage.pair();
  const [ann, ben] = people;
  const sends = (rid, active) =>
    ben.evaluate(
      ({ rid, active }) =>
        greenroom.until(async () => {
          const encodings = call.senders.get("camera").sender.getParameters().encodings;
          return encodings.find((encoding) => encoding.rid === rid).active === active;
        }, `${rid} to be ${active ? "sent" : "paused"}`),
      { rid, active },
    );
  await show(ann, { width: 1280, height: 720 });
  await seeWidth(ann, { least: 640 });
  await sends("h", false);
  await withoutFreeze(ann, async () => {
    await show(ann, { width: 320, height: 180 });
    await seeWidth(ann, { most: 320 });
    await sends("f", false);
    await show(ann, { width: 640, height: 360 });
    await seeWidth(ann, { least: 640 });
    await seeMore(ann);
  });
});

test("a layout shows two people, and another one shows them the other way round", async () => {
  const { people, ids } = await three({ audio: 1, video: 2 });
  const [ann] = people;
  const layout = (first, second) =>
    ann.evaluate(
      async ([first, second]) => {
        const camera = (of) =>
          greenroom.until(
            () => call.participants.get(of)?.tracks.find(({ source }) => source === "camera")?.track,
            `the camera of ${of}`,
          );
        await call.layout([
          { slot: 0, show: { track: await camera(first) }, width: 640, height: 360, pinned: true },
          { slot: 1, show: { track: await camera(second) }, width: 320, height: 180 },
        ]);
      },
      [first, second],
    );
  for (const [first, second] of [
    [ids[1], ids[2]],
    [ids[2], ids[1]],
  ]) {
    await layout(first, second);
    await seeWhom(ann, { slot: 0, participant: first });
    await seeWhom(ann, { slot: 1, participant: second });
    await seeWidth(ann, { slot: 0, least: 640 });
    await seeWidth(ann, { slot: 1, most: 320 });
  }
});

test("a slot passes from one person to another without a freeze", async () => {
  const { people, ids } = await three({ audio: 0, video: 1 });
  const [ann] = people;
  let [participant, next] = [ids[1], ids[2]];
  const pass = async () => {
    [participant, next] = [next, participant];
    await show(ann, { of: participant, width: 320, height: 180 });
    await seeWhom(ann, { participant });
    await seeMore(ann, { frames: 15 });
  };
  await pass();
  for (let passes = 0; passes < 5; passes += 1) await withoutFreeze(ann, pass);
});

test("who speaks is named, heard and seen", async () => {
  const { people, ids } = await three({ audio: 1, video: 1 }, ["camera", "voice"]);
  const [ann] = people;
  for (const speaker of [1, 2, 1]) {
    for (const [index, page] of people.entries()) await page.evaluate((on) => voice.speak(on), index === speaker);
    const participant = ids[speaker];
    await ann.evaluate(
      (participant) => greenroom.until(() => call.speakers?.[0] === participant, `${participant} to speak`),
      participant,
    );
    await seeWhom(ann, { participant });
    await ann.evaluate(
      (participant) =>
        greenroom.until(() => {
          const sources = call.audioSlots[0].transceiver.receiver.getContributingSources();
          return sources.sort((a, b) => b.timestamp - a.timestamp)[0]?.source === participant;
        }, `${participant} to be heard`),
      participant,
    );
  }
  for (const page of people) await page.evaluate(() => voice.speak(false));
  await ann.evaluate(() => greenroom.until(() => call.speakers?.length === 0, "silence"));
});

test("a screen is shown beside the camera, in full", async () => {
  const { people } = await stage.pair();
  const [ann, ben] = people;
  await ben.evaluate(async () => {
    // Headless Chromium has no screen to pick: what is captured is a drawing of the page's own.
    const canvas = Object.assign(document.createElement("canvas"), { width: 800, height: 450 });
    const context = canvas.getContext("2d");
    setInterval(() => {
      context.fillStyle = `hsl(${performance.now() % 360} 80% 50%)`;
      context.fillRect(0, 0, 800, 450);
    }, 100);
    const [screen] = canvas.captureStream(10).getVideoTracks();
    screen.contentHint = "detail"; // as that of a screen: never scaled down
    call.addTrack("screen", screen);
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
  await seeWidth(ann, { slot: 1, least: 800 });
  await seeMore(ann, { slot: 1, frames: 10 });
});

for (const codec of ["video/H264", "video/VP9", "video/AV1"]) {
  test(`${codec} passes through`, async (t) => {
    const people = [await stage.person("Ann"), await stage.person("Ben")];
    const encodes = await people[1].evaluate(
      (codec) => RTCRtpSender.getCapabilities("video").codecs.some(({ mimeType }) => mimeType === codec),
      codec,
    );
    if (!encodes) return t.skip("this Chromium cannot encode it");
    const room = await stage.room(...people);
    await stage.join(people[0], room, { audio: 0, video: 1 }, []);
    await stage.join(people[1], room, {}, ["camera"], { codec });
    const shown = await show(people[0]);
    await seeMore(people[0]);
    const received = await people[0].evaluate(async () => {
      const { codecId } = await call.inbound(call.videoSlots[0]);
      return (await call.stats("codec")).find(({ id }) => id === codecId).mimeType;
    });
    assert.equal(received, codec);
    assert.equal(shown.source, "camera");
  });
}
