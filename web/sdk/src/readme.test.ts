/** The examples of README.md compile, each as a module of its own. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const examples = [...readme.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code]) => code ?? "");

/** What the page assumes where an example does not make its own. */
const ASSUMED = `
declare global {
  const client: import("@greenroom/client").Client;
  const room: import("@greenroom/client").RoomHandle;
}
export {};
`;

const at = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  target: ts.ScriptTarget.ES2023,
  lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  customConditions: ["development"],
  types: ["node"],
  paths: { "@greenroom/client": [at("index.ts")] },
  skipLibCheck: true,
};

/** Compiles texts as if they were files of this folder, and says what the compiler said. */
const compile = (files: ReadonlyMap<string, string>): readonly string[] => {
  const host = ts.createCompilerHost(OPTIONS);
  const [exists, source] = [host.fileExists.bind(host), host.getSourceFile.bind(host)];
  host.fileExists = (path) => files.has(path) || exists(path);
  host.getSourceFile = (path, version) => {
    const text = files.get(path);
    return text === undefined ? source(path, version) : ts.createSourceFile(path, text, version);
  };
  const program = ts.createProgram([...files.keys()], OPTIONS, host);
  return [...files.keys()].flatMap((path) =>
    ts.getPreEmitDiagnostics(program, program.getSourceFile(path)).map(({ start, messageText }) => {
      const line = files.get(path)?.slice(0, start).split("\n").length ?? 0;
      return `${path.split("/").at(-1)}:${line}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
    }),
  );
};

test("every example compiles", { timeout: 60_000 }, () => {
  expect(examples.length).toBeGreaterThan(8);
  const files = new Map([[at("assumed.ts"), ASSUMED]]);
  examples.forEach((code, index) => files.set(at(`example-${index + 1}.ts`), `${code}\nexport {};\n`));
  expect(compile(files)).toEqual([]);
  files.set(at("example-0.ts"), "room.shout();\nexport {};\n");
  expect(compile(files)).toHaveLength(1);
});
