// A call of three people with fake devices, in the app.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { violations } from "./axe.mjs";
import { House, until } from "./house.mjs";

let house;
const people = [];

before(async () => {
  house = await House.open({}, { args: ["--auto-accept-this-tab-capture"] });
  for (const name of ["Ann", "Ben", "Cleo"]) people.push(await house.person(name));
  const [first, ...others] = people;
  await first.createRoom("Bridge");
  for (const other of others) await other.join("Bridge");
});
after(() => house?.close());

const button = ({ page }, name) => page.getByRole("button", { name }).first();

/** Waits until so many pictures on somebody's page move, counted from when each is looked at first. */
async function seesMoving({ page, name }, count) {
  await page.evaluate(() => (window.looked = new WeakMap()));
  const look = (count) => {
    const moved = [...document.querySelectorAll("video")].filter((video) => {
      const { totalVideoFrames } = video.getVideoPlaybackQuality();
      if (!window.looked.has(video)) window.looked.set(video, totalVideoFrames);
      return totalVideoFrames > window.looked.get(video);
    });
    return moved.length >= count;
  };
  await until(() => page.evaluate(look, count), `${name} sees ${count} pictures that move`);
}

async function join(person) {
  await button(person, /^(Start a call|Join)/).click();
  const before = person.page.getByRole("dialog").or(person.page.getByRole("region", { name: /join/i }));
  await before.first().waitFor();
  await person.page.getByRole("button", { name: /^(Join|Start)/ }).last().click();
  await button(person, /Leave/).waitFor();
}

test("three people see each other", async () => {
  for (const person of people) await join(person);
  for (const person of people) await seesMoving(person, 3); // two others and themself
  assert.deepEqual(await violations(people[0].page), []);
});

test("a mute is seen by the others", async () => {
  const [ann, ben] = people;
  await button(ann, /^Mute/).click();
  await button(ann, /^Unmute/).waitFor();
  await ben.page.getByRole("group", { name: /Ann.*muted/i }).first().waitFor();
  await button(ann, /^Unmute/).click();
});

test("a raised hand is seen by the others", async () => {
  const [ann, ben] = people;
  await button(ann, /Raise your hand/).click();
  await ben.page.getByRole("group", { name: /Ann.*hand/i }).first().waitFor();
});

test("a shared screen gets the large view of the others, and goes when it ends", async () => {
  const [ann, ben] = people;
  await button(ann, /^Share your screen/).click();
  const screen = ben.page.getByRole("group", { name: /Ann.*screen/ });
  await screen.locator("video").waitFor();
  const [shared, camera] = [await screen.boundingBox(), await ben.page.getByRole("group", { name: /^Ann(,|$)/ }).boundingBox()];
  assert.ok(shared.width * shared.height > 2 * camera.width * camera.height, "the screen is the large one");
  await button(ann, /^Stop sharing/).click();
  await screen.waitFor({ state: "detached" });
});

test("who holds Space is heard while they hold it", async () => {
  const [ann, ben] = people;
  await button(ann, /^Mute/).click();
  const muted = ben.page.getByRole("group", { name: /Ann.*muted/i }).first();
  await muted.waitFor();
  await ann.page.keyboard.down(" ");
  await muted.waitFor({ state: "detached" });
  await ann.page.keyboard.up(" ");
  await muted.waitFor();
  // From wherever keys brought one that does nothing with Space itself.
  await ann.page.keyboard.press("F6");
  await ann.page.keyboard.press("F6");
  await ann.page.keyboard.down(" ");
  await muted.waitFor({ state: "detached" });
  await ann.page.keyboard.up(" ");
  await muted.waitFor();
  await ann.page.keyboard.press("m");
  await muted.waitFor({ state: "detached" });
});

test("a dialog of the call gives the focus back to where it was opened", async () => {
  const [ann] = people;
  const more = ann.page.getByRole("toolbar", { name: "Call controls" }).getByRole("button", { name: "More" });
  await more.click();
  await ann.page.getByRole("menuitem", { name: "Microphone, camera and speaker" }).click();
  await ann.page.getByRole("dialog").waitFor();
  await ann.page.keyboard.press("Escape");
  await until(() => more.evaluate((now) => now === document.activeElement), "the focus is on the button again");
});

