// The SDK against a real server, in Node: what is written is never lost and never doubled.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { Proxy } from "../app/proxy.mjs";
import { Server } from "../server.mjs";
import {
  guest,
  mint,
  offline,
  online,
  open,
  sameDigest,
  sent,
  slice,
  texts,
  token,
  until,
  WebSocket,
} from "./node.mjs";

let server;
const proxies = [];
const clients = [];

before(async () => {
  server = await Server.start();
});
after(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await Promise.all(proxies.map((proxy) => proxy.close()));
  await server?.stop();
});

const keep = (client) => {
  clients.push(client);
  return client;
};

async function proxy() {
  const made = await Proxy.to("127.0.0.1", server.port);
  proxies.push(made);
  return made;
}

/** Two guests in a room, each over a proxy. */
async function pair() {
  const [first, second] = [await proxy(), await proxy()];
  const [ann, ben] = [
    keep(await guest(first.url, "Ann")),
    keep(await guest(second.url, "Ben")),
  ];
  const room = await ann.createRoom({ name: "deck", visibility: "public" });
  await ben.join(room);
  await ann.room(room).post("hello");
  await until(
    async () => (await texts(ben, room)).includes("hello"),
    "Ben reads Ann",
  );
  return { ann, ben, room, proxies: [first, second] };
}

for (const way of ["swallow", "cut"]) {
  test(`two that wrote without a network (${way}) come to the same state`, async () => {
    const { ann, ben, room, proxies } = await pair();
    for (const one of proxies) one[way]();
    await Promise.all([offline(ann), offline(ben)]);
    const target = await ann.room(room).post("from Ann");
    await ann.room(room).edit(target, "from Ann, mended");
    await ben.room(room).post("from Ben");
    for (const one of proxies) one.mend();
    ann.reconnect();
    ben.reconnect();
    await Promise.all([sent(ann), sent(ben)]);
    await sameDigest(room, ann, ben);
    const all = await texts(ann, room);
    assert.deepEqual(all, await texts(ben, room));
    assert.deepEqual([...all].sort(), [
      "from Ann, mended",
      "from Ben",
      "hello",
    ]);
  });
}

test("a silent network is noticed, and the return says what it brought", async () => {
  const { ann, ben, room, proxies } = await pair();
  proxies[1].swallow();
  await slice(
    ben.connection,
    ({ phase, reason }) => phase === "waiting" && reason === "silent",
    "Ben notices the silence",
  );
  for (let index = 0; index < 5; index += 1)
    await ann.room(room).post(`line ${index}`);
  await ben.room(room).post("from Ben");
  await sent(ann);
  proxies[1].mend();
  ben.reconnect();
  const report = await slice(ben.syncReport, (value) => value, "a report");
  assert.deepEqual([report.sent, report.received, report.refused], [1, 5, 0]);
  assert.ok(report.awayMs > 3_000);
  ben.dismissSyncReport();
  assert.equal(ben.syncReport.get(), undefined);
});

test("a server killed under a writing client has everything once", async () => {
  const own = await Server.start();
  const [ann, ben] = [await guest(own.url, "Ann"), await guest(own.url, "Ben")];
  try {
    const room = await ann.createRoom({ name: "deck", visibility: "public" });
    await ben.join(room);
    const written = [];
    for (let round = 0; round < 3; round += 1) {
      for (let index = 0; index < 40; index += 1) {
        written.push(`round ${round}, line ${index}`);
        await ann.room(room).post(written.at(-1));
        if (index === 20) await own.kill();
        if (index === 30) await own.run();
      }
      ann.reconnect();
      await sent(ann);
    }
    ben.reconnect();
    await sameDigest(room, ann, ben);
    assert.deepEqual(await texts(ben, room), written);
    assert.deepEqual(await texts(ann, room), written);
  } finally {
    await Promise.all([ann.close(), ben.close()]);
    await own.stop();
  }
});

