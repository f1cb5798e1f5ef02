#!/usr/bin/env node
// A bot that answers whoever mentions it, in a thread: node echo.mjs [URL] [ROOM] [NAME]
//
// All of staying connected is the SDK's: the bot posts, and what it posts arrives once, whatever happens to the link or
// the server meanwhile. A guest by default; with GREENROOM_TOKEN (`greenroom token --user echo`) it is a user.

import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { openClient } from "@greenroom/client";
import WebSocket from "ws"; // Node 22 and later have one of their own

const [url = "http://127.0.0.1:7700", roomName = "deck", name = "Echo"] = process.argv.slice(2);
const ECHO_CHARS_MAX = 2_000;

// Node has no IndexedDB, so the op log is kept in memory: what is unsent when the process ends is lost with it.
const client = await openClient({ url, storage: "memory", webSocket: WebSocket, client: "echo-bot/1" });

client.connection.subscribe(() => {
  const { phase } = client.connection.get();
  console.log(`-- ${phase}`);
  if (phase === "refused") stop(1, client.connection.get().message); // nothing that waiting would mend
});

const token = process.env.GREENROOM_TOKEN;
const account = await client
  .signIn(token ? { kind: "token", token } : { kind: "guest", name, secretKey: guestKey(`${name}.key`) })
  .catch((refusal) => stop(1, `${refusal.code}: ${refusal.message}`));

// Before joining, so that nothing is missed. It hears of new messages of others, also after a break, not of history.
client.onMessage(({ room, message }) => {
  const { body } = message;
  if (body.state !== "present" || !body.mentions.includes(account.user)) return;
  const said = [...body.text].slice(0, ECHO_CHARS_MAX).join("");
  // An answer mentions nobody: two bots would never stop.
  client
    .room(room)
    .post(`You said: ${said}`, { thread: message.dot })
    .catch((error) => console.error(error.message)); // too long or blank; never for want of a server
});

const room = await enter(roomName);
console.log(`-- ${account.name} (${account.user}) in ${roomName}, room ${room}`);

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void stop(0));

/** Whoever has the key is the guest, and a name belongs to the key that first took it: so it is kept. */
function guestKey(file) {
  if (!existsSync(file)) writeFileSync(file, randomBytes(32), { mode: 0o600 });
  return new Uint8Array(readFileSync(file));
}

/** Joins the public room of that name, or makes it. */
async function enter(name) {
  for (let after, more = true; more; ) {
    const page = await client.browse(after);
    const found = page.rooms.find((room) => room.name === name);
    if (found) {
      await client.join(found.room);
      return found.room;
    }
    after = page.rooms.at(-1)?.room;
    more = page.more && after !== undefined;
  }
  return client.createRoom({ name, visibility: "public" });
}

async function stop(code, why) {
  if (why) console.error(why);
  await client.close();
  process.exit(code);
}
