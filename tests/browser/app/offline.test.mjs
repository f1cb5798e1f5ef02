// The network fails in every way it does, and nothing that was written is lost or doubled.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { House, isWhole, Person, says, until } from "./house.mjs";

const NAME = "chat.lan"; // not this machine's own name: a page from there gets no service worker

let house;
before(async () => {
  house = await House.open({}, { args: [`--host-resolver-rules=MAP ${NAME} 127.0.0.1`] });
});
after(() => house?.close());

/** Two people in a new room; each over a proxy of their own. */
async function pair(room) {
  const proxies = [await house.proxy(), await house.proxy()];
  const ann = await house.person(`Ann of ${room}`, { over: proxies[0] });
  await ann.createRoom(room);
  const ben = await house.person(`Ben of ${room}`, { over: proxies[1] });
  await ben.join(room);
  await ann.write("before");
  await ben.sees("before");
  return { ann, ben, proxies };
}

async function same(ann, ben, count) {
  const own = async (person) => (await person.texts()).filter((text) => text !== "");
  await until(async () => (await own(ann)).length >= count && (await own(ben)).length >= count, `${count} messages on both sides`);
  assert.deepEqual(await own(ann), await own(ben));
  assert.equal((await own(ann)).length, count, "each once");
}

for (const [way, fail] of [
  ["swallows every byte", (proxy) => proxy.swallow()],
  ["is cut", (proxy) => proxy.cut()],
]) {
  test(`the network ${way}: both write, and both come to the same timeline`, async () => {
    const { ann, ben, proxies } = await pair(`Room that ${way}`);
    proxies.forEach(fail);
    for (let index = 0; index < 3; index += 1) {
      await ann.write(`Ann offline ${index}`);
      await ben.write(`Ben offline ${index}`);
      await ann.sees(`Ann offline ${index}`);
    }
    await ann.page.getByText(/You can go on reading and writing/i).first().waitFor();
    await ann.page.getByText(/messages? waits?/).first().waitFor();
    // Ann returns second, so that what Ben wrote waits for her.
    proxies[1].mend();
    await ben.isDelivered("Ben offline 2");
    // A cut is noticed and mended within moments, which is not worth a word. One that is said goes by itself.
    const told = way.startsWith("swallows") ? ann.page.getByText(/3 sent, 3 received, complete/).first().waitFor() : undefined;
    told?.catch(() => undefined); // what fails before it says more
    proxies[0].mend();
    await told;
    await same(ann, ben, 7);
    await ann.isDelivered("Ann offline 2");
    await Promise.all([ann.close(), ben.close()]);
  });
}

test("a reload without a network shows everything and takes more", async () => {
  const { ann, ben, proxies } = await pair("Reloaded");
  await until(() => ann.page.evaluate(() => navigator.serviceWorker.controller !== null), "the service worker runs");
  proxies[0].cut();
  await ann.write("first");
  await ann.page.reload();
  await ann.sees("before");
  await ann.sees("first");
  await ann.write("second");
  proxies[0].mend();
  await ben.sees("second");
  await same(ann, ben, 3);
  await Promise.all([ann.close(), ben.close()]);
});

test("a tab that is killed while it sends loses nothing", async () => {
  const { ann, ben, proxies } = await pair("Killed");
  proxies[0].swallow();
  for (let index = 0; index < 5; index += 1) await ann.write(`mid-send ${index}`);
  await ann.sees("mid-send 4");
  // The renderer dies without a word: no unload, no last write.
  const session = await ann.context.newCDPSession(ann.page);
  const crashed = ann.page.waitForEvent("crash");
  void session.send("Page.crash").catch(() => {});
  await crashed;
  proxies[0].mend();
  const again = await ann.tab();
  await again.page.getByRole("link", { name: /Killed/ }).click();
  await ben.sees("mid-send 4");
  await same(again, ben, 6);
  await Promise.all([ann.close(), ben.close()]);
});

test("the server is killed under somebody who types, and restarted", async () => {
  const own = await House.open();
  try {
    const ann = await own.person("Ann");
    await ann.createRoom("Deck");
    const ben = await own.person("Ben");
    await ben.join("Deck");
    const written = [];
    for (let index = 0; index < 12; index += 1) {
      if (index === 4) await own.server.kill();
      if (index === 9) await own.server.run();
      written.push(`line ${index}`);
      await ann.write(`line ${index}`);
    }
    await ben.sees("line 11");
    await until(async () => (await ben.texts()).length === written.length, "all lines");
    assert.deepEqual(await ben.texts(), written);
    await ann.isDelivered("line 11");
    assert.deepEqual(await ann.texts(), written);
  } finally {
    await own.close();
  }
});

