/** Greenroom's client: offline-first chat and calls, without a framework. */

export type * from "./api.js";
export { Cell } from "./slice.js";
export type * from "./model.js";
export type * from "./calls/api.js";
export type * from "./protocol/values.js";
export { dotKey, parseDotKey } from "./protocol/values.js";
export type { Slice } from "./slice.js";
export { isRefusal } from "./connection/refusal.js";
export { openClient } from "./client.js";
