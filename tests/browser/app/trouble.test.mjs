// What goes wrong for people: the app says so in their language, says what to do, and loses nothing that was written.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { guest } from "../sdk/node.mjs";
import { crowd } from "./crowd.mjs";
import { CHINESE, House, isWhole, Person, press, says, until } from "./house.mjs";

const NAME = "chat.lan"; // not this machine's own name: a page from there is not trusted without HTTPS
const HOUR_MS = 3_600_000;

let house;
before(async () => {
  house = await House.open({}, { args: [`--host-resolver-rules=MAP ${NAME} 127.0.0.1`] });
});
after(() => house?.close());

const chinese = (name, options = {}) => house.person(name, { locale: "zh-CN", texts: CHINESE, ...options });

/** Waits until somebody's timeline has these texts, each once and in this order. */
async function reads(person, texts) {
  await until(async () => (await person.texts()).length >= texts.length, `${texts.length} messages for ${person.name}`);
  assert.deepEqual(await person.texts(), texts);
}

test("a message that mentions too many, or names that are too long: said, and kept where they were written", async () => {
  const ann = await house.person("Ann of many");
  const room = await ann.createRoom("Crowd");
  const names = Array.from({ length: 65 }, (_, at) => `Crew ${at}!`);
  await crowd(house.server.url, room, names);
  await says(ann, "66 members");
  const text = names.map((name) => `@${name}`).join(" ");
  await ann.write(text);
  const sentence = ann.page.getByRole("alert").filter({ hasText: "This mentions 65 people; a message can mention 64." });
  await sentence.waitFor();
  assert.equal(await ann.composer.inputValue(), text);
  assert.deepEqual(await ann.texts(), []);
  await ann.composer.fill("");
  await sentence.waitFor({ state: "detached" });

  await ann.add("Create a room");
  const dialog = ann.page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Create room" }).click();
  await dialog.getByText("Give the room a name.").waitFor();
  await dialog.getByLabel("Name", { exact: true }).fill("名".repeat(43));
  await dialog.getByRole("button", { name: "Create room" }).click();
  await dialog.getByText("too long by 1 character.").waitFor();
  isWhole(ann);
  await ann.close();
});

test("a name that is taken or too long is answered in Chinese too", async () => {
  const ann = await house.person("Ann of names");
  const profile = await house.browserOf({ locale: "zh-CN" });
  const li = await Person.arrive(profile);
  const enter = async (name) => {
    await li.page.getByLabel("你的名字").fill(name);
    await press(li, "进入");
  };
  await enter("Ann of names");
  await says(li, "这里已有人使用这个名字，请换一个。");
  await enter("名".repeat(65));
  await says(li, "名字超出了 23 个字符，请缩短。");
  await Promise.all([ann.close(), li.close()]);
});

test("invites that are used up, expired, revoked or broken, by link and by entering them", async () => {
  const host = await guest(house.server.url, "Host");
  const room = await host.createRoom({ name: "Cabin", visibility: "private" });
  const of = async (options) => {
    const { invite } = await host.room(room).createInvite({ role: "member", expiresS: 3_600, ...options });
    return `#/invite/${room}/${invite}`;
  };
  const [usedUp, expired, revoked] = [await of({ uses: 1 }), await of({ expiresS: 1 }), await of({})];
  await host.room(room).revokeInvite(revoked.split("/").at(-1));
  const first = await house.person("First", { at: `/${usedUp}` });
  await first.inRoom("Cabin");
  await until(async () => (await host.room(room).invites()).length === 0, "no invite is valid");

  const late = await house.person("Late", { at: `/${revoked}` });
  await says(late, "This invite does not work");
  await says(late, "It has expired, was revoked or was used up. Ask whoever sent it for a new one.");
  await press(late, "Go to my rooms");
  for (const link of [expired, usedUp]) {
    await late.add("Enter an invite");
    await late.page.getByRole("dialog").getByLabel("Invite link").fill(`${house.server.url}/${link}`);
    await press(late, "Continue");
    await says(late, "It has expired, was revoked or was used up.");
    await press(late, "Go to my rooms");
  }
  await late.add("Enter an invite");
  await late.page.getByRole("dialog").getByLabel("Invite link").fill(`${house.server.url}/${usedUp.slice(0, -3)}`);
  await press(late, "Continue");
  await says(late, "This is not a whole invite link");

  const li = await chinese("晚", { at: `/${usedUp.slice(0, -3)}` });
  await says(li, "此邀请链接不完整");
  await says(li, "请复制完整的链接，或向发送者索取新的链接。");
  isWhole(first, late, li);
  await host.close();
  await Promise.all([first.close(), late.close(), li.close()]);
});

