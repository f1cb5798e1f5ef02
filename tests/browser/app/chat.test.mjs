// Two people, each in a browser of their own, talk in the app.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { House, until } from "./house.mjs";

let house, ann, ben;

before(async () => {
  house = await House.open();
  [ann, ben] = await house.pair();
});
after(() => house?.close());

test("what one writes the other reads, and each sees it stored", async () => {
  await ann.write("Hello **Ben**");
  await ben.sees("Hello Ben");
  await ann.isDelivered("Hello Ben");
  assert.equal(await ben.message("Hello Ben").locator("strong").innerText(), "Ben");
  await ben.write("Hello Ann\nsecond line");
  await ann.sees("second line");
});

test("a reaction, an edit with its versions, a pin, a thread and a delete reach the other", async () => {
  await ann.write("Lunch at noon?");
  await ben.sees("Lunch at noon?");
  const seen = ben.message("Lunch at noon?");
  await seen.hover();
  await seen.getByRole("button", { name: "React with 👍" }).click();
  await ann.message("Lunch at noon?").getByRole("button", { name: /👍.*Ben/ }).waitFor();

  await ann.composer.press("ArrowUp");
  const editor = ann.page.getByRole("textbox", { name: "Edit the message" });
  await editor.fill("Lunch at one?");
  await editor.press("Enter");
  await ben.sees("Lunch at one?");
  await ben.message("Lunch at one?").getByRole("button", { name: /^Edited/ }).click();
  await ben.page.getByRole("dialog").getByText("Lunch at noon?").waitFor();
  await ben.page.keyboard.press("Escape");

  await ben.message("Lunch at one?").hover();
  await ben.message("Lunch at one?").getByRole("button", { name: "Reply in thread" }).click();
  const reply = ben.page.getByRole("textbox", { name: "Reply in the thread" });
  await reply.fill("Fine with me");
  await reply.press("Enter");
  await ann.message("Lunch at one?").getByRole("button", { name: /1 reply/ }).click();
  await ann.page.getByText("Fine with me").first().waitFor();
  await ann.page.keyboard.press("Escape");

  await ann.write("Forget this");
  await ben.sees("Forget this");
  await ann.message("Forget this").click({ button: "right" });
  await ann.page.getByRole("menuitem", { name: "Delete" }).click();
  await ann.page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await ben.sees("This message was deleted");
  assert.equal(await ben.message("Forget this").count(), 0);
});

test("people see who types, who is there and who has read", async () => {
  await ann.composer.pressSequentially("I am th");
  await ben.page.getByText("Ann is typing").first().waitFor();
  await ann.composer.fill("");
  await ann.page.getByRole("button", { name: "Members" }).click();
  await ann.page.getByRole("listitem").filter({ hasText: "Ben" }).getByText("Online").waitFor({ state: "attached" });
  await ann.write("Did you see this?");
  await ben.sees("Did you see this?");
  await ann.page.getByLabel(/Seen by Ben/).first().waitFor();
});

test("a mention is completed, and counts for whom it names", async () => {
  await ben.createRoom("Elsewhere");
  await ann.composer.pressSequentially("ask @Be");
  await ann.page.getByRole("option", { name: /Ben/ }).click();
  await ann.composer.press("Enter");
  await ben.page.getByRole("link", { name: /Bridge.*mentions you/s }).waitFor();
  await until(async () => /^\(\d+\)/.test(await ben.page.title()), "the title counts");
  await ben.page.getByRole("link", { name: /Bridge/ }).click();
  await ben.sees("ask @Ben");
});

test("an answer that mentions somebody counts until its thread is read", async () => {
  await ben.write("Who has the keys?");
  await ann.message("Who has the keys?").hover();
  await ann.message("Who has the keys?").getByRole("button", { name: "Reply in thread" }).click();
  const reply = ann.page.getByRole("textbox", { name: "Reply in the thread" });
  await reply.fill("@Ben, you do");
  await reply.press("Enter");
  const unread = ben.page.getByRole("link", { name: /Bridge.*(mentions you|unread)/s });
  await unread.waitFor();
  await ben.message("Who has the keys?").getByRole("button", { name: /1 reply/ }).click();
  await unread.waitFor({ state: "detached" });
  await ben.page.keyboard.press("Escape");
  await ann.page.keyboard.press("Escape");
});

