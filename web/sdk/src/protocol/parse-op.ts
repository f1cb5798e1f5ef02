/** Reading ops and entries. Heads are checked; what a kind says is read where it is used (`readBody`). */

import { isDot, isHlc, isInteger, isUser } from "./check.js";
import { FIELD_DEPTH_MAX, KIND_BYTES_MAX } from "./limits.js";
import type { Entry, WireOp } from "./op.js";
import { is, map, mapWith, MalformedFrame, text, type Read } from "./shape.js";
import { utf8Length } from "./text.js";

/**
 * An op in the one form that equal ops have: `null` and absent are the same, an empty list of mentions is none, and a
 * purged message has nothing but its header. Fields of unknown kinds, and unknown fields, stay as they came.
 */
export const readOp: Read<WireOp> = (value, where) => {
  const head = readHead(value, where);
  const op = value as Readonly<Record<string, unknown>>; // `readHead` took it for a map
  if (!nestsWithin(op, FIELD_DEPTH_MAX + 1)) throw new MalformedFrame(where);
  const isMessage = head.kind === "post" || head.kind === "edit";
  if (isSettled(op, isMessage)) return op as unknown as WireOp; // its head was read
  const fields = Object.entries(op).filter(([name, field]) =>
    isMessage && op["purged"] === true ? KEPT.has(name) && field !== null : !isAbsent(name, field, isMessage),
  );
  // Own properties whatever they are called, `__proto__` too.
  return Object.fromEntries(fields) as unknown as WireOp;
};

/** An entry of a log. */
export const readEntry: Read<Entry> = map({
  offset: is((value): value is number => isInteger(value, 1)),
  stamp: is(isHlc),
  op: readOp,
});

const readHead = mapWith(
  {
    dot: is(isDot),
    hlc: is(isHlc),
    kind: (value, where) => {
      const kind = text(value, where);
      if (kind === "" || utf8Length(kind) > KIND_BYTES_MAX) throw new MalformedFrame(where);
      return kind;
    },
  },
  { author: is(isUser) },
);

/** What is left of a purged message. */
const KEPT: ReadonlySet<string> = new Set(["dot", "hlc", "author", "kind", "thread", "target", "purged"]);
const OPTIONAL: ReadonlySet<string> = new Set(["thread", "mentions", "purged"]);

/** Whether an op is in that form already, as nearly all are. */
const isSettled = (op: Readonly<Record<string, unknown>>, isMessage: boolean): boolean =>
  !isAbsent("author", op["author"], isMessage) &&
  (!isMessage || (op["purged"] === undefined && ![...OPTIONAL].some((name) => isAbsent(name, op[name], isMessage))));

const isAbsent = (name: string, field: unknown, isMessage: boolean): boolean => {
  if (name === "author") return field === null;
  if (!isMessage || !OPTIONAL.has(name)) return false;
  return field === null || field === false || (name === "mentions" && Array.isArray(field) && field.length === 0);
};

/** Whether lists and maps nest at most so deep, this one included. */
const nestsWithin = (value: unknown, depthMax: number): boolean => {
  if (typeof value !== "object" || value === null) return true;
  if (depthMax === 0) return false;
  return Object.values(value).every((field) => nestsWithin(field, depthMax - 1));
};
