import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { PAGE_OPS_MAX, PAUSE_MS_MAX, SERVER_MESSAGE_CHARS_MAX } from "./limits.js";
import { parseServerFrame } from "./parse.js";
import { readOp } from "./parse-op.js";
import { MalformedFrame } from "./shape.js";

interface Vector {
  readonly name: string;
  readonly json: Record<string, unknown>;
}
interface Vectors {
  readonly client: readonly Vector[];
  readonly server: readonly Vector[];
  readonly op: readonly Vector[];
  readonly same: readonly {
    readonly side: string;
    readonly name: string;
    readonly said: object;
    readonly means: object;
  }[];
}

const vectors = JSON.parse(
  readFileSync(new URL("../../../../tests/vectors/frames.json", import.meta.url), "utf8"),
) as Vectors;
const ROOM = "6f1d7c0a5b2e4f3890aabbccddeeff01";
const parse = (value: unknown) => parseServerFrame(JSON.stringify(value));
const entry = (op: object) => ({ offset: 1, stamp: [1, 0], op });
const head = { dot: ["a1a1a1a1a1a1a1a1", 1], hlc: [1, 0], author: "ann" };

describe("the server's frames", () => {
  test.each(vectors.server)("$name", ({ json }) => {
    expect(parse(json)).toEqual(json);
  });

  test("an unread count that is left out is 0", () => {
    const room = { ...vectors.server.find(({ name }) => name === "opened")?.json };
    delete room["unread"];
    expect(parse(room)).toEqual({ ...room, unread: 0 });
  });

  test("names that a later version may add count as the nearest known one", () => {
    const track = { track: 1, source: "camera", muted: false };
    const person = { participant: 1, user: "ann", name: "Ann", hand: false, state: "levitating" };
    expect(
      parse({ t: "members", id: 1, room: ROOM, members: [{ user: "ann", name: "", role: "admin", status: "busy" }] }),
    ).toMatchObject({ members: [{ role: "guest", status: "online" }] });
    expect(parse({ t: "error", code: "rate_limited", advice: "pray", message: "" })).toMatchObject({ advice: "retry" });
    expect(parse({ t: "error", code: "toString", advice: "pray", message: "" })).toMatchObject({ advice: "fix" });
    expect(
      parse({
        t: "call.changed",
        room: ROOM,
        call: ROOM,
        joined: [{ ...person, tracks: [{ ...track, source: "smell" }, track] }],
        left: [{ participant: 2, reason: "bored" }],
      }),
    ).toMatchObject({ joined: [{ state: "connected", tracks: [track] }], left: [{ reason: "left" }] });
    expect(
      parse({ t: "call.slots", room: ROOM, slots: [{ mid: "2", state: "live", reason: "weather" }] }),
    ).toMatchObject({ slots: [{ mid: "2", state: "live" }] });
    expect(parse({ t: "call.ended", room: ROOM, call: ROOM, reason: "boredom" })).toMatchObject({ reason: "failed" });
  });

  test.each(["teleport", "constructor", "__proto__", ""])("a frame of type %j is ignored", (t) => {
    expect(parse({ t, room: 7 })).toBeUndefined();
  });

  test.each([
    ["nothing", ""],
    ["no JSON", '{"t":"beat"'],
    ["two frames", '{"t":"beat"}{"t":"beat"}'],
    ["a list", "[]"],
    ["null", "null"],
    ["no type", '{"id":3}'],
    ["a type that is no text", '{"t":3}'],
    ["a negative id", '{"t":"ok","id":-1}'],
    ["an id beyond 2^53-1", '{"t":"ok","id":9007199254740992}'],
    ["a missing field", '{"t":"ok"}'],
    ["an id in capitals", `{"t":"closed","room":"${ROOM.toUpperCase()}","code":"forbidden","advice":"fix"}`],
    ["a user id with a line feed after it", `{"t":"typing","room":"${ROOM}","on":["ann\\n"]}`],
    ["offset 0", `{"t":"ops","room":"${ROOM}","ops":[{"offset":0,"stamp":[1,0],"op":${JSON.stringify(head)}}]}`],
    ["a slot without a line", `{"t":"call.slots","room":"${ROOM}","slots":[{"state":"live"}]}`],
    ["a speaker that is no number", `{"t":"call.speakers","room":"${ROOM}","speakers":["x"]}`],
    ["a mute by nobody", `{"t":"call.muted","room":"${ROOM}","track":1}`],
    ["a call without a secret", `{"t":"call.joined","id":1,"room":"${ROOM}","call":"${ROOM}","participant":1}`],
    ["a map for a list", `{"t":"ops","room":"${ROOM}","ops":{}}`],
  ])("%s is refused", (_, message) => {
    expect(() => parseServerFrame(message)).toThrow(MalformedFrame);
  });

  test("an error says where, and never what", () => {
    const frame = { t: "ops", room: ROOM, ops: [entry({ ...head, kind: "post", hlc: ["secret", 0] })] };
    expect(() => parse(frame)).toThrow("the server's frame is malformed at ops[0].op.hlc");
  });

  test("a pause that the server asks for is bounded by what timers take", () => {
    const refusal = { t: "error", code: "overloaded", advice: "retry", message: "later" };
    expect(parse({ ...refusal, retry_after_ms: 2 ** 40 })).toEqual({ ...refusal, retry_after_ms: PAUSE_MS_MAX });
    expect(parse({ ...refusal, retry_after_ms: 250 })).toEqual({ ...refusal, retry_after_ms: 250 });
    const drain = { t: "drain", reason: "shutdown" };
    expect(parse({ ...drain, reconnect_ms: 2 ** 40 })).toEqual({ ...drain, reconnect_ms: PAUSE_MS_MAX });
  });

  test("nesting, lengths and lists are bounded", () => {
    const deep = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
    const ops = (field: string) =>
      `{"t":"ops","room":"${ROOM}","ops":[{"offset":1,"stamp":[1,0],"op":{"dot":["a1a1a1a1a1a1a1a1",1],"hlc":[1,0],"kind":"x","f":${field}}}]}`;
    expect(parseServerFrame(ops(deep(32)))).toBeDefined();
    expect(() => parseServerFrame(ops(deep(34)))).toThrow(MalformedFrame);
    expect(() => parseServerFrame(ops(deep(200_000)))).toThrow(MalformedFrame);
    expect(parseServerFrame(`{"t":"beat","later":${deep(200_000)}}`)).toEqual({ t: "beat" });
    const full = Array.from({ length: PAGE_OPS_MAX + 1 }, () => entry({ ...head, kind: "x" }));
    expect(() => parse({ t: "ops", room: ROOM, ops: full })).toThrow(MalformedFrame);
    expect(parse({ t: "ops", room: ROOM, ops: full.slice(1) })).toBeDefined();
    expect(() => parseServerFrame(" ".repeat(SERVER_MESSAGE_CHARS_MAX + 1))).toThrow(MalformedFrame);
  });
});

describe("ops", () => {
  test.each(vectors.op)("$name", ({ json }) => {
    expect(readOp(json, "op")).toEqual(json);
  });

  test.each(vectors.same.filter(({ side }) => side !== "client"))("$name", ({ side, said, means }) => {
    expect(side === "op" ? readOp(said, "op") : parse(said)).toEqual(means);
  });

  test("a purged message keeps its header alone", () => {
    const header = { ...head, kind: "post", thread: ["b2b2b2b2b2b2b2b2", 1], purged: true };
    expect(readOp({ ...header, text: "left over", cipher: {} }, "op")).toEqual(header);
  });

  test("a field called __proto__ stays a field", () => {
    const op = readOp(
      JSON.parse('{"dot":["a1a1a1a1a1a1a1a1",1],"hlc":[1,0],"kind":"x","__proto__":{"author":"eve"}}'),
      "op",
    );
    expect(op.author).toBeUndefined();
    expect(Object.keys(op)).toContain("__proto__");
  });
});
