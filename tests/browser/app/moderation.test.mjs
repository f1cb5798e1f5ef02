// Who made a room looks after it: its name, its members' roles, who is put out, who is muted.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { House, says } from "./house.mjs";

let house;
let ann;
let ben;
before(async () => {
  house = await House.open();
  ann = await house.person("Ann");
  await ann.createRoom("Bridge");
  ben = await house.person("Ben");
  await ben.join("Bridge");
});
after(() => house?.close());

const item = ({ page }, name) => page.getByRole("menuitem", { name });

async function actionsFor(person, name) {
  const actions = person.page.getByRole("button", { name: `Actions for ${name}` });
  if (!(await actions.isVisible())) await person.page.getByRole("button", { name: "Members" }).click();
  await actions.click();
}

test("a room's owner gives it another name, and everyone sees it", async () => {
  await ann.page.getByRole("button", { name: "More about this room" }).click();
  await item(ann, /Room settings/).click();
  const dialog = ann.page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill("Engine room");
  await dialog.getByRole("button", { name: "Save" }).click();
  await ben.inRoom("Engine room");
});

test("a role that the owner gives allows what it says", async () => {
  await actionsFor(ann, "Ben");
  await item(ann, "Make Moderator").click();
  await ann.write("from the owner");
  await ben.sees("from the owner");
  const message = ben.message("from the owner");
  await message.hover();
  await message.getByRole("button", { name: /^More/ }).click();
  await item(ben, /^Delete/).waitFor();
  await ben.page.keyboard.press("Escape");
});

test("a moderator's mute is told to whom it hits", async () => {
  for (const person of [ann, ben]) await person.joinCall();
  await ann.page.getByRole("button", { name: /^Participants/ }).first().click();
  await ann.page.getByRole("button", { name: "What to do about Ben" }).first().click();
  await ann.page.getByRole("listitem").filter({ hasText: "Ben" }).getByRole("button", { name: "Mute", exact: true }).click();
  await ben.page.getByRole("button", { name: /^Unmute/ }).first().waitFor();
  for (const person of [ben, ann]) await person.page.getByRole("button", { name: /^Leave/ }).first().click();
});

test("who is put out and banned is told, and comes back when the ban is lifted", async () => {
  await actionsFor(ann, "Ben");
  await item(ann, "Remove and ban").click();
  await ann.page.getByRole("dialog").getByRole("button", { name: /ban/i }).click();
  await ben.composer.waitFor({ state: "detached" });
  await says(ben, "A moderator banned you from this room.");
  assert.equal(await ben.page.getByRole("main").getByRole("button", { name: /Join/ }).count(), 0);
  await actionsFor(ann, "Ben");
  await item(ann, "Lift the ban").click();
  await says(ann, "Ann lifted the ban on Ben");
  await ben.join("Engine room");
});

test("nothing on the pages failed", () => {
  assert.deepEqual([...ann.faults, ...ben.faults], []);
});
