// Starts a real greenroom for a test: `GREENROOM_BIN`, or the debug build.

import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");
export const BINARY = process.env.GREENROOM_BIN ?? join(ROOT, "target/debug/greenroom");
const START_MS = 120_000;
/** Below those that the system gives to outgoing connections, which could take a port before a server does, or between its lives. */
const PORTS = { from: 20_000, to: 32_000 };

/** A port that nobody listens on. */
export async function freeTcpPort() {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.to);
    const isFree = await new Promise((done) => {
      const probe = createServer().on("error", () => done(false));
      probe.listen(port, "127.0.0.1", () => probe.close(() => done(true)));
    });
    if (isFree) return port;
  }
}

export class Server {
  static async start(settings = {}) {
    const server = new Server();
    server.folder = mkdtempSync(join(tmpdir(), "greenroom-browser-"));
    server.port = await freeTcpPort();
    // APP_FOLDER: a web app built elsewhere, in place of the one in the binary.
    const app = process.env.APP_FOLDER ? { web__folder: process.env.APP_FOLDER } : {};
    server.settings = { calls__port: "0", calls__listen: '["127.0.0.1"]', ...app, ...settings };
    await server.run();
    return server;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  get log() {
    return readFileSync(join(this.folder, "log.txt"), "utf8");
  }

  async run() {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GREENROOM_")));
    for (const [name, value] of Object.entries(this.settings)) env[`GREENROOM_${name.toUpperCase()}`] = value;
    const log = openSync(join(this.folder, "log.txt"), "a");
    const data = join(this.folder, "data");
    this.process = spawn(BINARY, ["serve", "--guests", "--data", data, "--listen", `127.0.0.1:${this.port}`], {
      env,
      stdio: ["ignore", log, log],
    });
    const end = Date.now() + START_MS;
    while (Date.now() < end) {
      if (this.process.exitCode !== null) throw new Error(`the server ended:\n${this.log}`);
      const ready = await fetch(`${this.url}/readyz`).catch(() => null);
      if (ready?.ok) return;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(`the server is not ready:\n${this.log}`);
  }

  async metrics() {
    return (await fetch(`${this.url}/metrics`)).text();
  }

  /** Ends the process without a word; its data stays, `run` goes on with it. */
  async kill() {
    const ended = new Promise((done) => this.process.once("exit", done));
    this.process.kill("SIGKILL");
    await ended;
  }

  stop(signal = "SIGTERM") {
    return new Promise((done) => {
      const over = () => {
        rmSync(this.folder, { recursive: true, force: true });
        done();
      };
      if (this.process.exitCode !== null || this.process.signalCode !== null) return over();
      this.process.once("exit", over);
      this.process.kill(signal);
    });
  }
}
