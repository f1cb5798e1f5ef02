// Everybody can use every page: axe finds nothing, the keyboard goes everywhere, both languages are whole.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { violations } from "./axe.mjs";
import { CHINESE as texts, House, until } from "./house.mjs";

let house, ann, ben;

before(async () => {
  house = await House.open();
  [ann, ben] = await house.pair();
  await ben.write("Hello **Ann**, see `code` and https://example.org\n\n```js\nlet a = 1;\n```\n> quoted");
  await ann.sees("Hello Ann");
});
after(() => house?.close());

const press = (name) => () => ann.page.getByRole("button", { name, exact: true }).first().click();
const inMenu = (item) => async () => {
  await press("More about this room")();
  await ann.page.getByRole("menuitem", { name: item }).click();
};

/** Every place of the app, how one comes there, and what is there then. Each is left by Escape. */
const PLACES = [
  ["the members", press("Members"), "complementary"],
  ["the pins", press("Pinned messages"), "complementary"],
  ["the search", press("Search in this room"), "complementary"],
  ["the switcher", () => ann.page.keyboard.press("Control+k"), "dialog"],
  ["the shortcuts", () => ann.page.keyboard.press("Control+/"), "dialog"],
  ["the settings", press("Settings"), "dialog"],
  ["making a room", () => ann.add("Create a room"), "dialog"],
  ["browsing rooms", () => ann.add("Browse rooms"), "dialog"],
  ["the menu of a room", press("More about this room"), "menu"],
  ["inviting people", inMenu(/Invite people/), "dialog"],
  ["a room's settings", inMenu(/Room settings/), "dialog"],
  ["a message's menu", () => ann.message("Hello Ann").click({ button: "right" }), "menu"],
];

for (const theme of ["light", "dark"]) {
  test(`axe finds nothing in a room, ${theme}`, async () => {
    await ann.page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    assert.deepEqual(await violations(ann.page), []);
  });

  for (const [place, go, role] of PLACES) {
    test(`axe finds nothing in ${place}, ${theme}`, async () => {
      await go();
      const shown = ann.page.getByRole(role).first();
      await shown.waitFor();
      const found = await violations(ann.page, place === "a message's menu" ? "[role=menu]" : undefined);
      await ann.page.keyboard.press("Escape");
      await shown.waitFor({ state: "hidden" });
      assert.deepEqual(found, []);
    });
  }
}

test("axe finds nothing on the first page, on a phone, and in Chinese", async () => {
  const { context, url } = await house.browserOf({ viewport: { width: 390, height: 844 }, locale: "zh-CN", hasTouch: true });
  const page = await context.newPage();
  await page.goto(url);
  await page.getByRole("textbox").waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), "zh-Hans");
  assert.deepEqual(await violations(page), []);
  await context.close();
});

test("a room can be found, written to and left without a mouse", async () => {
  const { page } = ann;
  await ann.createRoom("Aft");
  const hasFocus = (locator, what) => until(() => locator.evaluate((now) => now === document.activeElement), `the focus is on ${what}`);
  await page.keyboard.press("Control+k");
  await hasFocus(page.getByRole("combobox"), "the switcher");
  await page.keyboard.type("bridge");
  await page.keyboard.press("Enter");
  await ann.inRoom("Bridge");
  await hasFocus(ann.composer, "where one writes");
  await page.keyboard.type("by keyboard");
  await page.keyboard.press("Enter");
  await ann.isDelivered("by keyboard");
  const regions = new Set();
  for (let index = 0; index < 8; index += 1) {
    await page.keyboard.press("F6");
    regions.add(await page.evaluate(() => document.activeElement?.closest("nav,main,aside,header,[role=region],[role=complementary]")?.tagName));
  }
  assert.ok(regions.size >= 2, `F6 goes around: ${[...regions]}`);
  await page.keyboard.press("Control+/");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await page.keyboard.press("Escape");
});

test("Alt and arrows go from room to room", async () => {
  await ann.page.keyboard.press("Alt+ArrowDown");
  await ann.inRoom("Aft");
  await ann.page.keyboard.press("Alt+ArrowUp");
  await ann.inRoom("Bridge");
});

test("the whole app speaks Chinese", async () => {
  const li = await house.person("李雷", { locale: "zh-CN", texts });
  await li.createRoom("舰桥", { texts });
  await li.write("你好，**世界**");
  await li.isDelivered("你好，世界");
  // What is not a name or a message has no English words left.
  const words = await li.page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
      const parent = walker.currentNode.parentElement;
      if (!parent.closest("script,style,noscript,[data-part=text],kbd")) found.push(walker.currentNode.data);
    }
    for (const element of document.querySelectorAll("[aria-label],[placeholder],[title]")) {
      found.push(...["aria-label", "placeholder", "title"].map((name) => element.getAttribute(name) ?? ""));
    }
    return found.join("\n").match(/[A-Za-z]{3,}/g) ?? [];
  });
  assert.deepEqual(words.filter((word) => !["Greenroom", "Ctrl", "Alt", "Shift", "Enter", "Esc"].includes(word)), []);
  await li.close();
});


test("nothing on the pages failed", () => {
  assert.deepEqual([...ann.faults, ...ben.faults], []);
});