test("who opens the chat by its key writes in it, and closing it gives the focus back", async () => {
  const [ann] = people;
  const more = ann.page.getByRole("toolbar", { name: "Call controls" }).getByRole("button", { name: "More" });
  await more.focus();
  await ann.page.keyboard.press("c");
  await until(() => ann.composer.evaluate((field) => field === document.activeElement), "the focus is where one writes");
  await ann.page.keyboard.type("shall");
  assert.equal(await ann.composer.inputValue(), "shall");
  await ann.composer.fill("");
  await button(ann, "Close the side panel").click();
  await until(() => more.evaluate((now) => now === document.activeElement), "the focus is on the button again");
});

test("who reloads is back in the call, as muted as before", async () => {
  const [ann, ben] = people;
  const muted = ann.page.getByRole("group", { name: /Ben.*muted/i }).first();
  await button(ben, /^Mute/).click();
  await muted.waitFor();
  await ben.page.reload();
  await until(async () => {
    const back = button(ben, /^Return/);
    // The app may go back by itself meanwhile.
    if (await back.isEnabled({ timeout: 1 }).catch(() => false)) await back.click({ timeout: 1_000 }).catch(() => undefined);
    return button(ben, /Leave/).isVisible();
  }, "Ben is back");
  await seesMoving(ben, 3);
  await muted.waitFor();
  await button(ben, /^Unmute/).click();
  await muted.waitFor({ state: "detached" });
});

test("a call goes on in a small window while one reads another room", async () => {
  const [ann] = people;
  await ann.createRoom("Galley");
  await ann.page.getByRole("region", { name: /call/i }).first().waitFor();
  await button(ann, /^Return to the call/).click();
  await ann.page.getByRole("heading", { level: 1, name: "Bridge" }).waitFor();
});

test("who leaves is gone for the others, and the last ends the call", async () => {
  const [ann, ben, cleo] = people;
  await button(cleo, /Leave/).click();
  await until(async () => (await ann.page.getByRole("group", { name: /Cleo/ }).count()) === 0, "Cleo is gone");
  await button(ann, /Leave/).click();
  await button(ben, /Leave/).click();
  await ann.page.getByText(/The call ended/).first().waitFor();
  await until(() => ann.composer.evaluate((field) => field === document.activeElement), "one goes on where one writes");
  assert.deepEqual(people.flatMap(({ faults }) => faults), []);
});

for (const viewport of [
  { width: 390, height: 844 },
  { width: 320, height: 640 },
]) {
  test(`the call's small window covers no header of a phone, notices or not: ${viewport.width} wide`, async () => {
    const way = await house.proxy();
    const kim = await house.person(`Kim of ${viewport.width}`, { over: way, viewport });
    const { page } = kim;
    await kim.createRoom(`Galley ${viewport.width}`);
    await page.getByRole("button", { name: "Back to the rooms" }).click();
    await kim.createRoom(`Mess ${viewport.width}`);
    await kim.joinCall();
    const dock = page.getByRole("region", { name: `Call in Mess ${viewport.width}` });
    const below = async (what) => {
      // At once: notices come and go.
      const other = await what.elementHandle();
      const [topPx, endPx] = await dock.evaluate(
        (small, other) => [small.getBoundingClientRect().top, other.getBoundingClientRect().bottom],
        other,
      );
      assert.ok(topPx >= endPx, `${topPx} is below ${endPx}`);
    };
    await page.getByRole("button", { name: "Back to the rooms" }).click();
    await dock.waitFor();
    const galley = page.getByRole("link", { name: `Galley ${viewport.width}` });
    await below(galley);
    await galley.click();
    await kim.inRoom(`Galley ${viewport.width}`);
    const header = page.locator("main header");
    await below(header);
    way.cut();
    await page.getByText(/You can go on reading and writing/).first().waitFor();
    await below(header);
    await kim.close();
  });
}
