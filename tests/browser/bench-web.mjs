// How fast the app is, in Chromium against a release build on the same machine: `make bench-web`. Prints JSON.
//
//   node tests/browser/bench-web.mjs [load] [send] [room] [call]      without names: all
//
// GREENROOM_BIN names the server (`make bench-web` builds a release). MESSAGES (100,000) and TILES (49) make it smaller.

import { join } from "node:path";
import { House, until } from "./app/house.mjs";

const MESSAGES = Number(process.env.MESSAGES ?? 100_000);
const TILES = Number(process.env.TILES ?? 49);
const RUNS = 10;
const STALL_MS = 10_000;
const STALLED_MAX = 5;
const BATCH = 256;
const CLIENT = join(import.meta.dirname, "client.js");
/** A name that is not this machine's own. */
const ELSEWHERE = "chat.lan";
/** A bench asks for more than a person does. */
const PLENTY = "{per_s=1000000000,burst=1000000000}";
const SETTINGS = Object.fromEntries(
  ["connection", "user"].flatMap((of) =>
    ["frames", "bytes", "ops", "signals", "reads", "changes"].map((kind) => [`limits__${of}__${kind}`, PLENTY]),
  ),
);

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const figures = (values) => ({
  median: Number(median(values).toFixed(1)),
  max: Number(Math.max(...values).toFixed(1)),
  runs: values.length,
});

/**
 * Time from the address to a page that can be written in, over a LAN of 100 Mbit/s and 2 ms; and what it weighs.
 * Chromium's emulated network now and then delivers nothing for seconds; such runs are counted, and made again.
 */
async function load(house) {
  const interactive = [];
  let stalled = 0;
  while (interactive.length < RUNS) {
    if (stalled > STALLED_MAX) throw new Error("the emulated network stalls too often");
    const { context, url } = await house.browserOf();
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send("Network.enable");
    const lan = { offline: false, latency: 2, downloadThroughput: 12.5e6, uploadThroughput: 12.5e6 };
    await session.send("Network.emulateNetworkConditions", lan);
    await page.goto(url, { waitUntil: "commit" });
    const here = page.getByLabel("Your name").waitFor({ timeout: STALL_MS });
    if (!(await here.then(() => true).catch(() => false))) {
      stalled += 1;
      await context.close();
      continue;
    }
    interactive.push(await page.evaluate(readyMs));
    await context.close();
  }
  return { interactiveMs: figures(interactive), stalled, scriptKB: await scriptKB(house) };
}

/** What the first page loads of script, in the language that needs more; over plain HTTP from elsewhere browsers take gzip. */
async function scriptKB(house) {
  const most = { brotli: 0, gzip: 0 };
  for (const [coding, host] of [
    ["brotli", "127.0.0.1"],
    ["gzip", ELSEWHERE],
  ]) {
    for (const [locale, field] of [
      ["en-GB", "Your name"],
      ["zh-CN", "你的名字"],
    ]) {
      const { context, url } = await house.browserOf({ locale });
      const page = await context.newPage();
      await page.goto(url.replace("127.0.0.1", host));
      await page.getByLabel(field).waitFor();
      most[coding] = Math.max(most[coding], (await page.evaluate(scriptBytes)) / 1000);
      await context.close();
    }
  }
  return { brotli: Number(most.brotli.toFixed(1)), gzip: Number(most.gzip.toFixed(1)) };
}

/** When the first field could be typed into: painted, and the main thread free. */
const readyMs = () => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now()))));
/** Compressed bytes of script and of what runs in workers, that came before the page appeared. */
const scriptBytes = async () => {
  const paintedMs = await new Promise((done) => {
    const told = (list) => list.getEntriesByName("first-contentful-paint").forEach((paint) => done(paint.startTime));
    new PerformanceObserver(told).observe({ type: "paint", buffered: true });
  });
  return performance
    .getEntriesByType("resource")
    .filter((entry) => /\.m?js(\?|$)/.test(entry.name) && entry.startTime <= paintedMs)
    .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);
};

