// A server, a browser and the people of a test: pages of Debian's Chromium with fake devices.

import { join } from "node:path";
import { chromium } from "playwright-core";
import { Server } from "./server.mjs";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const CLIENT = join(import.meta.dirname, "client.js");
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
  "--autoplay-policy=no-user-gesture-required",
  // Local addresses stay addresses: there is no mDNS on a test machine.
  "--disable-features=WebRtcHideLocalIpsWithMdns",
];

export class Stage {
  static async open(settings = {}) {
    const stage = new Stage();
    stage.server = await Server.start(settings);
    stage.browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: ARGUMENTS });
    return stage;
  }

  /** A page of its own, logged in as a guest: `window.link`. */
  async person(name) {
    this.people = (this.people ?? 0) + 1; // a name belongs to the key that first took it
    // The server's own page connects nowhere, and its policy says so: the client is the test's.
    const context = await this.browser.newContext({ permissions: ["camera", "microphone"], bypassCSP: true });
    const page = await context.newPage();
    await page.addInitScript({ path: CLIENT });
    await page.goto(this.server.url);
    await page.evaluate(async (name) => {
      window.link = await greenroom.Link.login(name);
    }, `${name} ${this.people}`);
    return page;
  }

  /** A public room made by the first, joined by the others. */
  async room(first, ...others) {
    const room = await first.evaluate(async () => {
      const made = await link.ask("room.create", { name: "Bridge", visibility: "public" });
      return made.room;
    });
    await Promise.all(others.map((page) => page.evaluate((room) => link.ask("join", { room }), room)));
    return room;
  }

  /** Two people in one call with microphone and camera, `video` slots each. */
  async pair(slots = { audio: 3, video: 2 }) {
    const people = [await this.person("Ann"), await this.person("Ben")];
    const room = await this.room(...people);
    for (const page of people) await this.join(page, room, slots);
    return { people, room };
  }

  /** Joins with fake devices: `window.call`. */
  join(page, room, slots = { audio: 3, video: 2 }, sources = ["microphone", "camera"]) {
    return page.evaluate(
      async ({ room, slots, sources }) => {
        const stream = sources.length ? await greenroom.fakeDevices() : new MediaStream();
        const devices = { microphone: stream.getAudioTracks()[0], camera: stream.getVideoTracks()[0] };
        window.call = new greenroom.Call(link, room);
        const publish = Object.fromEntries(sources.map((source) => [source, devices[source]]));
        return call.join(publish, slots);
      },
      { room, slots, sources },
    );
  }

  /** Everybody closes their pages. */
  async leave() {
    for (const context of this.browser.contexts()) await context.close();
  }

  async close() {
    await this.browser?.close();
    await this.server?.stop();
  }
}
