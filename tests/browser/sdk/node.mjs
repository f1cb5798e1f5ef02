// Clients in Node, as bots are: the built SDK over real sockets, with its store in memory.

import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import WebSocket from "../../../web/node_modules/ws/wrapper.mjs";
import { openClient } from "../../../web/sdk/dist/index.js";

const ROOT = resolve(import.meta.dirname, "../../..");
const BINARY =
  process.env.GREENROOM_BIN ?? join(ROOT, "target/debug/greenroom");
const WAIT_MS = 60_000; // a loaded machine is slow, and that is no fault of the SDK

export { WebSocket };

/** A client that nobody is signed in with. */
export const open = (url, options = {}) =>
  openClient({
    url,
    storage: "memory",
    webSocket: WebSocket,
    client: "test",
    ...options,
  });

/** A guest with a name of their own. */
export async function guest(url, name) {
  const client = await open(url);
  await client.signIn({
    kind: "guest",
    name: `${name} ${randomBytes(4).toString("hex")}`,
  });
  return client;
}

/** A token that this server's node signed. */
export async function mint(server, user, ...more) {
  const { stdout } = await token(server, "mint", "--user", user, ...more);
  return stdout.trim();
}

export const token = (server, ...rest) =>
  promisify(execFile)(
    BINARY,
    ["token", ...rest, "--data", join(server.folder, "data")],
    {
      env: { PATH: process.env.PATH },
    },
  );

/** Waits until `check` gives something true, and gives that. */
export async function until(check, what = String(check)) {
  const end = Date.now() + WAIT_MS;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${WAIT_MS} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** Waits until a slice fits, if only for a moment; gives what `fits` gave. */
export async function slice(of, fits, what = String(fits)) {
  let stop;
  let timer;
  try {
    return await new Promise((done, fail) => {
      const look = () => {
        const value = fits(of.get());
        if (value) done(value);
      };
      const late = () => fail(new Error(`not within ${WAIT_MS} ms: ${what}, but ${JSON.stringify(of.get())}`));
      stop = of.subscribe(look);
      timer = setTimeout(late, WAIT_MS);
      look();
    });
  } finally {
    clearTimeout(timer);
    stop?.();
  }
}

/** Waits until everything written is stored by the server. */
export const sent = (client) =>
  slice(
    client.outbox,
    ({ waiting, failed }) => waiting === 0 && failed === 0,
    "all is sent",
  );

export const online = (client) =>
  slice(
    client.connection,
    ({ phase, syncing }) => phase === "online" && !syncing,
    "online",
  );

export const offline = (client) =>
  slice(client.connection, ({ phase }) => phase === "waiting", "offline");

/** The texts of a room's messages, oldest first: all that are here. */
export async function texts(client, room) {
  const timeline = client.room(room).timeline();
  try {
    await slice(
      timeline.view,
      ({ state }) => state === "ready",
      "the timeline is read",
    );
    const found = [];
    let first;
    do {
      const { items } = timeline.view.get();
      first = items[0]?.key;
      const fresh = items.slice(
        0,
        items.findIndex(({ key }) => key === found[0]?.key) >>> 0,
      );
      found.unshift(...(found.length === 0 ? items : fresh));
      await timeline.loadOlder();
    } while (timeline.view.get().items[0]?.key !== first);
    return found
      .filter(({ kind }) => kind === "message")
      .map(({ body }) => body.text);
  } finally {
    timeline.close();
  }
}

/** Waits until the digests of a room are there and equal; gives the digest. */
export async function sameDigest(room, ...clients) {
  return until(async () => {
    const digests = await Promise.all(
      clients.map((client) => client.room(room).digest()),
    );
    return (
      digests[0] !== undefined &&
      digests.every((digest) => digest === digests[0]) &&
      digests[0]
    );
  }, "equal digests");
}
