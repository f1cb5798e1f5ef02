/** The one binary form of ops and values that digests and ties are decided by: docs/DIGEST.md, "Writing bytes". */

import { hexToBytes } from "@noble/hashes/utils.js";
import { FIELD_DEPTH_MAX } from "../protocol/limits.js";
import { otherFields, readBody, type Body, type Content, type WireOp } from "../protocol/op.js";
import type { Dot, Hlc, Role, Standing, Visibility } from "../protocol/values.js";
import { compareText } from "./order.js";

/** The canonical bytes of an op. */
export const canonicalOp = (op: WireOp): Uint8Array => {
  const out = new Canonical();
  writeOp(out, op);
  return out.bytes();
};

const FIRST_BYTES = 512;
const HIGH_WORD = 2 ** 32;

type Named = readonly (readonly [name: string, value: unknown])[];

/** Collects canonical bytes. */
export class Canonical {
  #bytes = new Uint8Array(FIRST_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** The bytes so far. */
  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  u8(value: number): void {
    this.#grow(1);
    this.#view.setUint8(this.#length, value);
    this.#length += 1;
  }

  u32(value: number): void {
    this.#grow(4);
    this.#view.setUint32(this.#length, value);
    this.#length += 4;
  }

  /** An integer up to 2^53 − 1, in eight bytes. */
  u64(value: number): void {
    this.u32(Math.floor(value / HIGH_WORD));
    this.u32(value % HIGH_WORD);
  }

  raw(bytes: Uint8Array): void {
    this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  text(text: string): void {
    const bytes = encoder.encode(text);
    this.u32(bytes.length);
    this.raw(bytes);
  }

  option<T>(value: T | undefined, write: (value: T) => void): void {
    this.u8(value === undefined ? 0 : 1);
    if (value !== undefined) write(value);
  }

  list<T>(items: readonly T[], write: (item: T) => void): void {
    this.u32(items.length);
    for (const item of items) write(item);
  }

  dot([replica, counter]: Dot): void {
    this.raw(hexToBytes(replica));
    this.u64(counter);
  }

  /** Also a stamp. */
  hlc([ms, count]: Hlc): void {
    this.u64(ms);
    this.u32(count);
  }

  /** What a message says; `from` is the op that carries it. */
  content(content: Content, from: WireOp): void {
    this.text(content.text);
    this.list(content.mentions, (user) => this.text(user));
    this.fields(otherFields(from), 0);
  }

  settings(name: string, visibility: Visibility, retentionDays: number | undefined): void {
    this.text(name);
    this.u8(VISIBILITY[visibility]);
    this.option(retentionDays, (days) => this.u32(days));
  }

  member(name: string, standing: Standing, role: Role): void {
    this.text(name);
    this.u8(STANDING[standing]);
    this.u8(ROLE[role]);
  }

  /** A map, in the order of the names' bytes. */
  fields(fields: Named, depth: number): void {
    const sorted = [...fields].sort(([a], [b]) => compareText(a, b));
    this.list(sorted, ([name, value]) => {
      this.text(name);
      this.#value(value, depth);
    });
  }

  #value(value: unknown, depth: number): void {
    if (value === null || value === undefined) this.u8(0);
    else if (typeof value === "boolean") this.u8(value ? 2 : 1);
    else if (typeof value === "number") this.#number(value);
    else if (typeof value === "string") {
      this.u8(4);
      this.text(value);
    } else if (depth >= FIELD_DEPTH_MAX) this.u8(7);
    else if (Array.isArray(value)) {
      this.u8(5);
      this.list(value, (item) => this.#value(item, depth + 1));
    } else {
      this.u8(6);
      this.fields(Object.entries(value), depth + 1);
    }
  }

  #number(value: number): void {
    this.u8(3);
    this.#grow(8);
    this.#view.setFloat64(this.#length, value + 0); // −0 is 0
    this.#length += 8;
  }

  #grow(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

const encoder = new TextEncoder();
const VISIBILITY: Readonly<Record<Visibility, number>> = { public: 0, private: 1, direct: 2 };
const STANDING: Readonly<Record<Standing, number>> = { joined: 0, left: 1, kicked: 2, banned: 3 };
const ROLE: Readonly<Record<Role, number>> = { guest: 0, member: 1, moderator: 2, owner: 3 };
const VOID = { forbidden: 0, too_large: 1, invalid: 2 } as const;
const TAG: Readonly<Record<Body["kind"], number>> = {
  post: 1,
  edit: 2,
  delete: 3,
  reaction: 4,
  pin: 5,
  topic: 6,
  member: 7,
  room: 8,
  purge: 9,
  void: 10,
  other: 255,
};

const writeOp = (out: Canonical, op: WireOp): void => {
  out.dot(op.dot);
  out.hlc(op.hlc);
  out.option(op.author, (author) => out.text(author));
  const body = readBody(op);
  out.u8(TAG[body.kind]);
  writeBody(out, op, body);
  if (body.kind !== "post" && body.kind !== "edit") out.fields(otherFields(op), 0);
};

const writeBody = (out: Canonical, op: WireOp, body: Body): void => {
  switch (body.kind) {
    case "post":
      out.option(body.thread, (thread) => out.dot(thread));
      return out.option(body.content, (content) => out.content(content, op));
    case "edit":
      out.dot(body.target);
      return out.option(body.content, (content) => out.content(content, op));
    case "delete":
      return out.dot(body.target);
    case "reaction":
      out.dot(body.target);
      out.text(body.emoji);
      return out.u8(body.on ? 1 : 0);
    case "pin":
      out.dot(body.target);
      return out.u8(body.on ? 1 : 0);
    case "topic":
      return out.text(body.text);
    case "member":
      out.text(body.user);
      return out.member(body.name, body.standing, body.role);
    case "room":
      return out.settings(body.name, body.visibility, body.retentionDays);
    case "purge":
      return out.hlc(body.upTo);
    case "void":
      return out.u8(VOID[body.code]);
    case "other":
      return out.text(op.kind);
  }
};
