// A server, a browser and the people of a test: pages of Debian's Chromium with fake devices.

import { join } from "node:path";
import { chromium } from "playwright-core";
import { Relay } from "./relay.mjs";
import { Server } from "./server.mjs";

export const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
/** A browser may take long to start on a busy machine. */
export const LAUNCH_MS = 180_000;
const WAIT_MS = 90_000;
const CLIENT = join(import.meta.dirname, "client.js");
export const ARGUMENTS = [
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
    stage.relays = [];
    stage.server = await Server.start(settings);
    stage.browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: ARGUMENTS, timeout: LAUNCH_MS });
    return stage;
  }

  /** A page of its own, logged in as a guest: `window.link`. */
  async person(name) {
    this.people = (this.people ?? 0) + 1; // a name belongs to the key that first took it
    // A page that runs nothing of its own, and whose policy lets nothing connect: the client is the test's.
    const context = await this.browser.newContext({ permissions: ["camera", "microphone"], bypassCSP: true });
    context.setDefaultTimeout(WAIT_MS);
    const page = await context.newPage();
    await page.addInitScript({ path: CLIENT });
    await page.goto(`${this.server.url}/healthz`);
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

  /** Joins with fake devices, or a `voice` for a microphone: `window.call`. */
  join(page, room, slots = { audio: 3, video: 2 }, sources = ["microphone", "camera"], options = {}) {
    return page.evaluate(
      async ({ room, slots, sources, options }) => {
        const devices = {};
        if (sources.includes("microphone") || sources.includes("camera")) {
          const stream = await greenroom.fakeDevices();
          [devices.microphone, devices.camera] = [stream.getAudioTracks()[0], stream.getVideoTracks()[0]];
        }
        if (sources.includes("voice")) {
          window.voice = greenroom.voice();
          devices.microphone = voice.track;
        }
        window.call = new greenroom.Call(link, room);
        const names = sources.map((source) => (source === "voice" ? "microphone" : source));
        return call.join(Object.fromEntries(names.map((name) => [name, devices[name]])), slots, options);
      },
      { room, slots, sources, options },
    );
  }

  /** Leads what this page sends and is sent over a relay, which loses nothing until told to. Before it joins. */
  async relay(page, seed) {
    const relayed = {};
    await page.exposeFunction("relay", async (address, port) => {
      relayed.relay = await Relay.to(address, port, seed);
      this.relays.push(relayed.relay);
      return relayed.relay.port;
    });
    await page.evaluate(() => (window.routing = { relay }));
    return relayed;
  }

  /** Everybody closes their pages. */
  async leave() {
    for (const context of this.browser.contexts()) await context.close();
    for (const relay of this.relays.splice(0)) relay.close();
  }

  async close() {
    await this.browser?.close();
    await this.server?.stop();
  }
}
