/** Writes into the service worker what the build consists of. */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

const WORKER = "sw.js";
const PLACE = /(["'`])__GREENROOM_BUILD__\1/;

export function precache(): Plugin {
  let folder = "";
  return {
    name: "greenroom-precache",
    apply: "build",
    // The page is written late.
    enforce: "post",
    configResolved: (config) => void (folder = config.publicDir),
    generateBundle(_, bundle) {
      const worker = bundle[WORKER];
      if (worker?.type !== "chunk") throw new Error(`there is no ${WORKER} in the build`);
      if (worker.imports.length > 0)
        throw new Error(`${WORKER} must stand alone, but imports ${worker.imports.join()}`);
      const built = Object.keys(bundle).filter((name) => name !== WORKER && !name.endsWith(".map"));
      if (!built.includes("index.html")) throw new Error("there is no page in the build");
      const given = readdirSync(folder);
      const hash = createHash("sha256").update(worker.code);
      for (const name of built.toSorted()) hash.update(name).update(contentOf(bundle[name]));
      for (const name of given.toSorted()) hash.update(name).update(readFileSync(join(folder, name)));
      const files = [...built, ...given].map((name) => (name === "index.html" ? "/" : `/${name}`));
      const build = JSON.stringify({ name: hash.digest("hex").slice(0, 16), files: files.toSorted() });
      if (!PLACE.test(worker.code)) throw new Error(`${WORKER} has no place for the build`);
      worker.code = worker.code.replace(PLACE, () => JSON.stringify(build));
    },
  };
}

/** The text or bytes of a file of the build. */
function contentOf(
  file: { readonly code?: string; readonly source?: string | Uint8Array } | undefined,
): string | Uint8Array {
  return file?.code ?? file?.source ?? "";
}