test("two tabs are one person, and the second goes on when the first is closed", async () => {
  const { ann, ben } = await pair("Tabs");
  const second = await ann.tab();
  await second.page.getByRole("link", { name: /Tabs/ }).click();
  await second.write("from the second");
  await ann.sees("from the second");
  await ann.write("from the first");
  await second.sees("from the first");
  await second.isDelivered("from the first");
  await ann.page.close();
  await second.write("the first is gone");
  await ben.sees("the first is gone");
  await ben.write("hello second");
  await second.sees("hello second");
  await same(second, ben, 5);
  await Promise.all([ann.close(), ben.close()]);
});

test("a browser that keeps nothing works from memory, and says so", async () => {
  const profile = await house.browserOf();
  await profile.context.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException("blocked", "SecurityError");
    };
  });
  const ann = await Person.arrive(profile);
  await ann.enter("Forgetful");
  await ann.page.getByText(/This browser stores nothing for this page/).waitFor();
  await ann.createRoom("Fleeting");
  await ann.write("in memory");
  await ann.isDelivered("in memory");
  await ann.close();
});

/** What loads when it is first used: how one opens it, and what is there then. */
const PARTS = [
  ["the switcher", ({ page }) => page.keyboard.press("Control+k"), "Find a room or a person"],
  ["the shortcuts", ({ page }) => page.keyboard.press("Control+/"), "Keyboard shortcuts"],
  ["the settings", ({ page }) => page.getByRole("button", { name: "Settings", exact: true }).click(), "Settings"],
  ["making a room", (ann) => ann.add("Create a room"), "Create a room"],
  ["browsing rooms", (ann) => ann.add("Browse rooms"), "Browse rooms"],
  ["a direct message", (ann) => ann.add("Message somebody"), "Write to somebody"],
  ["a room's settings", (ann) => ofRoom(ann, /Room settings/), /^Settings of/],
  ["inviting people", (ann) => ofRoom(ann, /Invite people/), /^Invite to/],
];

const ofRoom = async ({ page }, item) => {
  await page.getByRole("button", { name: "More about this room", exact: true }).click();
  await page.getByRole("menuitem", { name: item }).click();
};

/** Whether the service worker has the whole app; or the page has loaded the last of its parts, the emoji. */
const isKept = async () => {
  if ("serviceWorker" in navigator) return navigator.serviceWorker.controller !== null;
  return performance.getEntriesByType("resource").filter(({ name }) => /compact-.*\.json$/.test(name)).length > 0;
};

for (const [kind, host] of [
  ["a secure page", "127.0.0.1"],
  ["a page over plain HTTP", NAME],
]) {
  test(`everything in ${kind} opens for the first time without a network`, async () => {
    const way = await house.proxy();
    const profile = await house.browserOf({ over: way });
    profile.url = profile.url.replace("127.0.0.1", host);
    const ann = await Person.arrive(profile);
    await ann.enter(`Ann at ${host}`);
    await ann.createRoom(`Parts of ${host}`);
    await ann.write("before");
    await ann.isDelivered("before");
    await until(() => ann.page.evaluate(isKept), "everything is on the device");
    way.cut();
    await ann.write("without a network");
    await says(ann, "1 message waits");
    for (const [, open, name] of PARTS) {
      await open(ann);
      const dialog = ann.page.getByRole("dialog", { name });
      await dialog.waitFor();
      await ann.page.keyboard.press("Escape");
      await dialog.waitFor({ state: "detached" });
    }
    for (const name of ["Members", "Pinned messages", "Search in this room"]) {
      await ann.page.getByRole("button", { name, exact: true }).first().click();
      await ann.page.getByRole("complementary").waitFor();
      await ann.page.keyboard.press("Escape");
    }
    await ann.page.getByRole("button", { name: "Emoji", exact: true }).first().click();
    await ann.page.getByRole("dialog").getByRole("gridcell").first().waitFor();
    await ann.page.keyboard.press("Escape");
    // A disk that fills up now: what is written goes to memory, which was loaded too.
    await ann.page.evaluate(() => {
      const { put } = IDBObjectStore.prototype;
      IDBObjectStore.prototype.put = function (...asked) {
        const request = put.apply(this, asked);
        Object.defineProperty(this.transaction, "error", { value: new DOMException("no room", "QuotaExceededError") });
        this.transaction.abort();
        return request;
      };
    });
    await ann.write("in memory");
    await says(ann, "2 messages wait");
    // No notice of a new version, nor of anything that broke.
    assert.equal(await ann.page.getByText(/new version/i).count(), 0);
    way.mend();
    await ann.isDelivered("in memory");
    isWhole(ann);
    await ann.close();
  });
}

test("a page whose texts do not come says so in both languages", async () => {
  const { context, url } = await house.browserOf({ serviceWorkers: "block" });
  await context.route(/\/assets\/(en|zh)-/, (route) => route.abort());
  const page = await context.newPage();
  await page.goto(url);
  const alert = page.getByRole("alert");
  await alert.getByText("Greenroom did not load completely.").waitFor();
  await alert.getByText("请重新加载此页").waitFor();
  await context.close();
});
