/** Whatever a server sends, a client gets a frame of the right shape, nothing, or one typed error. */

import fc from "fast-check";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readBody, targetOf } from "./op.js";
import { parseServerFrame } from "./parse.js";
import { MalformedFrame } from "./shape.js";

const vectors = JSON.parse(readFileSync(new URL("../../../../tests/vectors/frames.json", import.meta.url), "utf8")) as {
  readonly server: readonly { readonly json: object }[];
  readonly op: readonly { readonly json: object }[];
};

const frames = vectors.server.map(({ json }) => JSON.stringify(json));
/** Every kind of op in a frame. */
const pages = vectors.op.map(({ json }) =>
  JSON.stringify({ t: "ops", room: "0".repeat(32), ops: [{ offset: 1, stamp: [1, 0], op: json }] }),
);
const known = fc.constantFrom(...frames, ...pages);

/** The frame, or `undefined` for an unknown or a malformed one. Anything else thrown fails the test. */
const parsed = (message: string) => {
  try {
    return parseServerFrame(message);
  } catch (error) {
    if (error instanceof MalformedFrame) return undefined;
    throw error;
  }
};

/** Parsing once is enough: what came out is read again as itself. And the ops in it can be used. */
const isSettled = (message: string): void => {
  const frame = parsed(message);
  if (frame === undefined) return;
  const text = JSON.stringify(frame); // where −0 is 0
  expect(parseServerFrame(text)).toEqual(JSON.parse(text));
  if (frame.t !== "ops") return;
  for (const { op } of frame.ops) {
    readBody(op);
    targetOf(op);
  }
};

/** Every place in a JSON value, with what stands there replaced. */
const replaceAt = (value: unknown, place: number, replacement: unknown): unknown => {
  let at = -1;
  const walk = (here: unknown): unknown => {
    at += 1;
    if (at === place) return replacement;
    if (Array.isArray(here)) return here.map(walk);
    if (typeof here !== "object" || here === null) return here;
    return Object.fromEntries(Object.entries(here).map(([name, field]) => [name, walk(field)]));
  };
  return walk(value);
};

const strange = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(null, -1, 0, 1.5, 2 ** 53, 1e300, "", "\ud800", "__proto__", [], {}, true, [[]], ["a", 1]),
);

test("any text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), isSettled));
});

test("any JSON", () => {
  fc.assert(fc.property(fc.json({ maxDepth: 4 }), isSettled));
});

test("frames with anything in any place", () => {
  fc.assert(
    fc.property(known, fc.nat({ max: 60 }), strange, (message, place, replacement) => {
      isSettled(JSON.stringify(replaceAt(JSON.parse(message), place, replacement)));
    }),
    { numRuns: 2_000 },
  );
});

test("frames with a flipped, missing or added character", () => {
  const edit = fc.tuple(fc.nat(), fc.nat({ max: 1 }), fc.string({ maxLength: 2 }));
  fc.assert(
    fc.property(known, edit, (message, [place, cut, added]) => {
      const at = place % message.length;
      isSettled(message.slice(0, at) + added + message.slice(at + cut));
    }),
    { numRuns: 2_000 },
  );
});
