// What people write stays text, wherever it is shown.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { House } from "./house.mjs";

const SCRIPT = `<img src=x onerror="window.hurt=1"><script>window.hurt=1</script>`;
let house, ann;

before(async () => {
  house = await House.open();
  ann = await house.person(`Ann${SCRIPT.slice(0, 40)}`);
});
after(() => house?.close());

const hurt = () => ann.page.evaluate(() => window.hurt);

test("markup in names of rooms and people is shown as it was written", async () => {
  await ann.createRoom(`Deck ${SCRIPT}`);
  await ann.write("hello");
  await ann.isDelivered("hello");
  assert.ok((await ann.page.getByRole("main").getByRole("heading", { level: 1 }).innerText()).includes("<script>"));
  assert.equal(await hurt(), undefined);
});

test("markup in messages is shown as it was written", async () => {
  await ann.write(SCRIPT);
  await ann.sees("<script>window.hurt=1</script>");
  assert.equal(await ann.page.locator("img[src=x], [onerror]").count(), 0);
  assert.equal(await hurt(), undefined);
});

test("links lead to http, https and mail, and to nothing else", async () => {
  const bad = ["javascript:window.hurt=1", "data:text/html,<script>1</script>", "vbscript:x", "JaVaScRiPt:alert(1)", "file:///etc/passwd"];
  await ann.write(bad.map((url, index) => `[click ${index}](${url})`).join(" "));
  await ann.sees("click 0");
  const hrefs = await ann.log.locator("a").evaluateAll((links) => links.map((link) => link.protocol));
  assert.deepEqual(hrefs.filter((protocol) => !["http:", "https:", "mailto:"].includes(protocol)), []);
  await ann.write("[fine](https://example.org/a)");
  const fine = ann.log.getByRole("link", { name: /fine/ });
  await fine.waitFor();
  assert.match(await fine.getAttribute("rel"), /noopener/);
});

test("input made to be slow or to turn the page around does neither", async () => {
  for (const text of [">".repeat(8_000), "*".repeat(8_000), "[".repeat(8_000), "\u202e".repeat(500) + "tfel", "a\u0300".repeat(4_000)]) {
    await ann.write(text);
    await ann.page.getByText("Waiting").waitFor({ state: "detached" });
  }
  await ann.write("still here");
  await ann.isDelivered("still here");
  assert.deepEqual(ann.faults, []);
});

test("a message that is too long is kept in the composer and said so", async () => {
  await ann.composer.fill("x".repeat(16 * 1024 + 5));
  await ann.page.getByText("5 bytes too long").waitFor();
  await ann.composer.press("Enter");
  assert.equal((await ann.composer.inputValue()).length, 16 * 1024 + 5);
  await ann.composer.fill("");
});

test("a name that is taken or empty is answered in words", async () => {
  const { context, url } = await house.browserOf();
  const page = await context.newPage();
  await page.goto(url);
  await page.getByRole("button", { name: "Enter", exact: true }).click();
  await page.getByText("Write a name first.").waitFor();
  await page.getByLabel("Your name").fill(ann.name);
  await page.getByRole("button", { name: "Enter", exact: true }).click();
  await page.getByText("Somebody else has this name here.").waitFor();
  await context.close();
});
