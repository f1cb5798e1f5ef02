import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");
/** Attributes that people read or hear. */
const SAID = new Set(["aria-label", "aria-description", "alt", "label", "placeholder", "title", "text", "hint"]);
const WORD = /\p{L}{2,}/u;

/** Words between tags or in attributes that people read, which no translation can reach. */
function hardCoded(file: string, source: string): string[] {
  const found: string[] = [];
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node) && WORD.test(node.text)) found.push(`${file}: ${node.text.trim()}`);
    if (ts.isJsxAttribute(node) && SAID.has(node.name.getText()) && node.initializer !== undefined) {
      const { initializer } = node;
      if (ts.isStringLiteral(initializer) && WORD.test(initializer.text)) found.push(`${file}: ${initializer.text}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

test("every visible text goes through translation", () => {
  const files = readdirSync(ROOT, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".tsx") && !file.endsWith(".test.tsx"),
  );
  expect(files.length).toBeGreaterThan(20);
  expect(files.flatMap((file) => hardCoded(file, readFileSync(join(ROOT, file), "utf8")))).toEqual([]);
});

test("texts that are not translated are found", () => {
  const source = `const a = <p title="Hello you">{t("x")} and more <b aria-label={t("y")} className="red">7</b></p>;`;
  expect(hardCoded("a.tsx", source)).toEqual(["a.tsx: Hello you", "a.tsx: and more"]);
});
