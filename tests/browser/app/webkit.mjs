// Debian's WebKitGTK, driven by its own WebDriver on a screen that nobody sees.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Builder, Capabilities, error } from "selenium-webdriver";
import { findControl, saysText } from "./control.mjs";
import { freeTcpPort } from "../server.mjs";
import { until } from "./house.mjs";

export class WebKit {
  static async open() {
    const webkit = new WebKit();
    try {
      await webkit.#start();
    } catch (error) {
      await webkit.close();
      throw error;
    }
    return webkit;
  }

  async #start() {
    // Xvfb takes a number that is free, and tells it on descriptor 3.
    const screen = ["-displayfd", "3", "-screen", "0", "1280x800x24", "-nolisten", "tcp"];
    this.screen = spawn("Xvfb", screen, { stdio: ["ignore", "ignore", "ignore", "pipe"] });
    const display = await Promise.race([once(createInterface(this.screen.stdio[3]), "line"), failure(this.screen)]);
    const port = await freeTcpPort();
    const env = { ...process.env, DISPLAY: `:${display[0]}`, LC_ALL: "C.UTF-8" };
    this.driver = spawn("WebKitWebDriver", [`--port=${port}`], { stdio: "ignore", env });
    const url = `http://127.0.0.1:${port}`;
    const answers = () =>
      fetch(`${url}/status`).then(
        ({ ok }) => ok,
        () => false,
      );
    await Promise.race([until(answers, "WebKit's driver"), failure(this.driver)]);
    const capabilities = new Capabilities({ browserName: "MiniBrowser" });
    this.page = await new Builder().usingServer(url).withCapabilities(capabilities).build();
  }

  async close() {
    await this.page?.quit();
    this.driver?.kill();
    this.screen?.kill();
  }

  /** A control by what it says, once it can be seen. */
  control(name) {
    return until(() => this.page.executeScript(findControl, name), `a control that says ${name}`);
  }

  /** Presses a control; the one that took its place, when it went meanwhile. */
  press(name) {
    const pressed = () => true;
    const gone = (failure) => {
      if (!(failure instanceof error.StaleElementReferenceError)) throw failure;
      return false;
    };
    return until(async () => (await this.control(name)).click().then(pressed, gone), `${name} to be pressed`);
  }

  shows(text) {
    return until(() => this.page.executeScript(saysText, text), `“${text}” in WebKit`);
  }
}

/** Rejects when a process cannot be started, or ends. */
async function failure(process) {
  const [code] = await once(process, "exit");
  throw new Error(`${process.spawnfile} ended with ${code}`);
}