/** From Enter to the message on the page, and whether that was before the next frame. */
async function send(house) {
  const ann = await house.person("Sender");
  await ann.createRoom("Sending");
  await ann.write("warm");
  await ann.isDelivered("warm");
  const shown = [];
  const frames = [];
  for (let run = 0; run < 30; run += 1) {
    const text = `sent ${run}.`;
    await ann.composer.fill(text);
    await ann.page.evaluate(watchSend, text);
    await ann.composer.press("Enter");
    const { insertedMs, framesBefore } = await ann.page.evaluate(() => window.watched);
    shown.push(insertedMs);
    frames.push(framesBefore);
  }
  await ann.close();
  return { keyToMessageMs: figures(shown), framesBefore: { median: median(frames), max: Math.max(...frames) } };
}

function watchSend(text) {
  window.watched = new Promise((done) => {
    let pressedMs;
    let frames = 0;
    const count = () => {
      frames += 1;
      requestAnimationFrame(count);
    };
    addEventListener(
      "keydown",
      () => {
        pressedMs = performance.now();
        // Callbacks asked for now run before the next paint: what is there then is in that frame.
        requestAnimationFrame(() => requestAnimationFrame(count));
      },
      { capture: true, once: true },
    );
    const observer = new MutationObserver(() => {
      if (![...document.querySelectorAll("[data-key]")].some((item) => item.textContent.includes(text))) return;
      observer.disconnect();
      done({ insertedMs: performance.now() - pressedMs, framesBefore: frames });
    });
    observer.observe(document.body, { childList: true, subtree: true, characterData: true });
  });
}

/** Opening a room of many messages from what is stored here, and scrolling through it. */
async function room(house) {
  const writer = await house.browserOf({ bypassCSP: true });
  const page = await writer.context.newPage();
  await page.addInitScript({ path: CLIENT });
  await page.goto(`${writer.url}/healthz`);
  const big = await page.evaluate(fill, { count: MESSAGES, batch: BATCH });
  await writer.context.close();
  const ann = await house.person("Reader");
  await ann.join("Large");
  await ann.createRoom("Small");
  const startedMs = Date.now();
  const open = (name) => ann.page.evaluate(openRoom, name);
  // The rest of the history comes in the background: until the first message can be found here.
  const stored = await until(() => ann.page.evaluate(countStored, [big, MESSAGES]), "everything is stored here", 600_000);
  const storedS = (Date.now() - startedMs) / 1000;
  await ann.page.reload();
  await ann.page.getByRole("link", { name: /Small/ }).waitFor();
  const times = [];
  for (let run = 0; run < RUNS; run += 1) {
    await open("Small");
    times.push(await open("Large"));
  }
  await open("Large");
  const scroll = await ann.page.evaluate(scrollUp);
  await ann.close();
  return { messages: stored, fetchedInS: Number(storedS.toFixed(1)), openMs: figures(times), first: times[0], scroll };
}

async function fill({ count, batch }) {
  const link = await greenroom.Link.login("Writer");
  const { room } = await link.ask("room.create", { name: "Large", visibility: "public" });
  const replica = Array.from(crypto.getRandomValues(new Uint8Array(8)), (b) => b.toString(16).padStart(2, "0")).join("");
  for (let first = 1; first <= count; first += batch) {
    const ops = Array.from({ length: Math.min(batch, count - first + 1) }, (_, index) => ({
      dot: [replica, first + index],
      hlc: [Date.now(), index],
      kind: "post",
      text: `Message ${first + index}: the quick brown fox jumps over the lazy dog, and **nobody** minds.`,
    }));
    await link.ask("post", { room, ops });
  }
  return room;
}

/** How many messages of a room the local store has, once that is all of them. */
function countStored([room, expected]) {
  return new Promise((done, fail) => {
    const request = indexedDB.open("greenroom");
    request.onerror = () => fail(request.error);
    request.onsuccess = () => {
      const database = request.result;
      const count = database.transaction("items").objectStore("items").count(IDBKeyRange.bound([room], [room, []]));
      count.onsuccess = () => {
        database.close();
        done(count.result >= expected ? count.result : 0);
      };
      count.onerror = () => fail(count.error);
    };
  });
}

/** Milliseconds from the press on a room's link to its newest message being painted. */
function openRoom(name) {
  return new Promise((done) => {
    const link = [...document.querySelectorAll("nav a")].find((one) => one.textContent.includes(name));
    const observer = new MutationObserver(check);
    const begun = performance.now();
    function check() {
      const heading = document.querySelector("main h1, [role=main] h1")?.textContent ?? "";
      const shown = document.querySelectorAll("[role=log] [data-key]").length;
      if (!heading.includes(name) || shown < (name === "Large" ? 8 : 1)) return;
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun)));
    }
    observer.observe(document.body, { childList: true, subtree: true, characterData: true });
    link.click();
  });
}

