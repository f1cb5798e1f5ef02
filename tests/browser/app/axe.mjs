// axe-core on what a page shows now.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const SOURCE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/**
 * What axe finds wrong with the page, a line each; nothing when all is well. `within`: a selector of what is modal, when
 * the rest of the page is hidden meanwhile and rules about whole pages do not apply.
 */
export async function violations(page, within) {
  // Evaluated by the debugger, which the page's policy does not bind.
  await page.evaluate(`${SOURCE}; undefined`);
  const run = ({ values, within }) => window.axe.run(within ?? document, { runOnly: { type: "tag", values } });
  const { violations } = await page.evaluate(run, { values: within ? RULES.slice(0, -1) : RULES, within });
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html.slice(0, 200)).slice(0, 3).join(" | ")}`);
}