/** Sets the clock of a profile's pages wrong; `window.clockByMs` may change while they are open. */
const wrongClock = (byMs) => {
  const Right = Date;
  window.clockByMs = byMs;
  window.Date = class extends Right {
    constructor(...given) {
      super(...(given.length === 0 ? [Right.now() + window.clockByMs] : given));
    }
    static now() {
      return Right.now() + window.clockByMs;
    }
  };
};

async function personOff(name, byMs, options) {
  const profile = await house.browserOf(options);
  await profile.context.addInitScript(wrongClock, byMs);
  const person = await Person.arrive(profile);
  await person.enter(name, options.texts);
  return person;
}

test("clocks that are hours off, either way: said, all is sent, in order and under the right day", async () => {
  const ways = [await house.proxy(), await house.proxy()];
  const ann = await personOff("Ann of tomorrow", 30 * HOUR_MS, { over: ways[0] });
  await says(ann, /This device.s clock is 30 hrs? ahead\./);
  await ann.createRoom("Clocks");
  const ben = await personOff("昨天的本", -49 * HOUR_MS, { over: ways[1], locale: "zh-CN", texts: CHINESE });
  await says(ben, "本机时钟慢了 49小时");
  await ben.page.getByRole("button", { name: "浏览房间" }).click();
  await ben.page.getByRole("dialog").getByRole("button", { name: "加入 Clocks" }).click();
  await ben.inRoom("Clocks");
  await ann.write("one");
  await ben.sees("one");
  await ben.write("two");
  await ann.sees("two");
  await ways[0].cut();
  await ann.write("three, without a network");
  await says(ann, "1 message waits");
  // Somebody sets the clock on further: what is written now is more than a day ahead of the server.
  await ann.page.evaluate(() => (window.clockByMs += 40 * 3_600_000));
  await ann.write("four, from the day after");
  ways[0].mend();
  await ann.isDelivered("four, from the day after");
  await ben.sees("four");
  await ben.write("five");
  const all = ["one", "two", "three, without a network", "four, from the day after", "five"];
  await reads(ann, all);
  await reads(ben, all);
  await says(ann, /This device.s clock is 70 hrs? ahead\./);
  await ann.page.getByRole("separator", { name: "Today" }).or(ann.log.getByText("Today", { exact: true })).first().waitFor();
  await ben.log.getByText("今天", { exact: true }).first().waitFor();
  for (const person of [ann, ben]) assert.equal(await person.log.getByText(/while offline|离线时/).count(), 0);
  isWhole(ann, ben);
  await Promise.all([ann.close(), ben.close()]);
});