test("a thousand messages written offline arrive in their order", async () => {
  const { ann, ben, room, proxies } = await pair();
  proxies[0].cut();
  await offline(ann);
  const written = Array.from(
    { length: 1_000 },
    (_, index) => `queued ${index}`,
  );
  await Promise.all(written.map((text) => ann.room(room).post(text)));
  assert.equal(ann.outbox.get().waiting, 1_000);
  proxies[0].mend();
  ann.reconnect();
  await sent(ann);
  await sameDigest(room, ann, ben);
  assert.deepEqual((await texts(ben, room)).slice(1), written);
});

test("history older than the first page comes by itself", async () => {
  const { ann, room } = await pair();
  await Promise.all(
    Array.from({ length: 600 }, (_, index) =>
      ann.room(room).post(`old ${index}`),
    ),
  );
  await sent(ann);
  const late = keep(await guest(server.url, "Late"));
  await late.join(room);
  await sameDigest(room, ann, late);
  assert.equal((await texts(late, room)).length, 601);
});

test("another copy of this state that wrote first leads to a new replica, and nothing is lost", async () => {
  const way = await proxy();
  const pass = await mint(server, "cloe", "--device", "laptop");
  const cloe = keep(await open(way.url));
  await cloe.signIn({ kind: "token", token: pass });
  const room = await cloe.createRoom({ name: "cloned", visibility: "public" });
  const [replica, counter] = await cloe.room(room).post("first");
  await sent(cloe);
  way.cut();
  await offline(cloe);
  // The copy was restored from a backup: it goes on with the same replica.
  const op = {
    dot: [replica, counter + 1],
    hlc: [Date.now(), 0],
    kind: "post",
    text: "of the copy",
  };
  assert.equal(
    (await raw(pass, { t: "post", id: 1, room, ops: [op] })).acks.length,
    1,
  );
  const own = await cloe.room(room).post("of the original");
  assert.deepEqual(own, op.dot, "it cannot know yet");
  way.mend();
  cloe.reconnect();
  await sent(cloe);
  await until(async () => (await texts(cloe, room)).length === 3, "all three");
  assert.deepEqual(await texts(cloe, room), [
    "first",
    "of the copy",
    "of the original",
  ]);
  const [after, count] = await cloe.room(room).post("later");
  assert.notEqual(after, replica);
  await sent(cloe);
  // And while both are there.
  await raw(pass, {
    t: "post",
    id: 1,
    room,
    ops: [
      { dot: [after, count + 1], hlc: [Date.now(), 0], kind: "post", text: "again" },
    ],
  });
  await cloe.room(room).post("the end");
  await sent(cloe);
  await until(async () => (await texts(cloe, room)).length === 6, "all six");
  assert.deepEqual((await texts(cloe, room)).slice(3), [
    "later",
    "again",
    "the end",
  ]);
});

/** Says one request on a connection of its own, and gives the answer. */
async function raw(pass, request) {
  const socket = new WebSocket(
    `${server.url.replace("http", "ws")}/ws`,
    "greenroom.v1.json",
  );
  try {
    return await new Promise((done, fail) => {
      socket.on("error", fail);
      socket.on("open", () =>
        socket.send(
          JSON.stringify({ t: "hello", token: pass, heartbeat_ms: 15_000 }),
        ),
      );
      socket.on("message", (text) => {
        const frame = JSON.parse(String(text));
        if (frame.t === "welcome") socket.send(JSON.stringify(request));
        else if (frame.id === request.id) done(frame);
      });
    });
  } finally {
    socket.close();
  }
}

