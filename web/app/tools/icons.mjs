// Draws the app's icons from its mark: `node app/tools/icons.mjs`, by hand, when the mark changes. Needs Chromium and the
// browser tests' playwright-core.

import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";

const { chromium } = createRequire(join(import.meta.dirname, "../../../tests/browser/stage.mjs"))("playwright-core");

const GREEN = "#1b7a4d";
const door = (fill, hole) =>
  `<path d="M17 50V29a15 15 0 0 1 30 0v9a5 5 0 0 1-5 5H27z" fill="${fill}"/><circle cx="32" cy="29" r="5.5" fill="${hole}"/>`;
const svg = (content) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">${content}</svg>`;
const rounded = svg(`<rect width="64" height="64" rx="16" fill="${GREEN}"/>${door("#fff", GREEN)}`);
// Systems cut these to any shape: the mark stays within the inner 80 %.
const whole = svg(
  `<rect width="64" height="64" fill="${GREEN}"/><g transform="translate(32 32) scale(0.8) translate(-32 -33)">${door("#fff", GREEN)}</g>`,
);
// Only its outline is seen: the hole is cut out.
const outline = svg(
  `<path fill-rule="evenodd" d="M13 58V28a19 19 0 0 1 38 0v11a6 6 0 0 1-6 6H26zM32 35a7 7 0 1 0 0-14a7 7 0 0 0 0 14z" fill="#fff"/>`,
);

const ICONS = [
  ["icon-192.png", 192, rounded],
  ["icon-512.png", 512, rounded],
  ["icon-maskable-512.png", 512, whole],
  ["apple-touch-icon.png", 180, whole],
  ["icon-badge.png", 96, outline],
];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
for (const [name, side, picture] of ICONS) {
  const page = await browser.newPage({ viewport: { width: side, height: side } });
  const address = `data:image/svg+xml,${encodeURIComponent(picture)}`;
  await page.setContent(`<img src="${address}" style="position:fixed;inset:0;width:100%;height:100%">`);
  await page.locator("img").evaluate((image) => image.decode());
  writeFileSync(join(import.meta.dirname, "../public", name), await page.screenshot({ omitBackground: true }));
  await page.close();
}
await browser.close();
