// Pictures of the main screens, for people to look at and tests to compare: docs/screens/.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pixelmatch from "pixelmatch";
import { PNG } from "pngjs";

const FOLDER = join(import.meta.dirname, "../../../docs/screens");
const FRESH = join(import.meta.dirname, "../../../target/screens");
/** Fonts differ from machine to machine, and times of day from run to run: what counts is that nothing moved or vanished. */
const DIFFERENT_MAX = 0.06;

/**
 * Takes a picture and compares it with the one that is kept. `GREENROOM_SCREENS=write` keeps it instead. What was taken
 * is in target/screens/ in any case. Resolves to the part of the pixels that differs, or an error in words.
 */
export async function compareScreen(page, name, differentMax = DIFFERENT_MAX) {
  mkdirSync(FRESH, { recursive: true });
  const taken = await page.screenshot({ path: join(FRESH, `${name}.png`), animations: "disabled", caret: "hide" });
  const kept = join(FOLDER, `${name}.png`);
  if (process.env.GREENROOM_SCREENS === "write") {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(kept, taken);
    return { fine: true, different: 0 };
  }
  if (!existsSync(kept)) return { fine: false, different: 1, why: `docs/screens/${name}.png is missing` };
  const [one, other] = [PNG.sync.read(taken), PNG.sync.read(readFileSync(kept))];
  if (one.width !== other.width || one.height !== other.height) return { fine: false, different: 1, why: "another size" };
  const count = pixelmatch(one.data, other.data, undefined, one.width, one.height, { threshold: 0.2 });
  const different = count / (one.width * one.height);
  return { fine: different <= differentMax, different, why: `${(different * 100).toFixed(1)} % of the pixels differ` };
}
