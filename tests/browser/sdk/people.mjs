// People of a test who use the SDK's calls, in pages of the server's own origin.

import { readFile } from "node:fs/promises";
import { join, normalize, resolve } from "node:path";

const SDK = resolve(import.meta.dirname, "../../../web/sdk/dist");
const CLIENT = join(import.meta.dirname, "../client.js");
const PAGE = join(import.meta.dirname, "page.js");

/** A page with `window.link`, `window.signalling` and `window.calls`. */
export async function person(stage, name) {
  stage.people = (stage.people ?? 0) + 1;
  const context = await stage.browser.newContext({ permissions: ["camera", "microphone"], bypassCSP: true });
  // A page that runs nothing of its own: the app would take the call back first.
  return open(await blank(context, `${stage.server.url}/healthz`, `${name} ${stage.people}`));
}

/** A second page of the same device, not logged in yet. */
export async function twinOf(page) {
  const guest = await page.evaluate(() => sessionStorage.getItem("test.guest"));
  const twin = await blank(page.context(), page.url(), page.called);
  await twin.evaluate((guest) => sessionStorage.setItem("test.guest", guest), guest);
  return twin;
}

async function blank(context, url, called) {
  const page = await context.newPage();
  page.called = called;
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(error));
  await page.route("**/sdk/**", async (route) => {
    const path = normalize(new URL(route.request().url()).pathname).replace(/^\/sdk\//, "");
    const body = await readFile(join(SDK, path)).catch(() => null);
    return body === null ? route.abort() : route.fulfill({ body, contentType: "text/javascript" });
  });
  await page.addInitScript({ path: CLIENT });
  await page.addInitScript({ path: PAGE });
  await page.goto(url);
  return page;
}

/** Logs in and opens the SDK's calls; again after a reload. */
export async function open(page) {
  await page.evaluate(async (name) => {
    window.link = await sdk.login(name);
    Object.assign(window, await sdk.open(link));
  }, page.called);
  return page;
}

/** Joins: `window.call`, `window.view`. */
export const enter = (page, room, options = { microphone: true, camera: true }) =>
  page.evaluate(
    async ({ room, options }) => {
      window.call = await calls.join(room, options);
      window.view = new sdk.View(call);
    },
    { room, options },
  );

/** People in a call of one room. */
export async function together(stage, names, options) {
  const people = [];
  for (const name of names) people.push(await person(stage, name));
  const room = await stage.room(...people);
  for (const page of people) await enter(page, room, options);
  return { people, room };
}

/** Shows somebody's publication in a tile, and waits until it moves. */
export const see = (page, { tile = "main", source = "camera", participant, ...size } = {}) =>
  page.evaluate(
    async ({ tile, source, participant, size }) => {
      const { track } = await sdk.trackOf(call, source, participant);
      view.show([sdk.tile(tile, { track }, size)]);
      await sdk.more(view.videos.get(tile));
    },
    { tile, source, participant, size },
  );
