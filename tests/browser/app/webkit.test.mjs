// The app in Debian's WebKit, which is Safari's engine, in a chat with Chromium. WebRTC is not built into it.

import { after, before, test } from "node:test";
import { Key } from "selenium-webdriver";
import { House, isWhole, until } from "./house.mjs";
import { WebKit } from "./webkit.mjs";

let house;
let proxy;
let ann;
let webkit;

before(async () => {
  house = await House.open();
  proxy = await house.proxy();
  ann = await house.person("Ann");
  await ann.createRoom("Bridge");
  webkit = await WebKit.open();
  await webkit.page.get(proxy.url);
});
after(async () => {
  await webkit?.close();
  await house?.close();
});

test("somebody in WebKit and somebody in Chromium write to each other", async () => {
  await (await webkit.control("^Your name")).sendKeys("Wes");
  await webkit.press("^Enter$");
  await webkit.press("^Join Bridge");
  const composer = await webkit.control("^Message to");
  await ann.write("hello from Chromium");
  await webkit.shows("hello from Chromium");
  await composer.sendKeys("hello from **WebKit**", Key.ENTER);
  await ann.sees("hello from WebKit");
});

test("what is written in WebKit without a network outlives a reload, and merges", async () => {
  const isControlled = () => webkit.page.executeScript(() => navigator.serviceWorker.controller !== null);
  await until(isControlled, "the service worker runs");
  proxy.cut();
  await webkit.shows("The server does not answer");
  await (await webkit.control("^Message to")).sendKeys("from the ferry", Key.ENTER);
  await webkit.shows("from the ferry");
  await ann.write("meanwhile on land");
  await webkit.page.navigate().refresh();
  await webkit.shows("from the ferry");
  proxy.mend();
  await ann.sees("from the ferry");
  await webkit.shows("meanwhile on land");
});

test("a browser without WebRTC says that it cannot call", async () => {
  await webkit.press("^Start a call");
  await webkit.shows("This browser has no calls");
  isWhole(ann);
});
