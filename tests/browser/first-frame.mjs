// How long it takes from asking to join a call, camera open, to the first picture of somebody else. Not a test: it prints
// figures as JSON. On an idle machine, with a release build:
//
//   GREENROOM_BIN=target/release/greenroom node tests/browser/first-frame.mjs [rounds]

import { seeMore, show } from "./people.mjs";
import { Stage } from "./stage.mjs";

const ROUNDS = Number(process.argv[2] ?? 10);
const median = (numbers) => {
  const sorted = numbers.toSorted((a, b) => a - b);
  return Math.round((sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2);
};

const stage = await Stage.open();
try {
  const [ann, ben] = [await stage.person("Ann"), await stage.person("Ben")];
  const room = await stage.room(ann, ben);
  await stage.join(ben, room, { audio: 1, video: 1 });
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await ann.evaluate(() => greenroom.fakeDevices()); // they are open before
    await stage.join(ann, room, { audio: 1, video: 1 });
    const times = await ann.evaluate(async () => {
      const { element } = call.videoSlots[0];
      const first = await greenroom.until(() => element.firstFrame, "a picture");
      const { asked, answered, connected } = call.times;
      return { answered: answered - asked, connected: connected - asked, first_frame: first - asked };
    });
    rounds.push(times);
    if (round === 0) {
      await show(ben);
      await seeMore(ben);
    }
    await ann.evaluate(() => call.leave());
  }
  const of = (step) => rounds.map((times) => Math.round(times[step]));
  const steps = Object.keys(rounds[0]);
  const medians = Object.fromEntries(steps.map((step) => [`${step}_ms`, median(of(step))]));
  console.log(JSON.stringify({ rounds: ROUNDS, median: medians, first_frame_ms: of("first_frame") }));
} finally {
  await stage.close();
}
