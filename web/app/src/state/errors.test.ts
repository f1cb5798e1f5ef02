/** Whatever a request may be refused with has a sentence of its own; `texts.test.ts` holds both languages together. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ui } from "../i18n/en/ui";

const page = readFileSync(new URL("../../../../docs/PROTOCOL.md", import.meta.url), "utf8");

/** The codes of the table of errors. */
const codes = (page.split("\n## Errors\n")[1]?.split("\n## ")[0] ?? "")
  .split("\n")
  .flatMap((line) => /^\| `([a-z_]+)` \| .+ \| .+ \|$/.exec(line)?.[1] ?? [])
  .filter((code) => !["retry", "fix", "reconnect", "operator"].includes(code));

/** What a `void` says: why an op was refused for good. */
const voids = [...(/^\| `void` \| `code` \((.+?)\)/m.exec(page)?.[1] ?? "").matchAll(/`([a-z_]+)`/g)].map(
  ([, code]) => code ?? "",
);

test("every code of the protocol has a sentence of its own", () => {
  expect(codes.length).toBeGreaterThan(20);
  expect(voids.length).toBeGreaterThan(2);
  expect(Object.keys(ui.errors)).toEqual(expect.arrayContaining([...codes, ...voids]));
});

test("so has every refusal that the client makes by itself", () => {
  const own = ["offline", "timeout", "overloaded", "too_large", "replaced", "failed", "incompatible", "unauthorized"];
  expect(Object.keys(ui.errors)).toEqual(expect.arrayContaining(own));
});
