/** Greenroom's client: offline-first chat and calls, without a framework. */

export type * from "./api.js";
export { folded } from "./folded.js";
export { Cell } from "./slice.js";
export type * from "./model.js";
export type * from "./calls/api.js";
export type * from "./protocol/values.js";
export { GUEST_NAME_CHARS_MAX, INVITE_S_MAX, MENTIONS_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX } from "./protocol/limits.js";
export { utf8Length } from "./protocol/text.js";
export { dotKey, parseDotKey } from "./protocol/values.js";
export type { Slice } from "./slice.js";
export { isRefusal } from "./connection/refusal.js";
export { openClient } from "./client.js";
export { loadMemory } from "./store/database.js";
