/** Remembers over a reload that this page was in a call. */

import { isRoom } from "../protocol/check.js";
import type { Interrupted } from "./api.js";

/** Where a page keeps what lives as long as its tab: `sessionStorage`. */
export type TabStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** The server keeps a participant without a WebSocket so long. */
export const RESUME_MAX_MS = 20_000;
const KEY = "greenroom.call";

/** Writes it down; a storage that refuses only loses the way back. */
export function remember(storage: TabStorage | undefined, interrupted: Interrupted, nowMs: number): void {
  try {
    storage?.setItem(KEY, JSON.stringify({ ...interrupted, atMs: nowMs }));
  } catch {
    return;
  }
}

/** Takes it, once; `undefined` when there is none, or it is too old to come back. `leftMs` is how long one may. */
export function recall(
  storage: TabStorage | undefined,
  nowMs: number,
): { readonly interrupted: Interrupted; readonly leftMs: number } | undefined {
  try {
    const text = storage?.getItem(KEY);
    storage?.removeItem(KEY);
    const found = JSON.parse(text ?? "null") as Readonly<Record<string, unknown>> | null;
    const room = found?.room;
    const leftMs = Number(found?.atMs) + RESUME_MAX_MS - nowMs;
    if (found === null || !isRoom(room) || !(leftMs > 0 && leftMs <= RESUME_MAX_MS)) return undefined;
    const { microphone, muted, camera } = found;
    return {
      interrupted: { room, microphone: microphone === true, muted: muted === true, camera: camera === true },
      leftMs,
    };
  } catch {
    return undefined;
  }
}
