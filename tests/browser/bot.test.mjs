// The sample bot for Node (examples/node-bot), as a user would run it, and somebody who talks to it by the SDK.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { Server } from "./server.mjs";

const ROOT = resolve(import.meta.dirname, "../..");
const MODULES = join(ROOT, "web/node_modules");
const WAIT_MS = 90_000;

const { openClient, dotKey } = await import(join(ROOT, "web/sdk/dist/index.js"));
const WebSocket = createRequire(join(ROOT, "web/package.json"))("ws");

const ends = [];
after(async () => {
  const failures = []; // one that fails must not leave a server running
  for (const end of ends.reverse()) await Promise.resolve().then(end).catch((error) => failures.push(error));
  if (failures.length > 0) throw new AggregateError(failures);
});

/** A folder with the bot, and the packages that `npm install` would bring. */
function botFolder() {
  const folder = mkdtempSync(join(tmpdir(), "greenroom-bot-"));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  copyFileSync(join(ROOT, "examples/node-bot/echo.mjs"), join(folder, "echo.mjs"));
  symlinkSync(MODULES, join(folder, "node_modules"));
  return folder;
}

/** Resolves when the bot is in the room. */
async function startBot(folder, ...options) {
  const bot = spawn(process.execPath, ["echo.mjs", ...options], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  ends.push(() => bot.exitCode ?? (bot.kill("SIGKILL"), once(bot, "exit")));
  for await (const line of createInterface({ input: bot.stdout })) {
    const [, user, room] = /\((\S+)\) in .*, room ([0-9a-f]{32})$/.exec(line) ?? [];
    if (room) return { bot, user, room };
  }
  throw new Error("the bot ended");
}

/** Waits until `check` of the slice's value gives something true, and gives that. */
function until(slice, check) {
  return new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error(`not within ${WAIT_MS} ms: ${check}`)), WAIT_MS);
    const look = () => {
      const found = check(slice.get());
      if (!found) return;
      clearTimeout(timer);
      end();
      done(found);
    };
    const end = slice.subscribe(look);
    queueMicrotask(look);
  });
}

test("the bot answers who mentions it, once, over a crash of the server, and comes back as the same guest", async () => {
  const server = await Server.start();
  ends.push(() => server.stop());
  const start = [botFolder(), server.url, "deck", "Echo"];
  const { bot, user, room: id } = await startBot(...start);

  const client = await openClient({ url: server.url, storage: "memory", webSocket: WebSocket });
  ends.push(() => client.close());
  await client.signIn({ kind: "guest", name: "Ann" });
  await client.join(id);
  const room = client.room(id);

  const answersTo = (dot) => room.thread(dotKey(dot)).view;
  const textsOf = ({ items }) => items.filter(({ kind }) => kind === "message").map(({ body }) => body.text);

  await room.post("Nobody in particular");
  const first = await room.post("@Echo ahoy", { mentions: [user] });
  const answers = answersTo(first);
  assert.deepEqual(await until(answers, (view) => view.items.length > 1 && textsOf(view)), [
    "@Echo ahoy",
    "You said: @Echo ahoy",
  ]);

  server.process.kill("SIGKILL");
  await once(server.process, "exit");
  const second = await room.post("@Echo are you there?", { mentions: [user] });
  await until(client.outbox, ({ waiting }) => waiting === 1);
  await server.run();
  assert.deepEqual(await until(answersTo(second), (view) => view.items.length > 1 && textsOf(view)), [
    "@Echo are you there?",
    "You said: @Echo are you there?",
  ]);
  await until(client.outbox, ({ waiting }) => waiting === 0);
  assert.equal(answers.get().items.length, 2);

  bot.kill("SIGTERM");
  assert.deepEqual(await once(bot, "exit"), [0, null]);

  // The same guest again, by the key it kept, in the same room.
  const { user: again, room: same } = await startBot(...start);
  assert.deepEqual([again, same], [user, id]);
});
