/** The golden vectors of tests/vectors, shared with the server and every other client. */

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readOp } from "../protocol/parse-op.js";
import type { Hlc, Stamp } from "../protocol/values.js";
import { canonicalOp } from "./canonical.js";
import { canonicalState, digest } from "./digest.js";
import { effective, receive, tick } from "./hlc.js";
import { State } from "./state.js";

interface Case {
  readonly name: string;
}
interface Pair {
  readonly op: unknown;
  readonly stamp: Stamp;
}

const load = <T extends Case>(name: string): readonly T[] =>
  JSON.parse(readFileSync(new URL(`../../../../tests/vectors/${name}.json`, import.meta.url), "utf8")) as readonly T[];

const stateOf = (pairs: readonly Pair[]): State => {
  const state = new State();
  for (const { op, stamp } of pairs) state.apply(readOp(op, "op"), stamp);
  return state;
};

describe("digest.json", () => {
  test.each(
    load<Case & { readonly entries: readonly Pair[]; readonly canonical: string; readonly digest: string }>("digest"),
  )("$name", ({ entries, canonical, digest: expected }) => {
    for (const order of [entries, [...entries].reverse(), [...entries, ...entries]]) {
      expect(bytesToHex(canonicalState(stateOf(order)))).toBe(canonical);
      expect(digest(stateOf(order))).toBe(expected);
    }
  });
});

describe("merge.json", () => {
  test.each(
    load<Case & { readonly sites: readonly (readonly Pair[])[]; readonly digests: string[]; readonly merged: string }>(
      "merge",
    ),
  )("$name", ({ sites, digests, merged }) => {
    const states = sites.map(stateOf);
    expect(states.map(digest)).toEqual(digests);
    for (const order of [states, [...states].reverse()]) {
      const all = new State();
      for (const state of [...order, ...order]) all.merge(state);
      expect(digest(all)).toBe(merged);
    }
  });
});

describe("fingerprint.json", () => {
  test.each(
    load<Case & { readonly op: unknown; readonly canonical: string; readonly fingerprint: string }>("fingerprint"),
  )("$name", ({ op, canonical, fingerprint }) => {
    const bytes = canonicalOp(readOp(op, "op"));
    expect(bytesToHex(bytes)).toBe(canonical);
    expect(bytesToHex(sha256(bytes).subarray(0, 16))).toBe(fingerprint);
  });
});

interface ClockCase extends Case {
  readonly do: "tick" | "receive" | "effective";
  readonly clock: Hlc;
  readonly now_ms: number;
  readonly stamp: Stamp;
  readonly result: Hlc;
}

describe("hlc.json", () => {
  test.each(load<ClockCase>("hlc"))("$do: $name", (vector) => {
    const { clock, now_ms: nowMs, stamp } = vector;
    const results = {
      tick: () => tick(clock, nowMs),
      receive: () => receive(clock, stamp, nowMs),
      effective: () => effective(clock, stamp),
    };
    expect(results[vector.do]()).toEqual(vector.result);
  });
});
