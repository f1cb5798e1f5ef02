/**
 * When to restart ICE, come back, or join anew: a pure machine. `step(state, input, nowMs)` gives the next state and at
 * most one piece of work; nothing is begun while a piece of work is under way. Deadlines: docs/PROTOCOL.md, "Calls".
 */

import type { CallEndReason, CallPhase } from "./api.js";
import { RESUME_MAX_MS } from "./interrupted.js";

/** Without a WebSocket for longer than this a call is given up, for its devices are open. */
export const OFFLINE_MAX_MS = 120_000;
/** An ICE restart that connects nothing in this time is followed by the next. The server waits for 12 seconds. */
export const RESTART_WAIT_MS = 4_000;
export const RESTARTS_MAX = 2;
/** Joining that connects nothing in this time is followed by a restart. */
export const CONNECT_MAX_MS = 8_000;
export const REJOINS_MAX = 6;
const REJOIN_WAIT_MAX_MS = 16_000;
/** A call that was well for so long has its rejoins again. */
export const WELL_MS = 30_000;
/** A request that is not answered in this time has failed. */
export const WORK_MAX_MS = 15_000;

export type Work =
  { readonly kind: "restart" } | { readonly kind: "resume"; readonly offer: boolean } | { readonly kind: "rejoin" };

export interface Recovery {
  /** Why the call is over; it stays so. */
  readonly ended?: CallEndReason;
  readonly online: boolean;
  /** Since when the WebSocket is gone; kept until the call was resumed. */
  readonly offlineSinceMs?: number;
  readonly media: "connecting" | "up" | "down";
  readonly wellSinceMs?: number;
  readonly needs: "nothing" | "restart" | "resume" | "resume_with_offer" | "rejoin";
  readonly working?: { readonly work: Work; readonly sinceMs: number };
  /** Not before this. */
  readonly notBeforeMs: number;
  readonly restarts: number;
  readonly rejoins: number;
}

export type Input =
  | { readonly kind: "joined" }
  | { readonly kind: "media"; readonly state: "connected" | "disconnected" | "failed" }
  | { readonly kind: "network" }
  | { readonly kind: "signalling"; readonly online: boolean }
  | { readonly kind: "done" }
  | { readonly kind: "refused"; readonly code: string; readonly retryAfterMs?: number }
  | { readonly kind: "over"; readonly reason: CallEndReason }
  | { readonly kind: "tick" };

/** What to do, and when to look again. */
export interface Step {
  readonly state: Recovery;
  readonly work?: Work;
  readonly dueMs?: number;
}

/** A call that is about to be joined. */
export const begin = (online: boolean): Recovery => ({
  online,
  media: "connecting",
  needs: "nothing",
  notBeforeMs: Number.POSITIVE_INFINITY,
  restarts: 0,
  rejoins: 0,
});

export function step(state: Recovery, input: Input, nowMs: number): Step {
  if (state.ended !== undefined) return { state };
  return decide(take(state, input, nowMs), nowMs);
}

/** What a view shows of it. `joining` lasts until media came for the first time. */
export function phaseOf(state: Recovery, wasConnected: boolean): CallPhase {
  if (state.ended !== undefined) return { phase: "ended", reason: state.ended };
  if (!wasConnected) return { phase: "joining" };
  if (state.media !== "up" || state.needs === "rejoin") return { phase: "reconnecting", lost: "media" };
  return isSignalling(state) ? { phase: "connected" } : { phase: "reconnecting", lost: "signalling" };
}

const isSignalling = (state: Recovery): boolean => state.online && state.offlineSinceMs === undefined;

function take(state: Recovery, input: Input, nowMs: number): Recovery {
  switch (input.kind) {
    case "joined":
      return {
        ...without(state, "working", "offlineSinceMs"),
        media: state.media === "up" ? "up" : "connecting",
        needs: "nothing",
        notBeforeMs: nowMs + CONNECT_MAX_MS,
        restarts: 0,
      };
    case "media":
      return media(state, input.state, nowMs);
    case "network":
      // A path that still works is tried anew too: the other one may be gone without a word.
      return state.needs === "nothing" && state.media === "up"
        ? { ...state, needs: "restart", notBeforeMs: nowMs }
        : state;
    case "signalling":
      return signalling(state, input.online, nowMs);
    case "done":
      return done(state, nowMs);
    case "refused":
      return state.working === undefined ? state : refused(state, input, nowMs);
    case "over":
      return over(state, input.reason, nowMs);
    case "tick":
      return state.working !== undefined && nowMs >= state.working.sinceMs + WORK_MAX_MS
        ? refused(state, { code: "timeout" }, nowMs)
        : state;
  }
}

function media(state: Recovery, now: "connected" | "disconnected" | "failed", nowMs: number): Recovery {
  if (now === "connected") {
    const needs = state.needs === "restart" ? "nothing" : state.needs;
    return { ...state, media: "up", wellSinceMs: nowMs, needs, restarts: 0 };
  }
  const wasWell = state.wellSinceMs !== undefined && nowMs - state.wellSinceMs >= WELL_MS;
  const rejoins = wasWell ? 0 : state.rejoins;
  const lost = { ...without(state, "wellSinceMs"), media: "down" as const, rejoins };
  if (state.needs !== "nothing") return lost;
  return { ...lost, needs: "restart", notBeforeMs: state.media === "up" ? nowMs : state.notBeforeMs };
}

