// The whole call: two pages of Chromium, an aiortc client and a WHIP publisher, on a server started as `make run` does.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { seeMore } from "./people.mjs";
import { Stage } from "./stage.mjs";

const PYTHON = resolve(import.meta.dirname, "../python");
const VENV = resolve(import.meta.dirname, "../../target/venv/bin/python");
const SYSTEM = "/usr/bin/python3"; // Debian's, which has GStreamer's bindings
const WAIT_MS = 90_000;
const CAMERAS = 3; // of the others, for each of the four

/** A client in Python and what it says. */
class Client {
  constructor(interpreter, script, ...args) {
    this.said = [];
    this.process = spawn(interpreter, [join(PYTHON, script), ...args], { stdio: ["pipe", "pipe", "inherit"] });
    createInterface({ input: this.process.stdout }).on("line", (line) => this.said.push(line));
  }

  /** Waits until what it said passes the check, and gives what that gives. */
  async says(check, what) {
    const end = Date.now() + WAIT_MS;
    while (Date.now() < end) {
      const found = check(this.said);
      if (found) return found;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(`it did not say ${what}, but ${this.said.slice(-20)}`);
  }

  end() {
    this.process.kill("SIGKILL");
  }
}

let stage;
const clients = [];
before(async () => (stage = await Stage.open()));
after(async () => {
  for (const client of clients) client.end();
  await stage?.close();
});

test("two browsers, aiortc and a WHIP publisher are in one call", async () => {
  const pages = [await stage.person("Ann"), await stage.person("Ben")];
  // The others have tokens and memberships too: a guest's, from its welcome.
  const guests = [await stage.person("aiortc"), await stage.person("encoder")];
  const room = await stage.room(...pages, ...guests);
  const [aiortcToken, encoderToken] = await Promise.all(
    guests.map((page) => page.evaluate(() => link.welcome.token)),
  );
  for (const page of pages) await stage.join(page, room, { audio: 3, video: CAMERAS });
  const { url } = stage.server;
  const aiortc = new Client(VENV, "caller.py", `${url.replace("http", "ws")}/ws`, aiortcToken, room);
  const encoder = new Client(SYSTEM, "gstreamer.py", "publish", `${url}/whip/${room}`, encoderToken);
  clients.push(aiortc, encoder);
  await aiortc.says((said) => said.some((line) => line.startsWith("joined")), "that it joined");
  await encoder.says((said) => said.includes("connected"), "that it is connected");

  // Every page sees each of the others, in a slot of its own, and hears those who make sounds.
  for (const page of pages) {
    const users = await page.evaluate(async (cameras) => {
      const those = await greenroom.until(() => {
        const found = call.others().flatMap((one) => one.tracks.filter(({ source }) => source === "camera"));
        return found.length === cameras && found;
      }, "the others' cameras");
      await call.layout(those.map(({ track }, slot) => ({ slot, show: { track }, width: 320, height: 180 })));
      return call.others().map((one) => one.user);
    }, CAMERAS);
    assert.equal(new Set(users).size, CAMERAS, `of ${users}`);
    for (let slot = 0; slot < CAMERAS; slot += 1) await seeMore(page, { slot });
    await page.evaluate(
      (sources) =>
        greenroom.until(() => {
          const heard = call.audioSlots.flatMap((slot) => slot.transceiver.receiver.getContributingSources());
          return new Set(heard.map(({ source }) => source)).size >= sources;
        }, `${sources} people to be heard`),
      2,
    );
  }
  // aiortc too, as far as its link carries by its own estimate, which is careful on a busy machine.
  await aiortc.says((said) => {
    const mids = (kind) => new Set(said.filter((line) => line.startsWith(kind)).map((line) => line.split(" ")[2]));
    return mids("video").size >= 2 && mids("audio").size >= 2;
  }, "that it sees and hears others");

  // Who ends goes; the rest stays.
  encoder.process.stdin.write("\n");
  await encoder.says((said) => said.includes("deleted 200"), "that its session is deleted");
  await pages[0].evaluate(() => greenroom.until(() => call.others().length === 2, "the encoder to be gone"));
  await seeMore(pages[0], { slot: 0 });
});
