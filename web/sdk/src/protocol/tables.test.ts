/** The tables of codes agree with docs/PROTOCOL.md. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { afterClose, type AfterClose } from "./close.js";
import { ADVICE, adviceFor } from "./errors.js";

const page = readFileSync(new URL("../../../../docs/PROTOCOL.md", import.meta.url), "utf8");

/** The rows of the tables in a section, as cells. */
const rowsOf = (title: string): readonly (readonly string[])[] => {
  const section = page.split(`\n## ${title}\n`)[1]?.split("\n## ")[0] ?? "";
  return section
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) => line.split("|").map((cell) => cell.trim()));
};

test("every error code has the advice that the page gives first", () => {
  const rows = rowsOf("Errors").filter((cells) => cells.length === 5 && cells[1]?.startsWith("`"));
  expect(rows.length).toBeGreaterThan(20);
  const told = rows.map(([, code, , advice]) => [code?.replaceAll("`", ""), advice?.match(/[a-z]+/)?.[0]]);
  expect(Object.entries(ADVICE).sort()).toEqual(told.sort());
  expect(adviceFor("hasOwnProperty")).toBe("fix");
});

test("every close code does what the page says", () => {
  const answers: Readonly<Record<AfterClose["next"], RegExp>> = {
    backoff: /^yes, with back-off/,
    "at-once": /^yes, at once/,
    drain: /^yes, after a random part of/,
    later: /^yes, after 30 s or more/,
    once: /^once, with back-off/,
    split: /^yes, but do not send that again/,
    "new-token": /^yes, with a new token/,
    stop: /^(no|only with another token)/,
  };
  const rows = rowsOf("Close codes").filter((cells) => /^[0-9]{4}$/.test(cells[1] ?? ""));
  expect(rows.length).toBeGreaterThan(12);
  for (const [, code, , answer] of rows) expect(answer).toMatch(answers[afterClose(Number(code)).next]);
  expect(afterClose(4999)).toEqual(afterClose(1011));
});
