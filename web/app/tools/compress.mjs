// Puts a `.br` and a `.gz` beside each file of `dist` that text compression makes smaller: the server sends what is here
// and compresses nothing itself.

import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import zopfli from "@gfx/zopfli";

const DIST = join(import.meta.dirname, "../dist");
const TEXT = new Set([".css", ".html", ".js", ".json", ".mjs", ".svg", ".txt", ".webmanifest"]);
/** A smaller file fits into one packet either way. */
const COMPRESSED_FROM_BYTES = 1024;
/** More gain next to nothing. */
const ZOPFLI_ITERATIONS = 5;

const brotli = (bytes) =>
  brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
/** gzip is what browsers take over plain HTTP: Zopfli makes the same format a few per cent smaller. */
const gzip = (bytes) => zopfli.gzipAsync(bytes, { numiterations: ZOPFLI_ITERATIONS });

for (const name of readdirSync(DIST, { recursive: true })) {
  const path = join(DIST, name);
  if (!TEXT.has(extname(name)) || !statSync(path).isFile()) continue;
  const bytes = readFileSync(path);
  if (bytes.length <= COMPRESSED_FROM_BYTES) continue;
  for (const [ending, compress] of [
    [".br", brotli],
    [".gz", gzip],
  ]) {
    const compressed = await compress(bytes);
    if (compressed.length < bytes.length) writeFileSync(path + ending, compressed);
  }
}
