// A server, a browser and people who use the app as people do: by what they see and can name.

import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { ARGUMENTS, CHROMIUM, LAUNCH_MS } from "../stage.mjs";
import { Server } from "../server.mjs";
import { Proxy } from "./proxy.mjs";

const WAIT_MS = 90_000; // a loaded machine is slow, and that is no fault of the app

/** Where it is about noon when the tests begin: no day ends while they run. In these names, east is minus. */
const ZONE_OF_NOON = ((eastH) => `Etc/GMT${eastH > 0 ? "-" : "+"}${Math.abs(eastH)}`)(12 - new Date().getUTCHours());

export class House {
  static async open(settings = {}, options = {}) {
    const house = new House();
    house.proxies = [];
    house.others = new Map();
    house.args = [...ARGUMENTS, ...(options.args ?? [])];
    house.server = await Server.start(settings);
    house.browser = await launch(house.args);
    return house;
  }

  /** A way to the server that can be cut. Only a page that comes over it is cut off. */
  async proxy() {
    const proxy = await Proxy.to("127.0.0.1", this.server.port);
    this.proxies.push(proxy);
    return proxy;
  }

  /** A browser profile of its own. `over`: a proxy; `without`: an argument that the browser is started without. */
  async browserOf({ over, without, ...options } = {}) {
    const browser = without === undefined ? this.browser : await this.#browserWithout(without);
    const context = await browser.newContext({
      locale: "en-GB",
      timezoneId: ZONE_OF_NOON,
      viewport: { width: 1280, height: 800 },
      permissions: ["camera", "microphone", "clipboard-read", "clipboard-write"],
      ...options,
    });
    context.setDefaultTimeout(WAIT_MS);
    return { context, url: over?.url ?? this.server.url };
  }

  /** Somebody who opened the app for the first time and entered with a name. */
  async person(name, options = {}) {
    const profile = await this.browserOf(options);
    const person = await Person.arrive(profile, options.at);
    await person.enter(name, options.texts);
    return person;
  }

  /** Ann and Ben, each in a browser of their own, both in the room Bridge. */
  async pair() {
    const ann = await this.person("Ann");
    await ann.createRoom("Bridge");
    const ben = await this.person("Ben");
    await ben.join("Bridge");
    return [ann, ben];
  }

  async #browserWithout(argument) {
    if (!this.others.has(argument)) this.others.set(argument, await launch(this.args.filter((one) => one !== argument)));
    return this.others.get(argument);
  }

  async close() {
    await this.browser?.close();
    for (const browser of this.others.values()) await browser.close();
    for (const proxy of this.proxies) await proxy.close();
    await this.server?.stop();
  }
}

const launch = (args) => chromium.launch({ executablePath: CHROMIUM, headless: true, args, timeout: LAUNCH_MS });

/** What the app says in English; pass those of another language to `House.person`. */
export const ENGLISH = {
  name: "Your name",
  enter: "Enter",
  add: "New",
  create: "Create a room",
  createName: "Name",
  createSubmit: "Create room",
};

/** The same in Chinese. */
export const CHINESE = { name: "你的名字", enter: "进入", add: "新建", create: "创建房间", createName: "名称", createSubmit: "创建房间" };

/** Waits until the app says these words to somebody. */
export const says = ({ page }, words) => page.getByText(words).first().waitFor();

/** Presses the button of this name. */
export const press = ({ page }, name) => page.getByRole("button", { name, exact: typeof name === "string" }).first().click();

/** Nothing broke on the pages of these people. */
export const isWhole = (...people) => assert.deepEqual(people.flatMap(({ faults }) => faults), []);

export class Person {
  constructor({ context, url }, page) {
    Object.assign(this, { context, url, page, faults: [] });
    page.on("pageerror", (error) => this.faults.push(String(error)));
    page.on("console", (line) => {
      // A policy that was broken is a fault; a server that was killed on purpose is none.
      if (line.type() === "error" && /Content Security Policy|Trusted|Uncaught/.test(line.text())) this.faults.push(line.text());
    });
  }

  static async arrive(profile, at = "") {
    const person = new Person(profile, await profile.context.newPage());
    await person.page.goto(profile.url + at);
    return person;
  }

  /** The same browser, another tab. */
  async tab(at = "") {
    return Person.arrive(this, at);
  }

  async enter(name, texts = ENGLISH) {
    this.name = name;
    await this.page.getByLabel(texts.name).fill(name);
    await this.page.getByRole("button", { name: texts.enter, exact: true }).click();
    await this.page.getByRole("navigation").first().waitFor();
  }

  async createRoom(name, { visibility = "public", texts = ENGLISH } = {}) {
    await this.add(texts.create, texts);
    const dialog = this.page.getByRole("dialog");
    await dialog.getByLabel(texts.createName, { exact: true }).fill(name);
    if (visibility === "private") await dialog.getByRole("radio", { name: /Private/ }).check();
    await dialog.getByRole("button", { name: texts.createSubmit }).click();
    await this.inRoom(name);
    return /room\/([0-9a-f]{32})/.exec(this.page.url())[1];
  }

  /** Does something new: by its button on the first page, or in the menu beside the name of the app. */
  async add(what, texts = ENGLISH) {
    const button = this.page.getByRole("button", { name: what });
    const menu = this.page.getByRole("button", { name: texts.add, exact: true });
    await button.or(menu).first().waitFor();
    if (await button.isVisible()) return button.click();
    await menu.click();
    return this.page.getByRole("menuitem", { name: what }).click();
  }

  /** Joins a public room by name, as found in the list of rooms. */
  async join(name) {
    await this.add("Browse rooms");
    await this.page.getByRole("dialog").getByRole("button", { name: `Join ${name}` }).click();
    await this.inRoom(name);
  }

  async inRoom(name) {
    await this.page.getByRole("heading", { level: 1, name }).waitFor();
    await this.composer.waitFor();
  }

  get composer() {
    return this.page.getByRole("textbox", { name: /^(Message to|发给)/ });
  }

  get log() {
    return this.page.getByRole("log", { name: /^(Messages|消息)$/ });
  }

  async write(text) {
    await this.composer.fill(text);
    await this.composer.press("Enter");
  }

  message(text) {
    return this.log.locator("[data-key]").filter({ hasText: text });
  }

  async sees(text) {
    await this.message(text).first().waitFor();
  }

  /** Waits until one's own message is where it should be. */
  async isDelivered(text, state = "stored") {
    await this.log.locator(`[data-key][data-delivery="${state}"]`).filter({ hasText: text }).first().waitFor();
  }

  /** The texts of the messages on the page, in order. */
  texts() {
    return this.log.locator("[data-key] [data-part=text]").allInnerTexts();
  }

  /** Joins the call of the room on show, or starts it, with what the page before suggests. */
  async joinCall() {
    await this.page.getByRole("button", { name: /^(Start a call|Join the call|Join \()/ }).first().click();
    await this.page.getByRole("button", { name: /^(Join|Start) (now|the call)/ }).last().click();
    await this.page.getByRole("button", { name: /^Leave/ }).first().waitFor();
  }

  async close() {
    await this.context.close();
  }
}

/** Waits until `check` gives something true, and gives that. */
export async function until(check, what = String(check), waitMs = WAIT_MS) {
  const end = Date.now() + waitMs;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${waitMs} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}
