// The messages of a room and the field under them, by keyboard and by finger.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { House, until } from "./house.mjs";

let house, ann, ben;

before(async () => {
  house = await House.open();
  [ann, ben] = await house.pair();
});
after(() => house?.close());

const focused = (person) => person.page.evaluate(() => document.activeElement?.closest("[data-key]")?.textContent ?? "");
const isOn = (person, text) => until(async () => (await focused(person)).includes(text), `the focus is on “${text}”`);

test("arrows move between messages; Enter opens what one may do, Escape brings the focus back", async () => {
  await ben.write("first by Ben");
  await ben.write("second by Ben");
  await ann.sees("second by Ben");
  await ann.log.focus();
  await ann.page.keyboard.press("ArrowUp");
  await isOn(ann, "second by Ben");
  await ann.page.keyboard.press("ArrowUp");
  await isOn(ann, "first by Ben");
  await ann.page.keyboard.press("Enter");
  await ann.page.getByRole("menu").getByRole("menuitem", { name: "Reply in thread" }).waitFor();
  await ann.page.keyboard.press("Escape");
  await isOn(ann, "first by Ben");
});

test("what is chosen in the menu of a message has the focus: one edits at once", async () => {
  await ann.write("mended soom");
  await ann.isDelivered("mended soom");
  await ann.message("mended soom").click({ button: "right" });
  await ann.page.getByRole("menuitem", { name: "Edit" }).click();
  const field = ann.page.getByRole("textbox", { name: "Edit the message" });
  await field.waitFor();
  await ann.page.getByRole("menu").waitFor({ state: "detached" });
  await until(() => field.evaluate((now) => now === document.activeElement), "one writes on");
  await field.press("Backspace");
  await ann.page.keyboard.type("n");
  await ann.page.keyboard.press("Enter");
  await ben.sees("mended soon");
  const writesOn = () => ann.composer.evaluate((now) => now === document.activeElement);
  await until(writesOn, "one writes on after it");
  await ann.composer.press("ArrowUp");
  await field.press("Escape");
  await until(writesOn, "and after giving it up");
});

test("+ opens all emoji, and what is found there becomes a reaction", async () => {
  await ann.log.focus();
  await ann.page.keyboard.press("ArrowUp");
  await ann.page.keyboard.press("+");
  const search = ann.page.getByRole("searchbox", { name: "Search emoji" });
  await search.fill("rocket");
  const rocket = ann.page.getByRole("gridcell", { name: "rocket" });
  await rocket.click();
  await ben.log.getByRole("button", { name: /🚀 1, Ann/ }).waitFor();
});

test("people and emoji are completed as one writes", async () => {
  await ben.composer.fill("");
  await ben.composer.pressSequentially("hi @an");
  await ben.page.getByRole("option", { name: /Ann/ }).waitFor();
  await ben.composer.press("Enter");
  assert.equal(await ben.composer.inputValue(), "hi @Ann ");
  await ben.composer.pressSequentially(":tada:");
  await until(async () => (await ben.composer.inputValue()).endsWith("🎉"), "the shortcode is an emoji");
  await ben.composer.press("Enter");
  await ann.sees("hi @Ann 🎉");
  assert.equal(await ann.message("hi @Ann").locator("[data-user]").innerText(), "@Ann");
});

test("formats go on and off, undo knows them, and Enter in code makes a line", async () => {
  await ann.composer.fill("strong");
  await ann.composer.press("Control+A");
  await ann.composer.press("Control+B");
  assert.equal(await ann.composer.inputValue(), "**strong**");
  await ann.composer.press("Control+Z");
  assert.equal(await ann.composer.inputValue(), "strong");
  await ann.composer.fill("```js\nlet a;");
  await ann.composer.press("Enter");
  assert.equal(await ann.composer.inputValue(), "```js\nlet a;\n");
  await ann.composer.press("Control+Enter");
  await ben.log.getByRole("group", { name: "Code in js" }).filter({ hasText: "let a;" }).waitFor();
});

test("what was begun survives a reload, typed in the last moment or not", async () => {
  await ann.composer.pressSequentially("begun");
  await ann.page.reload();
  await until(async () => (await ann.composer.inputValue()) === "begun", "the draft is there");
  await ann.composer.fill("");
});

test("what was begun in a thread survives a reload", async () => {
  const open = async () => {
    await ann.message("first by Ben").hover();
    await ann.message("first by Ben").getByRole("button", { name: "Reply in thread" }).click();
  };
  const reply = ann.page.getByRole("textbox", { name: "Reply in the thread" });
  await open();
  await reply.pressSequentially("begun below");
  await ann.page.reload();
  await open();
  await until(async () => (await reply.inputValue()) === "begun below", "the draft is there");
  await reply.fill("");
  await ann.page.keyboard.press("Escape");
});

test("Escape leaves the search of all rooms for the room before it", async () => {
  await ann.page.keyboard.press("Control+Shift+f");
  const search = ann.page.getByRole("searchbox", { name: "Search in messages" });
  await search.fill("nothing");
  await search.press("Escape");
  await search.press("Escape");
  await ann.inRoom("Bridge");
});

test("a link to a message leads there and tells it apart", async () => {
  await ann.write("the one");
  await ann.isDelivered("the one");
  for (let n = 0; n < 40; n += 1) await ann.write(`line ${n}`);
  await ann.isDelivered("line 39");
  await ann.log.evaluate((list) => list.scrollTo(0, 0));
  await ann.message("the one").click({ button: "right" });
  await ann.page.getByRole("menuitem", { name: "Copy a link to it" }).click();
  const link = await until(() => ann.page.evaluate(() => navigator.clipboard.readText()), "the link was copied");
  const there = await ann.tab(new URL(link).hash);
  await there.message("the one").waitFor();
  await there.page.getByRole("button", { name: "Jump to the latest message" }).click();
  await there.message("line 39").waitFor();
});

test("a room that outgrows the page shows its last message whole", async () => {
  await ann.createRoom("Deck");
  const lines = Array.from({ length: 12 }, (_, index) => `line ${index}`).join("\n");
  for (const name of ["one", "two", "three"]) await ann.write(`${name}\n${lines}`);
  await ann.isDelivered("three");
  const hidden = () => ann.log.evaluate((log) => Math.round(log.scrollHeight - log.scrollTop - log.clientHeight));
  await until(async () => (await hidden()) === 0, "the end is on the page");
  await ann.page.getByRole("link", { name: "Bridge" }).click();
  await ann.inRoom("Bridge");
});

test("search finds what is stored here and leads to it", async () => {
  await ann.page.getByRole("button", { name: "Search in this room" }).click();
  await ann.page.getByRole("searchbox", { name: "Search in messages" }).fill("THE ON");
  const found = ann.page.getByRole("search").getByRole("listitem").filter({ hasText: "the one" });
  assert.equal(await found.locator("mark").innerText(), "the on");
  await found.getByRole("link").click();
  await until(() => /message\//.test(ann.page.url()), "the address names the message");
  await ann.message("the one").waitFor();
});

test("nothing broke a rule of the page", () => {
  assert.deepEqual([...ann.faults, ...ben.faults], []);
});