test("a clock that is hours ahead is seen, and what it wrote is sent with the right time", async () => {
  const { ann, ben, room, proxies } = await pair();
  const now = Date.now;
  proxies[0].cut();
  await offline(ann);
  try {
    // While offline somebody sets the device's clock: nobody can know until the server says so.
    Date.now = () => now() + 30 * 3_600_000;
    await ann.room(room).post("from tomorrow");
    proxies[0].mend();
    ann.reconnect();
    await sent(ann);
    assert.ok(Math.abs(ann.clockSkewMs.get() + 30 * 3_600_000) < 60_000);
    await ann.room(room).post("on time");
    await sent(ann);
  } finally {
    Date.now = now;
  }
  await sameDigest(room, ann, ben);
  assert.deepEqual(await texts(ben, room), [
    "hello",
    "from tomorrow",
    "on time",
  ]);
});

test("a revoked token keeps what was written, until a new one comes", async () => {
  const dora = keep(await open(server.url));
  await dora.signIn({ kind: "token", token: await mint(server, "dora") });
  const room = await dora.createRoom({ name: "revoked", visibility: "public" });
  await token(server, "revoke", "--user", "dora");
  await slice(
    dora.connection,
    ({ phase, reason }) => phase === "refused" && reason === "token_revoked",
    "the revocation",
  );
  await dora.room(room).post("kept");
  assert.equal(dora.outbox.get().waiting, 1);
  const fresh = await until(async () => {
    const pass = await mint(server, "dora");
    return dora.signIn({ kind: "token", token: pass }).catch(() => undefined);
  }, "a token issued after the revocation");
  assert.equal(fresh.user, "dora");
  await sent(dora);
  await assert.rejects(
    dora.signIn({ kind: "token", token: await mint(server, "eve") }),
    { code: "unauthorized" },
  );
  await online(dora);
  assert.equal(dora.account.get().user, "dora");
});

test("who was put out keeps unsent messages, and sends them when back", async () => {
  const way = await proxy();
  const fay = keep(await open(server.url));
  const gus = keep(await open(way.url));
  await fay.signIn({ kind: "token", token: await mint(server, "fay") });
  await gus.signIn({ kind: "token", token: await mint(server, "gus") });
  const room = await fay.createRoom({ name: "strict", visibility: "public" });
  await gus.join(room);
  await gus.room(room).post("hello");
  await sent(gus);
  way.cut();
  await offline(gus);
  await gus.room(room).post("unsent");
  await fay.room(room).kick(gus.account.get().user);
  way.mend();
  gus.reconnect();
  await slice(gus.outbox, ({ failed }) => failed === 1, "the message failed");
  assert.deepEqual(await texts(gus, room), ["hello", "unsent"]);
  const { invite } = await fay
    .room(room)
    .createInvite({ role: "member", expiresS: 3_600 });
  await gus.acceptInvite(room, invite);
  await sent(gus);
  await sameDigest(room, fay, gus);
  assert.deepEqual(await texts(fay, room), ["hello", "unsent"]);
});

test("sign-in says why it fails", async () => {
  const first = keep(await guest(server.url, "Taken"));
  const second = keep(await open(server.url));
  const { name } = first.account.get();
  await assert.rejects(second.signIn({ kind: "guest", name }), {
    code: "name_taken",
    advice: "fix",
  });
  await assert.rejects(second.signIn({ kind: "token", token: "nonsense" }), {
    code: "unauthorized",
  });
  assert.equal(second.connection.get().phase, "signed-out");
  const nowhere = keep(await open("http://127.0.0.1:9"));
  await assert.rejects(nowhere.signIn({ kind: "guest", name: "Nobody" }), {
    code: "offline",
  });
});

test("a server of another version is told from one that does not answer", async () => {
  const versions = createServer((request, response) => {
    if (request.url === "/version")
      response.end(
        JSON.stringify({
          server: "greenroom/9",
          protocols: ["greenroom.v9.json"],
        }),
      );
    else response.writeHead(400).end();
  });
  await new Promise((done) => versions.listen(0, "127.0.0.1", done));
  try {
    const stranger = keep(
      await open(`http://127.0.0.1:${versions.address().port}`),
    );
    await assert.rejects(stranger.signIn({ kind: "guest", name: "Stranger" }), {
      code: "incompatible",
    });
  } finally {
    await new Promise((done) => versions.close(done));
  }
});

