// Several tabs of one person: one holds the connection, and who does may change at any time.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { House, Person, until } from "./house.mjs";

const NAME = "chat.lan"; // not this machine's own name: a page from there is not trusted without HTTPS

let house;
before(async () => {
  house = await House.open({}, { args: [`--host-resolver-rules=MAP ${NAME} 127.0.0.1`] });
});
after(() => house?.close());

const inTab = async (person, room) => {
  const tab = await person.tab();
  await tab.page.getByRole("link", { name: room }).click();
  await tab.inRoom(room);
  return tab;
};

test("a tab goes on when the one with the connection crashes", async () => {
  const ann = await house.person("Ann of crash");
  await ann.createRoom("Crash");
  const second = await inTab(ann, "Crash");
  await second.write("through the first");
  await second.isDelivered("through the first");
  const session = await ann.context.newCDPSession(ann.page);
  const crashed = ann.page.waitForEvent("crash");
  void session.send("Page.crash").catch(() => {});
  await crashed;
  await second.write("by itself");
  await second.isDelivered("by itself");
  assert.deepEqual(await second.texts(), ["through the first", "by itself"]);
  await ann.close();
});

test("every tab is honest about a network that swallows bytes", async () => {
  const way = await house.proxy();
  const ann = await house.person("Ann of silence", { over: way });
  await ann.createRoom("Silence");
  const second = await inTab(ann, "Silence");
  way.swallow();
  await second.write("into the void");
  for (const { page } of [ann, second]) await page.getByText(/You can go on reading and writing/i).first().waitFor();
  await ann.sees("into the void");
  way.mend();
  await second.isDelivered("into the void");
  await ann.isDelivered("into the void");
  assert.deepEqual(await ann.texts(), ["into the void"]);
  await ann.close();
});

test("without locks, as over plain HTTP, two tabs write at once, and each message is there once", async () => {
  const profile = await house.browserOf();
  profile.url = house.server.url.replace("127.0.0.1", NAME);
  const ann = await Person.arrive(profile);
  assert.equal(await ann.page.evaluate(() => "locks" in navigator), false);
  await ann.enter("Ann of plain");
  await ann.createRoom("Plain");
  const second = await inTab(ann, "Plain");
  const ben = await house.person("Ben of plain");
  await ben.join("Plain");
  for (let index = 0; index < 5; index += 1) {
    await ann.write(`first ${index}`);
    await second.write(`second ${index}`);
  }
  await ben.write("third");
  for (const person of [ann, second, ben]) {
    await until(async () => (await person.texts()).length >= 11, `eleven messages for ${person.name ?? "the second tab"}`);
    await person.sees("third");
  }
  const texts = await ben.texts();
  assert.equal(new Set(texts).size, 11);
  assert.equal(texts.length, 11);
  assert.deepEqual(await ann.texts(), texts);
  assert.deepEqual(await second.texts(), texts);
  await Promise.all([ann.close(), ben.close()]);
});