function signalling(state: Recovery, online: boolean, nowMs: number): Recovery {
  if (!online) {
    // A request on the way will not be answered.
    const rejoins = state.working?.work.kind === "rejoin";
    const lost = { ...without(state, "working"), online, offlineSinceMs: state.offlineSinceMs ?? nowMs };
    return rejoins ? { ...lost, needs: "rejoin" } : lost;
  }
  if (state.offlineSinceMs === undefined || state.online) return { ...state, online };
  if (state.needs === "rejoin" || nowMs - state.offlineSinceMs > RESUME_MAX_MS) {
    return { ...state, online, needs: "rejoin", notBeforeMs: nowMs };
  }
  const needs = state.media === "up" && state.needs === "nothing" ? "resume" : "resume_with_offer";
  return { ...state, online, needs, notBeforeMs: nowMs };
}

function done(state: Recovery, nowMs: number): Recovery {
  const work = state.working?.work;
  const idle = without(state, "working");
  if (work?.kind === "restart") {
    return { ...idle, needs: state.media === "up" ? "nothing" : "restart", notBeforeMs: nowMs + RESTART_WAIT_MS };
  }
  if (work?.kind === "resume") {
    return {
      ...without(idle, "offlineSinceMs"),
      needs: state.media === "up" ? "nothing" : "restart",
      notBeforeMs: nowMs + RESTART_WAIT_MS,
    };
  }
  return idle;
}

/** Codes that no trying again mends. */
const FINAL = new Set(["forbidden", "not_a_member", "room_not_found", "token_revoked", "unauthorized"]);

function refused(
  state: Recovery,
  { code, retryAfterMs = 0 }: { readonly code: string; readonly retryAfterMs?: number },
  nowMs: number,
): Recovery {
  const idle = without(state, "working");
  const waits = (ms: number): number => nowMs + Math.max(ms, retryAfterMs);
  if (code === "offline") return { ...idle, notBeforeMs: waits(1_000) };
  switch (state.working?.work.kind) {
    case "restart":
      return code === "call_not_found"
        ? { ...idle, needs: "rejoin", notBeforeMs: nowMs }
        : { ...idle, needs: "restart", notBeforeMs: waits(RESTART_WAIT_MS) };
    case "resume":
      return code === "offer_refused" && state.needs === "resume"
        ? { ...idle, needs: "resume_with_offer", notBeforeMs: nowMs }
        : { ...idle, needs: "rejoin", notBeforeMs: waits(0) };
    case "rejoin":
    case undefined: {
      if (FINAL.has(code)) return { ...idle, ended: "revoked" };
      const pause = Math.min(REJOIN_WAIT_MAX_MS, 1_000 * 2 ** Math.max(0, state.rejoins - 1));
      return { ...idle, needs: "rejoin", notBeforeMs: waits(pause) };
    }
  }
}

function over(state: Recovery, reason: CallEndReason, nowMs: number): Recovery {
  switch (reason) {
    case "lost":
    case "failed":
      return { ...state, needs: "rejoin", media: "down", notBeforeMs: nowMs };
    case "shutdown":
      // Joined where the next connection leads; this one is about to end.
      return { ...state, needs: "rejoin", media: "down", notBeforeMs: nowMs + 1_000 };
    case "left":
    case "ended":
    case "removed":
    case "revoked":
    case "replaced":
      return { ...state, ended: reason };
  }
}

/** The next piece of work, when it is time for it. */
function decide(state: Recovery, nowMs: number): Step {
  if (state.ended !== undefined) return { state };
  if (state.working !== undefined) return { state, dueMs: state.working.sinceMs + WORK_MAX_MS };
  if (!state.online) {
    const untilMs = (state.offlineSinceMs ?? nowMs) + OFFLINE_MAX_MS;
    return nowMs >= untilMs ? { state: { ...state, ended: "lost" } } : { state, dueMs: untilMs };
  }
  if (state.media === "connecting" && state.needs === "nothing" && nowMs >= state.notBeforeMs) {
    return decide({ ...state, needs: "restart" }, nowMs);
  }
  if (state.needs === "nothing") {
    const waits = state.media === "connecting" && Number.isFinite(state.notBeforeMs);
    return waits ? { state, dueMs: state.notBeforeMs } : { state };
  }
  if (nowMs < state.notBeforeMs) return { state, dueMs: state.notBeforeMs };
  return start(state, nowMs);
}

function start(state: Recovery, nowMs: number): Step {
  const begun = (work: Work, more: Partial<Recovery> = {}): Step => ({
    state: { ...state, ...more, working: { work, sinceMs: nowMs } },
    work,
    dueMs: nowMs + WORK_MAX_MS,
  });
  switch (state.needs) {
    case "nothing":
      return { state };
    case "restart":
      if (state.restarts >= RESTARTS_MAX) return decide({ ...state, needs: "rejoin" }, nowMs);
      return begun({ kind: "restart" }, { restarts: state.restarts + 1 });
    case "resume":
      return begun({ kind: "resume", offer: false });
    case "resume_with_offer":
      return begun({ kind: "resume", offer: true });
    case "rejoin":
      if (state.rejoins >= REJOINS_MAX) return { state: { ...state, ended: "lost" } };
      return begun({ kind: "rejoin" }, { rejoins: state.rejoins + 1, media: "connecting" });
  }
}

function without<K extends keyof Recovery>(state: Recovery, ...keys: readonly K[]): Omit<Recovery, K> {
  const left: Partial<Recovery> = { ...state };
  for (const key of keys) delete left[key];
  return left as Omit<Recovery, K>;
}
