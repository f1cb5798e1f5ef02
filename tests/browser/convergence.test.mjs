// Three clients of the SDK write, on links that are cut and links that swallow, to a server that is killed: in the end
// all of them and the server hold the same, and everything written is there once. GREENROOM_SEED replays a run.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import { Proxy } from "./app/proxy.mjs";
import { BINARY, Server } from "./server.mjs";

const ROOT = resolve(import.meta.dirname, "../..");
const sdk = (file) => import(join(ROOT, "web/sdk/dist", file));
const WebSocket = createRequire(join(ROOT, "web/package.json"))("ws");
const [{ openClient, parseDotKey }, { State }, { digest }] = await Promise.all(
  ["index.js", "crdt/state.js", "crdt/digest.js"].map(sdk),
);

const CLIENTS = 3;
const ROUNDS = 8;
const OPS_PER_ROUND = 6;
const WAIT_MS = 90_000;
const EMOJI = ["👍", "\u{fffd}", "🎉"];

const ends = [];
after(async () => {
  const failures = []; // one that fails must not leave a server running
  for (const end of ends.reverse()) await Promise.resolve().then(end).catch((error) => failures.push(error));
  if (failures.length > 0) throw new AggregateError(failures);
});

/** Random numbers from one seed (mulberry32). */
function randomOf(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { below: (count) => Math.floor(next() * count), of: (list) => list[Math.floor(next() * list.length)] };
}

async function until(check, what) {
  for (const end = Date.now() + WAIT_MS; ; await new Promise((done) => setTimeout(done, 50))) {
    const found = await check();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not within ${WAIT_MS} ms: ${what()}`);
  }
}

class Person {
  static async enter(name, server) {
    const proxy = await Proxy.to("127.0.0.1", server.port);
    ends.push(() => proxy.close());
    const client = await openClient({ url: proxy.url, storage: "memory", webSocket: WebSocket });
    ends.push(() => client.close());
    await client.signIn({ kind: "guest", name });
    return Object.assign(new Person(), { name, proxy, client, posts: [], written: 0 });
  }

  open(room) {
    this.room = this.client.room(room);
    this.timeline = this.room.timeline();
    this.timeline.view.subscribe(() => {}); // as a view would: somebody looks
  }

  /** Something that people do. What it is about is on their screen, if anything is. */
  async act(random) {
    const seen = this.timeline.view.get().items.filter(({ kind }) => kind === "message");
    const any = random.of(seen) ?? { dot: this.posts.at(-1) };
    const own = random.of(seen.filter(({ author }) => author === this.client.account.get().user));
    const what = any.dot === undefined ? 0 : random.below(10);
    if (what < 4) return this.post();
    if (what === 4) return this.post({ thread: any.dot });
    if (what === 5) return this.room.edit(own?.dot ?? this.posts.at(-1) ?? (await this.post()), `edit ${random.below(1e6)}`);
    if (what === 6) return this.room.pin(any.dot, random.below(2) === 0);
    if (what === 7 && own) return this.room.delete(own.dot);
    return this.room.react(any.dot, random.of(EMOJI), random.below(3) > 0);
  }

  async post(options) {
    const dot = await this.room.post(`${this.name} ${(this.written += 1)}`, options);
    this.posts.push(dot);
    return dot;
  }

  /** The network is back, and somebody presses the button rather than wait for the next attempt. */
  mend() {
    this.proxy.mend();
    this.client.reconnect();
  }

  async isSent() {
    await until(
      () => this.client.outbox.get().waiting === 0,
      () => `${this.name}: ${JSON.stringify([this.client.outbox.get(), this.client.connection.get()])}`,
    );
    assert.equal(this.client.outbox.get().failed, 0, `${this.name}: something was refused`);
  }
}

/** The entries of the server's database. */
function exported(server) {
  const lines = execFileSync(BINARY, ["db", "export", "--data", join(server.folder, "data")], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    stdio: ["ignore", "pipe", "ignore"],
  });
  return lines.trim().split("\n").flatMap((line) => JSON.parse(line).entry ?? []);
}

test("all come to the same, and nothing is lost or doubled", async (context) => {
  const seed = Number(process.env.GREENROOM_SEED ?? Math.floor(Math.random() * 2 ** 32));
  context.diagnostic(`GREENROOM_SEED=${seed}`);
  const random = randomOf(seed);
  const server = await Server.start();
  ends.push(() => server.stop());

  const people = [];
  for (const name of ["Ann", "Ben", "Cho"].slice(0, CLIENTS)) people.push(await Person.enter(name, server));
  const room = await people[0].client.createRoom({ name: "deck", visibility: "public" });
  for (const person of people.slice(1)) await person.client.join(room);
  for (const person of people) person.open(room);

  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { proxy } of people) proxy[random.of(["cut", "swallow", "mend", "mend"])]();
    for (let op = 0; op < OPS_PER_ROUND; op += 1) {
      await random.of(people).act(random);
      if (round === ROUNDS / 2 && op === OPS_PER_ROUND / 2) {
        server.process.kill("SIGKILL"); // with posts on their way
        await once(server.process, "exit");
      }
    }
    if (round === ROUNDS / 2) await server.run();
    const returning = random.of(people);
    returning.mend();
    await returning.isSent();
  }

  for (const person of people) person.mend();
  for (const person of people) await person.isSent();
  let digests = [];
  await until(
    async () => {
      digests = await Promise.all(people.map(({ room }) => room.digest()));
      return digests[0] !== undefined && new Set(digests).size === 1;
    },
    () => JSON.stringify(digests),
  );
  for (const { client } of people) await client.close();
  server.process.kill("SIGTERM");
  await once(server.process, "exit");

  const entries = exported(server);
  const state = new State();
  for (const { op, stamp } of entries) state.apply(op, stamp);
  assert.equal(digest(state), digests[0]);
  const stored = entries.filter(({ op }) => op.kind === "post").map(({ op }) => op.dot.join(":"));
  const written = people.flatMap(({ posts }) => posts.map((dot) => dot.join(":")));
  assert.ok(written.length > ROUNDS && written.every((key) => parseDotKey(key)));
  assert.deepEqual(stored.sort(), written.sort());
});