test("a draft waits in its room", async () => {
  await ann.composer.fill("half a thought");
  await ann.createRoom("Galley");
  assert.equal(await ann.composer.inputValue(), "");
  await ann.page.getByRole("link", { name: /Bridge/ }).click();
  await ann.inRoom("Bridge");
  await until(async () => (await ann.composer.inputValue()) === "half a thought", "the draft is there");
  await ann.composer.fill("");
});

test("an invite link brings somebody who is new into a private room, until it is revoked", async () => {
  await ann.createRoom("Secret", { visibility: "private" });
  await ann.page.getByRole("button", { name: "More about this room" }).click();
  await ann.page.getByRole("menuitem", { name: /Invite people/ }).click();
  const dialog = ann.page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Make a link" }).click();
  const link = await dialog.getByLabel("Invite link").inputValue();
  await dialog.getByRole("img", { name: /QR code/ }).waitFor();
  await dialog.getByText(/opened this page as 127\.0\.0\.1, which is only this computer/).waitFor();
  const at = new URL(link).hash;

  const cleo = await house.person("Cleo", { at: `/${at}` });
  await cleo.inRoom("Secret");
  await cleo.write("I am in");
  await ann.page.keyboard.press("Escape");
  await ann.sees("I am in");

  await ann.page.getByRole("button", { name: "More about this room" }).click();
  await ann.page.getByRole("menuitem", { name: /Invite people/ }).click();
  await ann.page.getByRole("dialog").getByRole("button", { name: /^Revoke the link/ }).click();
  await ann.page.getByText("The link no longer works.").first().waitFor();
  await ann.page.keyboard.press("Escape");
  const late = await house.person("Late", { at: `/${at}` });
  await late.page.getByText("This invite does not work").waitFor();
  await cleo.close();
  await late.close();
});

test("who is new is shown a room to join, and who is alone in one how to invite", async () => {
  const dora = await house.person("Dora");
  await dora.page.getByRole("region", { name: "Rooms that are open to you" }).getByRole("button", { name: "Join Bridge" }).click();
  await dora.inRoom("Bridge");
  await dora.createRoom("Pantry");
  await dora.page.getByRole("log").getByRole("button", { name: "Invite people" }).click();
  await dora.page.getByRole("dialog", { name: "Invite to Pantry" }).waitFor();
  assert.deepEqual(dora.faults, []);
  await dora.close();
});

test("a direct room is opened from the members, and search finds what was said", async () => {
  await ann.page.getByRole("link", { name: /Bridge/ }).click();
  await ann.inRoom("Bridge");
  await ann.page.getByRole("button", { name: "Members" }).click();
  await ann.page.getByRole("button", { name: "Actions for Ben" }).click();
  await ann.page.getByRole("menuitem", { name: "Write to Ben" }).click();
  await ann.inRoom("Ben");
  await ann.write("Between us: the code is 4711");
  await ben.page.getByRole("link", { name: /Ann/ }).click();
  await ben.sees("the code is 4711");
  await ann.page.keyboard.press("Control+k");
  await ann.page.getByRole("combobox").fill("bridge");
  await ann.page.keyboard.press("Enter");
  await ann.inRoom("Bridge");
  await ann.page.getByRole("button", { name: "Search in this room" }).click();
  await ann.page.getByRole("searchbox", { name: /Search/ }).fill("LUNCH");
  await ann.page.getByRole("complementary").getByText("Lunch at one?").waitFor();
});

test("who enters without a name is put where it goes; a room's number is copied as such", async () => {
  const { context, url } = await house.browserOf();
  const page = await context.newPage();
  await page.goto(url);
  await page.getByRole("button", { name: "Enter", exact: true }).click();
  await page.getByText("Write a name first.").waitFor();
  await page.locator("input[name=name]:focus").waitFor();
  await context.close();
  await ann.page.getByRole("button", { name: "More about this room" }).click();
  await ann.page.getByRole("menuitem", { name: /settings/ }).click();
  await ann.page.getByRole("dialog").getByRole("button", { name: "Copy", exact: true }).waitFor();
  await ann.page.keyboard.press("Escape");
});

test("nothing on the pages failed", () => {
  assert.deepEqual([...ann.faults, ...ben.faults], []);
});
