// The main screens look as they did: docs/screens/, which the README shows. GREENROOM_SCREENS=write renews them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CHINESE as texts, House, until } from "./house.mjs";
import { compareScreen } from "./screens.mjs";

let house, ann, ben, over;

before(async () => {
  house = await House.open({}, { args: ["--auto-accept-this-tab-capture", "--auto-select-desktop-capture-source=Entire screen"] });
  over = await house.proxy();
  ann = await house.person("Ann", { over, colorScheme: "light", reducedMotion: "reduce" });
  await ann.createRoom("Bridge");
  ben = await house.person("Ben", { colorScheme: "light", reducedMotion: "reduce" });
  await ben.join("Bridge");
  await ben.write("Morning! The new radar is **calibrated**, see `radar.log`.");
  await ann.sees("The new radar is calibrated");
  await ann.write("Thanks @Ben. Numbers:\n\n- range 24 nm\n- gain `0.7`");
  await ben.write("```sh\nradar --selftest\nok: 12 of 12\n```");
  await ann.sees("radar --selftest");
  await ann.write("Perfect 👍 Call at ten?");
  await ben.sees("Call at ten?");
  await ben.message("Call at ten?").hover();
  await ben.message("Call at ten?").getByRole("button", { name: "React with 👍" }).click();
  await ann.message("Call at ten?").getByRole("button", { name: /👍/ }).first().waitFor();
  await ann.isDelivered("Call at ten?");
});
after(() => house?.close());

async function looksAsKept(person, name, differentMax) {
  await person.page.mouse.move(0, 0);
  await person.page.evaluate(() => document.fonts.ready);
  const { fine, why } = await compareScreen(person.page, name, differentMax);
  assert.ok(fine, `${name}: ${why}; what it looks like now is in target/screens/`);
}

test("the first page", async () => {
  const { context, url } = await house.browserOf({ colorScheme: "light" });
  const page = await context.newPage();
  await page.goto(url);
  await page.getByLabel("Your name").waitFor();
  await looksAsKept({ page }, "sign-in");
  await context.close();
});

test("a room with a thread beside it", async () => {
  await ann.message("The new radar").hover();
  await ann.message("The new radar").getByRole("button", { name: "Reply in thread" }).click();
  const reply = ann.page.getByRole("textbox", { name: "Reply in the thread" });
  await reply.fill("Who did it?");
  await reply.press("Enter");
  await ann.message("The new radar").getByRole("button", { name: /1 reply/ }).waitFor();
  await looksAsKept(ann, "room");
});

test("offline, messages wait", async () => {
  await ann.page.keyboard.press("Escape");
  over.cut();
  await ann.write("Written in the lift, without a network.");
  await ann.page.getByText(/You can go on reading and writing/i).first().waitFor();
  await ann.page.getByText(/1 message waits/).first().waitFor();
  await looksAsKept(ann, "offline");
  over.mend();
  await ann.isDelivered("Written in the lift");
});

test("dark, in Chinese", async () => {
  const li = await house.person("李雷", { locale: "zh-CN", colorScheme: "dark", texts });
  await li.createRoom("舰桥", { texts });
  await li.write("早上好，新雷达已经**校准**完毕。");
  await li.isDelivered("校准");
  await looksAsKept(li, "dark-zh");
  await li.close();
});

test("on a phone", async () => {
  const cleo = await house.person("Cleo", { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, colorScheme: "light" });
  await cleo.join("Bridge");
  await cleo.sees("Call at ten?");
  await looksAsKept(cleo, "phone");
  await cleo.close();
});

test("a call", async () => {
  await ann.joinCall();
  await ben.joinCall();
  await ann.page.getByRole("button", { name: /^Share/ }).first().click();
  const shown = async ({ page }) => (await page.evaluate(() => [...document.querySelectorAll("video")].filter((video) => video.videoWidth > 0).length)) >= 3;
  await until(() => shown(ben), "Ben sees both cameras and the screen");
  await looksAsKept(ben, "call", 0.1); // what the fake cameras show moves
});
