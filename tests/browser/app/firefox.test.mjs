// Debian's Firefox in the app, in a chat and a call with Chromium. Playwright drives only a Firefox of its own making.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import puppeteer from "puppeteer-core";
import { LAUNCH_MS } from "../stage.mjs";
import { findControl, saysText } from "./control.mjs";
import { House, until } from "./house.mjs";

const FIREFOX = process.env.FIREFOX ?? "/usr/bin/firefox-esr";

let house;
let firefox;
let ann;
let page;
const faults = [];

before(async () => {
  // Firefox pairs no address with a loopback one: media listens where it does unless it is told otherwise.
  house = await House.open({ calls__listen: "[]" });
  firefox = await puppeteer.launch({
    browser: "firefox",
    executablePath: FIREFOX,
    headless: true,
    timeout: LAUNCH_MS,
    extraPrefsFirefox: {
      "intl.accept_languages": "en-GB",
      "media.autoplay.default": 0,
      "media.navigator.permission.disabled": true,
      "media.navigator.streams.fake": true,
    },
  });
  ann = await house.person("Ann");
  await ann.createRoom("Bridge");
  page = await firefox.newPage();
  page.setDefaultTimeout(LAUNCH_MS);
  page.on("pageerror", (error) => faults.push(String(error)));
  await page.setViewport({ width: 1280, height: 800 });
  await page.goto(house.server.url);
});
after(async () => {
  await firefox?.close();
  await house?.close();
});

/** A control by what it says, once it can be seen. */
const control = (name) =>
  until(async () => (await page.evaluateHandle(findControl, name)).asElement(), `a control that says ${name}`);
const press = async (name) => (await control(name)).click();
const shows = (text) => until(() => page.evaluate(saysText, text), `“${text}” in Firefox`);

/** How far the pictures that are shown have come, in seconds. */
const progress = (evaluate) =>
  evaluate(() =>
    [...document.querySelectorAll("video")].filter((video) => video.videoWidth > 0).map((video) => video.currentTime),
  );
const moves = async (evaluate, count, who) => {
  await until(async () => (await progress(evaluate)).length === count, `${count} pictures for ${who}`);
  const before = await progress(evaluate);
  await until(
    async () => (await progress(evaluate)).every((time, at) => time > before[at]),
    `pictures that move for ${who}`,
  );
};

test("somebody in Firefox and somebody in Chromium write to each other", async () => {
  await (await control("^Your name")).type("Fox");
  await press("^Enter$");
  await press("^Join Bridge");
  const composer = await control("^Message to");
  await ann.write("hello from Chromium");
  await shows("hello from Chromium");
  await composer.type("hello from **Firefox**");
  await page.keyboard.press("Enter");
  await ann.sees("hello from Firefox");
  await until(
    () => page.evaluate(() => document.querySelector("[data-delivery=stored]") !== null),
    "the message to be stored",
  );
});

test("they see each other in a call", async () => {
  await press("^Start a call");
  await press("^(Start|Join) (now|the call)");
  await control("^Leave");
  await ann.joinCall();
  await moves((run) => page.evaluate(run), 2, "Firefox");
  await moves((run) => ann.page.evaluate(run), 2, "Chromium");
});

test("Firefox comes back into the call after a reload", async () => {
  await page.reload();
  await press("^Return$");
  await control("^Leave");
  await moves((run) => page.evaluate(run), 2, "Firefox");
  await moves((run) => ann.page.evaluate(run), 2, "Chromium");
});

test("nothing on the pages failed", () => {
  assert.deepEqual([...faults, ...ann.faults], []);
});
