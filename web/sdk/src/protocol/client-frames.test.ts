/** Every client vector is a value of `ClientFrame`: asked of the compiler, since types are gone when tests run. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

interface Vectors {
  readonly client: readonly { readonly name: string; readonly json: unknown }[];
}

const vectors = JSON.parse(
  readFileSync(new URL("../../../../tests/vectors/frames.json", import.meta.url), "utf8"),
) as Vectors;

const PROBE = fileURLToPath(new URL("probe.ts", import.meta.url));
const HEAD = `
import type { ClientFrame } from "./client-frames.js";
import type { CallId, DeviceId, Epoch, InviteId, ReplicaId, RoomId, UserId } from "./values.js";
type Id = CallId | DeviceId | Epoch | InviteId | ReplicaId | RoomId | UserId;
/** Without brands, which only a check gives. */
type Plain<T> = T extends Id ? string : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
const frames: readonly Plain<ClientFrame>[] = [
`;

/** What the compiler says of the frames, each on a line of its own. */
const complaintsAbout = (frames: readonly unknown[]): readonly string[] => {
  const text = `${HEAD}${frames.map((frame) => JSON.stringify(frame)).join(",\n")}];\nexport { frames };`;
  const options: ts.CompilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    types: [],
    skipLibCheck: true,
  };
  const host = ts.createCompilerHost(options);
  const read = host.readFile.bind(host);
  const exists = host.fileExists.bind(host);
  host.readFile = (path) => (path === PROBE ? text : read(path));
  host.fileExists = (path) => path === PROBE || exists(path);
  const source = host.getSourceFile.bind(host);
  host.getSourceFile = (path, version) =>
    path === PROBE ? ts.createSourceFile(path, text, version) : source(path, version);
  const program = ts.createProgram([PROBE], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText, start, file }) => {
    const line = file?.getLineAndCharacterOfPosition(start ?? 0).line ?? 0;
    return `${text.split("\n")[line]?.slice(0, 60)}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
  });
};

test("every client vector is of the type", { timeout: 60_000 }, () => {
  expect(vectors.client.length).toBeGreaterThan(30);
  expect(complaintsAbout(vectors.client.map(({ json }) => json))).toEqual([]);
  const wrong = { t: "history", id: 1, room: "x", before: "1", limit: 1 };
  expect(complaintsAbout([wrong])).toHaveLength(1);
});