test("a server of another version: said, and what was written waits and is sent when it is back", async () => {
  const stranger = createServer((request, response) => {
    if (request.url === "/version") response.end(JSON.stringify({ server: "greenroom/9", protocols: ["greenroom.v9.json"] }));
    else response.writeHead(400).end();
  });
  stranger.on("upgrade", (_, socket) => socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"));
  await new Promise((done) => stranger.listen(0, "127.0.0.1", done));
  try {
    const way = await house.proxy();
    const ann = await house.person("Ann of old", { over: way });
    await ann.createRoom("Versions");
    const li = await Person.arrive(await house.browserOf({ over: way, locale: "zh-CN" }));
    await li.page.getByLabel("你的名字").fill("旧");
    way.cut();
    way.target = stranger.address().port;
    way.mend();
    await ann.write("for whichever version");
    await says(ann, /The server speaks another version than this page\. Reload to get the new one; what you wrote is kept\. 1 message waits\./);
    await press(li, "进入");
    await says(li, "服务器的版本与本页不同。请重新加载以获取新版本");
    way.target = house.server.port;
    await press(ann, "Reload");
    await ann.isDelivered("for whichever version");
    isWhole(ann, li);
    await Promise.all([ann.close(), li.close()]);
  } finally {
    stranger.close();
    stranger.closeAllConnections();
  }
});

test("a device without room from the start: it works from memory, and says so", async () => {
  const profile = await house.browserOf();
  const page = await profile.context.newPage();
  const session = await profile.context.newCDPSession(page);
  await session.send("Storage.overrideQuotaForOrigin", { origin: house.server.url, quotaSize: 1 });
  const ann = new Person(profile, page);
  await page.goto(house.server.url);
  await ann.enter("Ann of no room");
  await says(ann, "The storage of this device is full.");
  await ann.createRoom("Tight");
  await ann.write("from memory");
  await ann.isDelivered("from memory");
  const ben = await house.person("Ben of no room");
  await ben.join("Tight");
  await reads(ben, ["from memory"]);
  isWhole(ann, ben);
  await Promise.all([ann.close(), ben.close()]);
});

/** Notes from now on whatever texts a timeline shows: `window.shown`. */
const noteShown = () => {
  window.shown = [];
  const note = () => {
    const now = [...document.querySelectorAll("[role=log] [data-key] [data-part=text]")].map((text) => text.innerText);
    if (now.join("\n") !== window.shown.at(-1)?.join("\n")) window.shown.push(now);
  };
  new MutationObserver(note).observe(document.body, { childList: true, subtree: true, characterData: true });
};

test("a device that fills up while one writes: nothing is lost, and closing the only copy is asked about", async () => {
  const way = await house.proxy();
  const profile = await house.browserOf({ over: way });
  // As a full disk does: the request is taken, and its transaction ends with the error.
  await profile.context.addInitScript(() => {
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (...asked) {
      const request = put.apply(this, asked);
      if (!window.diskIsFull) return request;
      const full = new DOMException("no room", "QuotaExceededError");
      Object.defineProperty(this.transaction, "error", { value: full });
      this.transaction.abort();
      return request;
    };
  });
  const ann = await Person.arrive(profile);
  await ann.enter("Ann of filling up");
  await ann.createRoom("Brim");
  const ben = await house.person("Ben of filling up");
  await ben.join("Brim");
  await ann.write("while there was room");
  await ann.isDelivered("while there was room");
  await ann.page.evaluate(noteShown);
  way.cut();
  await ann.write("waiting on the disk");
  await says(ann, "1 message waits");
  await ann.page.evaluate(() => (window.diskIsFull = true));
  const all = ["while there was room", "waiting on the disk"];
  // Several: they are written before the move to memory, in it and behind it.
  for (let each = 1; each <= 6; each += 1) {
    all.push(`without room ${each}`);
    await ann.write(all.at(-1));
  }
  await says(ann, "The storage of this device is full.");
  await says(ann, "7 messages wait");
  const asked = ann.page.waitForEvent("dialog");
  void ann.page.close({ runBeforeUnload: true });
  const dialog = await asked;
  assert.equal(dialog.type(), "beforeunload");
  await dialog.dismiss();
  way.mend();
  await ann.isDelivered(all.at(-1));
  await reads(ann, all);
  await reads(ben, all);
  // Nothing went away meanwhile, nor stood in another place for a moment. A row has no text before it is drawn.
  const shown = (await ann.page.evaluate(() => window.shown)).map((texts) => texts.filter((text) => text !== ""));
  for (const [at, texts] of shown.entries()) {
    assert.deepEqual(texts, all.slice(0, texts.length));
    assert.ok(texts.length >= (shown[at - 1]?.length ?? 0), "a message that was there stays");
  }
  await ben.write("welcome back");
  await ann.sees("welcome back");
  isWhole(ann, ben);
  await Promise.all([ann.close(), ben.close()]);
});

test("a browser that blocks every storage: from memory, said in Chinese, and nothing breaks", async () => {
  const profile = await house.browserOf({ locale: "zh-CN" });
  await profile.context.addInitScript(() => {
    const blocked = () => {
      throw new DOMException("blocked", "SecurityError");
    };
    for (const name of ["indexedDB", "localStorage", "sessionStorage"]) Object.defineProperty(window, name, { get: blocked });
    navigator.serviceWorker.register = async () => blocked();
  });
  const li = await Person.arrive(profile);
  await li.enter("无痕", CHINESE);
  await says(li, "此浏览器不为本页保存任何内容");
  await li.createRoom("过客", { texts: CHINESE });
  await li.write("转瞬即逝");
  await li.isDelivered("转瞬即逝");
  isWhole(li);
  await li.close();
});

test("plain HTTP: why there are no calls, whom to ask, and the way to HTTPS where there is one", async () => {
  const visit = async (home, options) => {
    const profile = await home.browserOf(options);
    profile.url = home.server.url.replace("127.0.0.1", NAME);
    const person = await Person.arrive(profile);
    assert.equal(await person.page.evaluate(() => isSecureContext), false);
    return person;
  };
  const ann = await visit(house);
  await ann.enter("Ann of plain HTTP");
  await says(ann, "This page came over plain HTTP, so browsers allow no calls, no notifications and no start without network.");
  await says(ann, "Ask whoever runs this server for its HTTPS address.");
  await ann.createRoom("Plain");
  await press(ann, "Start a call");
  const dialog = ann.page.getByRole("dialog");
  await dialog.getByText("Browsers give camera and microphone only to pages with a secure address (https://)").waitFor();
  await dialog.getByText("Ask whoever runs this server to turn on HTTPS").waitFor();
  await press(ann, "OK");
  await ann.write("chat works");
  await ann.isDelivered("chat works");

  const secure = await House.open({ tls__self_signed: "true", tls__hostnames: `["${NAME}"]`, tls__listen: '["127.0.0.1:0"]' }, { args: house.args });
  try {
    const li = await visit(secure, { locale: "zh-CN", ignoreHTTPSErrors: true });
    await li.enter("李", CHINESE);
    await li.createRoom("明文", { texts: CHINESE });
    await press(li, "发起通话");
    await li.page.getByRole("dialog").getByText("浏览器只允许安全地址（https://）的页面使用摄像头和麦克风").waitFor();
    await li.page.getByRole("dialog").getByRole("link", { name: "打开安全页面" }).click();
    await li.page.waitForURL(new RegExp(`^https://${NAME}:\\d+/#/room/`));
    await li.page.getByLabel("你的名字").waitFor();
    assert.equal(await li.page.evaluate(() => isSecureContext), true);
    isWhole(ann, li);
  } finally {
    await secure.close();
  }
  await ann.close();
});

test("what the server refuses stays in its place, with the reason and what to do", async () => {
  const host = await house.person("Host of refused");
  await host.createRoom("Strict");
  const way = await house.proxy();
  const ben = await house.person("Ben of refused", { over: way });
  await ben.join("Strict");
  await ben.write("hello");
  await ben.isDelivered("hello");
  way.cut();
  await ben.write("too late");
  await says(ben, "1 message waits");
  await press(host, "Members");
  await press(host, "Actions for Ben of refused");
  await host.page.getByRole("menuitem", { name: "Remove from room" }).click();
  await host.page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await host.sees("put Ben of refused out");
  way.mend();
  const failed = ben.message("too late");
  await failed.getByText("Not sent: You are not a member of this room.").waitFor();
  await says(ben, "1 message was not accepted by the server.");
  await ben.page.getByRole("button", { name: "Join" }).first().click();
  await ben.isDelivered("too late");
  await host.sees("too late");
  isWhole(host, ben);
  await Promise.all([host.close(), ben.close()]);
});