/** Scrolls up for some seconds as a wheel does: how long frames took, and how far it came. */
async function scrollUp() {
  const log = document.querySelector("[role=log]");
  let box = log;
  while (box && box.scrollHeight <= box.clientHeight + 1) box = box.firstElementChild;
  const gaps = [];
  let last = performance.now();
  const end = last + 5_000;
  const keys = new Set();
  while (performance.now() < end) {
    (box ?? log).scrollTop -= 120;
    await new Promise((done) => requestAnimationFrame(done));
    const now = performance.now();
    gaps.push(now - last);
    last = now;
    for (const item of log.querySelectorAll("[data-key]")) keys.add(item.dataset.key);
  }
  gaps.sort((a, b) => a - b);
  return {
    messagesSeen: keys.size,
    frameMs: { median: Number(gaps[gaps.length >> 1].toFixed(1)), p99: Number(gaps[Math.floor(gaps.length * 0.99)].toFixed(1)) },
  };
}

/** A call with a grid full of moving pictures: long tasks of the page that shows them. */
async function call(house) {
  const ann = await house.person("Watcher");
  const roomId = await ann.createRoom("Grid");
  const pages = [];
  const each = 12;
  for (let begun = 0; begun < TILES - 1; begun += each) {
    const { context, url } = await house.browserOf({ bypassCSP: true });
    const page = await context.newPage();
    await page.addInitScript({ path: CLIENT });
    await page.goto(`${url}/healthz`);
    await page.evaluate(publish, { room: roomId, from: begun, count: Math.min(each, TILES - 1 - begun) });
    pages.push(context);
  }
  await ann.page.evaluate(() => {
    window.longTasks = [];
    new PerformanceObserver((list) => {
      for (const { duration, startTime } of list.getEntries()) window.longTasks.push([startTime, duration]);
    }).observe({ type: "longtask" });
  });
  await ann.joinCall();
  const playing = () =>
    ann.page.evaluate(() => [...document.querySelectorAll("video")].filter((video) => video.videoWidth > 0).length);
  await until(async () => (await playing()) >= TILES - 1, `${TILES - 1} pictures`, 120_000);
  const fromMs = await ann.page.evaluate(() => performance.now());
  await ann.page.waitForTimeout(15_000);
  const tasks = await ann.page.evaluate((from) => window.longTasks.filter(([start]) => start >= from), fromMs);
  const joining = await ann.page.evaluate((from) => window.longTasks.filter(([start]) => start < from), fromMs);
  const tiles = await playing();
  for (const context of pages) await context.close();
  await ann.close();
  const longest = (list) => Math.round(Math.max(0, ...list.map(([, duration]) => duration)));
  return { tiles, seconds: 15, longTasks: tasks.length, longestMs: longest(tasks), longestWhileJoiningMs: longest(joining) };
}

/** Some participants, each with a small moving picture. */
async function publish({ room, from, count }) {
  window.publishing = [];
  for (let index = 0; index < count; index += 1) {
    const link = await greenroom.Link.login(`Guest ${from + index}`);
    await link.ask("join", { room });
    const canvas = Object.assign(document.createElement("canvas"), { width: 160, height: 90 });
    const context = canvas.getContext("2d");
    let tick = 0;
    setInterval(() => {
      context.fillStyle = `hsl(${(from + index) * 30} 60% ${40 + (tick++ % 20)}%)`;
      context.fillRect(0, 0, 160, 90);
    }, 200);
    const [camera] = canvas.captureStream(5).getVideoTracks();
    const call = new greenroom.Call(link, room);
    await call.join({ camera }, { audio: 0, video: 0 }, { codec: "video/VP8" });
    window.publishing.push(call);
  }
}

const BENCHES = { load, send, room, call };
const asked = process.argv.slice(2);
const house = await House.open(SETTINGS, { args: [`--host-resolver-rules=MAP ${ELSEWHERE} 127.0.0.1`] });
const results = {};
try {
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    results[name] = await bench(house).catch((error) => ({ failed: String(error) }));
    console.error(`${name}: ${JSON.stringify(results[name])}`);
  }
} finally {
  await house.close();
}
console.log(JSON.stringify(results, null, 2));
if (Object.values(results).some(({ failed }) => failed)) process.exitCode = 1;