test("a server that takes little at a time gets everything, in order", async () => {
  const few = "{per_s=100,burst=100}";
  const strict = await Server.start({
    limits__connection__ops: few,
    limits__user__ops: few,
  });
  const ends = [];
  try {
    const ann = await guest(strict.url, "Ann");
    ends.push(ann);
    const room = await ann.createRoom({ name: "slow", visibility: "public" });
    const written = Array.from(
      { length: 400 },
      (_, index) => `slowly ${index}`,
    );
    await Promise.all(written.map((text) => ann.room(room).post(text)));
    await sent(ann);
    assert.deepEqual(await texts(ann, room), written);
  } finally {
    await Promise.all(ends.map((client) => client.close()));
    await strict.stop();
  }
});

test("a server that stops says so, and is found again when it is back", async () => {
  const own = await Server.start();
  const ann = await guest(own.url, "Ann");
  try {
    const room = await ann.createRoom({ name: "deck", visibility: "public" });
    const gone = new Promise((done) => own.process.once("exit", done));
    own.process.kill("SIGTERM");
    await slice(
      ann.connection,
      ({ phase, reason }) => phase === "waiting" && reason === "draining",
      "the drain",
    );
    await gone;
    await ann.room(room).post("meanwhile");
    await own.run();
    ann.reconnect();
    await sent(ann);
    assert.deepEqual(await texts(ann, room), ["meanwhile"]);
  } finally {
    await ann.close();
    await own.stop();
  }
});

test("what was read offline is read on the other device too", async () => {
  const way = await proxy();
  const [desk, phone] = [
    keep(await open(way.url)),
    keep(await open(server.url)),
  ];
  await desk.signIn({
    kind: "token",
    token: await mint(server, "hal", "--device", "desk"),
  });
  await phone.signIn({
    kind: "token",
    token: await mint(server, "hal", "--device", "phone"),
  });
  const ivy = keep(await guest(server.url, "Ivy"));
  const room = await desk.createRoom({ name: "read", visibility: "public" });
  await ivy.join(room);
  await ivy.room(room).post("news");
  const timeline = desk.room(room).timeline();
  const news = await until(
    () =>
      timeline.view
        .get()
        .items.find(({ kind, stamp }) => kind === "message" && stamp),
    "the news",
  );
  await slice(
    phone.room(room).summary,
    (summary) => summary?.unread === 1,
    "unread on the phone",
  );
  way.cut();
  await offline(desk);
  desk.room(room).markRead(news.stamp, news.dot);
  await slice(
    desk.room(room).summary,
    (summary) => summary?.unread === 0,
    "read at the desk",
  );
  assert.equal(phone.room(room).summary.get().unread, 1);
  way.mend();
  desk.reconnect();
  await slice(
    phone.room(room).summary,
    (summary) => summary?.unread === 0,
    "read on the phone",
  );
  timeline.close();
});

test("more rooms than a connection follows: the one that is looked at is followed", async () => {
  const plenty = "{per_s=5000,burst=5000}";
  const wide = await Server.start({
    limits__connection__changes: plenty,
    limits__user__changes: plenty,
  });
  const ends = [];
  try {
    const ann = await guest(wide.url, "Ann");
    const ben = await guest(wide.url, "Ben");
    ends.push(ann, ben);
    const rooms = [];
    for (let index = 0; index < 514; index += 1)
      rooms.push(
        await ann.createRoom({ name: `${index}`, visibility: "public" }),
      );
    const last = rooms.at(-1);
    await ben.join(last);
    await ben.room(last).post("far out");
    await sent(ben);
    await until(
      async () => (await texts(ann, last)).includes("far out"),
      "the room is followed now",
    );
    assert.equal(ann.rooms.get().length, 514);
  } finally {
    await Promise.all(ends.map((client) => client.close()));
    await wide.stop();
  }
});
