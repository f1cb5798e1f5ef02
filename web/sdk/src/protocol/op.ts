/** Ops: the immutable facts a room is made of. docs/PROTOCOL.md, "Ops". */

import { isDot, isHlc, isInteger, isUser, readRole } from "./check.js";
import type { Dot, Hlc, Role, Stamp, Standing, UserId, Visibility } from "./values.js";

/** An op as it is on the wire and in the store: a flat map, fields of later versions kept. */
export interface WireOp {
  readonly dot: Dot;
  /** When its author wrote it, by the author's clock. */
  readonly hlc: Hlc;
  /** Filled in by the server that accepts the op; only a `purge` has none. */
  readonly author?: UserId;
  readonly kind: string;
  readonly [field: string]: unknown;
}

/** An accepted op with its place in the timeline. */
export interface Stamped {
  readonly op: WireOp;
  readonly stamp: Stamp;
}

/** An entry of a room's log. */
export interface Entry extends Stamped {
  /** Place in this node's log: 1, 2, 3 … */
  readonly offset: number;
}

/** What a post or an edit says. Fields of later versions are read with `otherFields`. */
export interface Content {
  readonly text: string;
  readonly mentions: readonly UserId[];
}

/** Why an op was refused for good. */
export type VoidCode = "forbidden" | "too_large" | "invalid";

/** What an op says, read by {@link readBody}. `content` is absent once purged or deleted. */
export type Body =
  | { readonly kind: "post"; readonly thread: Dot | undefined; readonly content: Content | undefined }
  | { readonly kind: "edit"; readonly target: Dot; readonly content: Content | undefined }
  | { readonly kind: "delete"; readonly target: Dot }
  | { readonly kind: "reaction"; readonly target: Dot; readonly emoji: string; readonly on: boolean }
  | { readonly kind: "pin"; readonly target: Dot; readonly on: boolean }
  | { readonly kind: "topic"; readonly text: string }
  | {
      readonly kind: "member";
      readonly user: UserId;
      readonly name: string;
      readonly standing: Standing;
      readonly role: Role;
    }
  | {
      readonly kind: "room";
      readonly name: string;
      readonly visibility: Visibility;
      /** Absent: kept for ever. */
      readonly retentionDays: number | undefined;
    }
  | { readonly kind: "purge"; readonly upTo: Stamp }
  | { readonly kind: "void"; readonly code: VoidCode }
  /** A kind without effect on the state: of a later version, `call`, or a known one whose fields do not fit it. */
  | { readonly kind: "other" };

/** The message an op is about: what it edits, deletes, reacts to or pins. A post in a thread is not about its root. */
export const targetOf = (op: WireOp): Dot | undefined => {
  switch (op.kind) {
    case "edit":
    case "delete":
    case "reaction":
    case "pin":
      return isDot(op["target"]) ? op["target"] : undefined;
    default:
      return undefined;
  }
};

/** What an op says. Fields that do not fit the kind make it `other`: kept, without effect. */
export const readBody = (op: WireOp): Body => {
  switch (op.kind) {
    case "post":
    case "edit":
      return readMessage(op, op.kind);
    case "delete":
    case "reaction":
    case "pin":
      return readMark(op, op.kind);
    case "topic":
      return typeof op["text"] === "string" ? { kind: "topic", text: op["text"] } : OTHER;
    case "member":
      return readMember(op);
    case "room":
      return readRoom(op);
    case "purge":
      return isHlc(op["up_to"]) ? { kind: "purge", upTo: op["up_to"] } : OTHER;
    case "void":
      return isOneOf(VOID_CODES, op["code"]) ? { kind: "void", code: op["code"] } : OTHER;
    default:
      return OTHER;
  }
};

/** The fields of an op that this version does not name: those of posts and edits belong to their content. */
export const otherFields = (op: WireOp): readonly (readonly [name: string, value: unknown])[] => {
  const kind = readBody(op).kind;
  if ((kind === "post" || kind === "edit") && op["purged"] === true) return [];
  const known = NAMED[kind];
  return Object.entries(op).filter(([name]) => !HEAD.has(name) && !known.has(name));
};

const OTHER: Body = { kind: "other" };
const VOID_CODES = ["forbidden", "too_large", "invalid"] as const;
const STANDINGS = ["joined", "left", "kicked", "banned"] as const;
const VISIBILITIES = ["public", "private", "direct"] as const;
const RETENTION_DAYS_MAX = 2 ** 32 - 1;

const HEAD: ReadonlySet<string> = new Set(["dot", "hlc", "author", "kind"]);
const NAMED: Readonly<Record<Body["kind"], ReadonlySet<string>>> = {
  post: new Set(["thread", "text", "mentions", "purged"]),
  edit: new Set(["target", "text", "mentions", "purged"]),
  delete: new Set(["target"]),
  reaction: new Set(["target", "emoji", "on"]),
  pin: new Set(["target", "on"]),
  topic: new Set(["text"]),
  member: new Set(["user", "name", "standing", "role"]),
  room: new Set(["name", "visibility", "retention_days"]),
  purge: new Set(["up_to"]),
  void: new Set(["code"]),
  other: new Set(),
};

const isOneOf = <T extends string>(names: readonly T[], value: unknown): value is T => names.includes(value as T);

const readMessage = (op: WireOp, kind: "post" | "edit"): Body => {
  const content = readContent(op);
  if (content === "unfit") return OTHER;
  if (kind === "edit") {
    return isDot(op["target"]) ? { kind, target: op["target"], content } : OTHER;
  }
  const thread = op["thread"] ?? undefined;
  return thread === undefined || isDot(thread) ? { kind, thread, content } : OTHER;
};

const readContent = (op: WireOp): Content | undefined | "unfit" => {
  if (op["purged"] === true) return undefined;
  const { text } = op;
  const mentions = op["mentions"] ?? [];
  if (typeof text !== "string" || !Array.isArray(mentions) || !mentions.every(isUser)) return "unfit";
  return { text, mentions };
};

const readMark = (op: WireOp, kind: "delete" | "reaction" | "pin"): Body => {
  const { target, on, emoji } = op;
  if (!isDot(target)) return OTHER;
  if (kind === "delete") return { kind, target };
  if (typeof on !== "boolean") return OTHER;
  if (kind === "pin") return { kind, target, on };
  return typeof emoji === "string" ? { kind, target, emoji, on } : OTHER;
};

const readMember = (op: WireOp): Body => {
  const { user, name, standing, role } = op;
  if (!isUser(user) || typeof name !== "string" || !isOneOf(STANDINGS, standing) || typeof role !== "string") {
    return OTHER;
  }
  return { kind: "member", user, name, standing, role: readRole(role) };
};

const readRoom = (op: WireOp): Body => {
  const { name, visibility } = op;
  const retentionDays = op["retention_days"] ?? undefined;
  if (typeof name !== "string" || !isOneOf(VISIBILITIES, visibility)) return OTHER;
  if (retentionDays !== undefined && !isInteger(retentionDays, 0, RETENTION_DAYS_MAX)) return OTHER;
  return { kind: "room", name, visibility, retentionDays };
};
