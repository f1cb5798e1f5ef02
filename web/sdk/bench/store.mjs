// What the local store does in Chromium: `node web/sdk/bench/store.mjs [messages] [batch]` after `npm ci` here and in
// tests/browser. Prints milliseconds and rates; asserts nothing.

import { createServer } from "node:http";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const { chromium } = createRequire(new URL("../../../tests/browser/", import.meta.url))("playwright-core");
const MESSAGES = Number(process.argv[2] ?? 100_000);

const bundled = await build({
  configFile: false,
  logLevel: "error",
  resolve: { conditions: ["development", "module", "browser"] },
  build: {
    write: false,
    minify: false,
    modulePreload: false,
    lib: { entry: fileURLToPath(new URL("page.mjs", import.meta.url)), formats: ["es"], fileName: () => "page.js" },
  },
});
const files = new Map([bundled].flat().flatMap(({ output }) => output.map((file) => [`/${file.fileName}`, file.code])));

if (process.env.DEBUG) console.log([...files.keys()]);
const server = createServer((request, response) => {
  const code = files.get((request.url ?? "").split("?")[0]);
  response.setHeader("content-type", code === undefined ? "text/html" : "text/javascript");
  response.end(code ?? "<!doctype html><title>store</title>");
}).listen(0, "127.0.0.1");
await new Promise((resolve) => server.once("listening", resolve));

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
try {
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error(error));
  await page.goto(`http://127.0.0.1:${server.address().port}/?batch=${process.argv[3] ?? 256}`);
  await page.addScriptTag({ type: "module", content: 'import * as bench from "/page.js"; window.bench = bench;' });
  await page.waitForFunction(() => "bench" in window);
  console.log(await page.evaluate((messages) => window.bench.fill(messages), MESSAGES));
  await page.reload();
  await page.addScriptTag({ type: "module", content: 'import * as bench from "/page.js"; window.bench = bench;' });
  await page.waitForFunction(() => "bench" in window);
  console.log(await page.evaluate((messages) => window.bench.use(messages), MESSAGES));
} finally {
  await browser.close();
  server.close();
}
