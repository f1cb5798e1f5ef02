/**
 * The connection as a pure state machine: login, heartbeat, renewal, back-off, close codes. It knows no socket, timer or
 * randomness: `handle(now, input)` says what to do, {@link ConnectionMachine.wakeAtMs} when to come back.
 */

import type { ConnectionState, RefusalReason, WaitReason } from "../model.js";
import { afterClose } from "../protocol/close.js";
import type { ErrorFrame, ServerFrame, Welcome } from "../protocol/server-frames.js";
import { backoffMs } from "./backoff.js";
import { Heartbeat } from "./heartbeat.js";
import type { Effect, Identity, Input } from "./signals.js";

/** The handshake, and the login after it, take at most this long. */
export const CONNECT_MS_MAX = 10_000;
/** Asking `/version` takes at most this long. */
export const PROBE_MS_MAX = 5_000;
/** A login that lasted this long begins a new count of attempts. */
export const STABLE_MS = 10_000;
/** Hints never dial more often than this. */
const HINT_MS_MIN = 1_000;
/** After a login that floods: at least this long, and up to as long again. */
const FLOOD_MS = 30_000;
/** A guest's token is renewed when this part of its life has passed, but not earlier than this before its end. */
const RENEW_PART = 0.8;
const RENEW_BEFORE_MS_MAX = 300_000;
/** A renewal that was not answered or was refused is asked for again after this. */
const RENEW_AGAIN_MS = 30_000;
/** What a socket says that ended without a close. */
const ABNORMAL = 1006;
/** The part of `drain.reconnect_ms` when no `drain` came. */
const DRAIN_MS = 5_000;

type Phase =
  | { readonly at: "off" }
  | { readonly at: "dialling"; readonly untilMs: number }
  | { readonly at: "probing"; readonly untilMs: number }
  | { readonly at: "login"; readonly untilMs: number }
  | { readonly at: "online"; readonly sinceMs: number; readonly name: string; readonly heartbeat: Heartbeat }
  /** Hints are not heeded before `quietUntilMs`: a server that is overloaded asked for that. */
  | { readonly at: "waiting"; readonly untilMs: number; readonly quietUntilMs: number }
  | { readonly at: "refused" };

/** One account's connection. */
export class ConnectionMachine {
  readonly #random: () => number;
  #phase: Phase = { at: "off" };
  #identity: Identity | undefined;
  #attempt = 0;
  #protocolErrors = 0;
  #dialledMs = Number.NEGATIVE_INFINITY;
  #network = true;
  #drainMs = DRAIN_MS;
  #renewAtMs = Number.POSITIVE_INFINITY;
  /** How long after it was given a guest's token is renewed. */
  #renewAfterMs = Number.POSITIVE_INFINITY;
  #effects: Effect[] = [];

  /** `random` gives numbers from 0 to 1. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** When `time` is to be said next, unless something happens before. */
  get wakeAtMs(): number | undefined {
    switch (this.#phase.at) {
      case "off":
      case "refused":
        return undefined;
      case "online":
        return Math.min(this.#phase.heartbeat.wakeAtMs, this.#renewAtMs);
      case "dialling":
      case "probing":
      case "login":
      case "waiting":
        return this.#phase.untilMs;
    }
  }

  /** Takes what happened at `nowMs` of a clock that never goes back. */
  handle(nowMs: number, input: Input): readonly Effect[] {
    this.#effects = [];
    switch (input.is) {
      case "start":
        this.#end(nowMs);
        this.#identity = input.identity;
        this.#attempt = 0;
        this.#protocolErrors = 0;
        this.#dial(nowMs);
        break;
      case "stop":
        this.#end(nowMs);
        this.#identity = undefined;
        this.#phase = { at: "off" };
        this.#show({ phase: "signed-out" });
        break;
      case "opened":
        this.#opened(nowMs);
        break;
      case "frame":
        this.#heard(nowMs, input.frame);
        break;
      case "closed":
        this.#closed(nowMs, input.code);
        break;
      case "version":
        this.#probed(nowMs, input.found);
        break;
      case "asked":
        if (this.#phase.at === "online") this.#phase.heartbeat.asked(nowMs);
        break;
      case "retry":
        if (this.#phase.at === "refused") this.#dial(nowMs);
        else this.#hint(nowMs);
        break;
      case "network":
        this.#network = input.online;
        this.#hint(nowMs, input.online);
        break;
      case "woke":
        this.#hint(nowMs);
        break;
      case "time":
        this.#time(nowMs);
        break;
    }
    return this.#effects;
  }

  #do(effect: Effect): void {
    this.#effects.push(effect);
  }

  #show(state: ConnectionState): void {
    this.#do({ do: "show", state });
  }

  #dial(nowMs: number): void {
    this.#dialledMs = nowMs;
    this.#phase = { at: "dialling", untilMs: nowMs + CONNECT_MS_MAX };
    this.#show({ phase: "connecting", attempt: this.#attempt });
    this.#do({ do: "dial" });
  }

  #opened(nowMs: number): void {
    if (this.#phase.at !== "dialling" || this.#identity === undefined) return;
    this.#phase = { at: "login", untilMs: nowMs + CONNECT_MS_MAX };
    this.#do({ do: "hello", identity: this.#identity });
  }

  #heard(nowMs: number, frame: ServerFrame | undefined): void {
    if (this.#phase.at === "online") this.#phase.heartbeat.heard(nowMs);
    switch (frame?.t) {
      case "challenge": {
        const name = this.#phase.at === "online" ? this.#phase.name : undefined;
        if (this.#identity?.kind !== "guest") return;
        this.#do({ do: "prove", nonce: frame.nonce, node: frame.node, name: name ?? this.#identity.name });
        return;
      }
      case "welcome":
        this.#welcomed(nowMs, frame);
        return;
      case "renewed":
        if (frame.token !== undefined) this.#keepToken(frame.token);
        // The server's clock at this moment is not known: the new token lives as long as the old one did.
        this.#renewAtMs = nowMs + this.#renewAfterMs;
        return;
      case "error":
        if (frame.id === undefined && this.#phase.at === "login") this.#loginRefused(nowMs, frame);
        return;
      case "drain":
        this.#drainMs = frame.reconnect_ms;
        return;
      default:
        return;
    }
  }

  #welcomed(nowMs: number, welcome: Welcome): void {
    if (this.#phase.at !== "login") return;
    this.#phase = { at: "online", sinceMs: nowMs, name: welcome.name, heartbeat: new Heartbeat(nowMs) };
    this.#drainMs = DRAIN_MS;
    const lifeMs = Math.max(0, welcome.expires_ms - welcome.now_ms);
    this.#renewAfterMs =
      this.#identity?.kind === "guest" ? Math.max(lifeMs * RENEW_PART, lifeMs - RENEW_BEFORE_MS_MAX) : Infinity;
    this.#renewAtMs = nowMs + this.#renewAfterMs;
    if (welcome.token !== undefined) this.#keepToken(welcome.token);
    this.#do({ do: "welcomed", welcome });
    this.#show({ phase: "online", syncing: true, server: welcome.server });
  }

  #keepToken(token: string | undefined): void {
    if (this.#identity?.kind !== "guest" || this.#identity.token === token) return;
    this.#identity = { ...this.#identity, token };
    this.#do({ do: "token", token });
  }

  #loginRefused(nowMs: number, error: ErrorFrame): void {
    this.#end(nowMs);
    const { code } = error;
    if (error.advice === "retry") {
      this.#wait(nowMs, Math.max(error.retry_after_ms ?? 0, code === "rate_limited" ? this.#flood() : 0), "overloaded");
    } else if (this.#identity?.kind === "guest" && this.#identity.token !== undefined && code !== "token_revoked") {
      // The token is worth nothing here (any more): the key still proves who this is.
      this.#keepToken(undefined);
      this.#dial(nowMs);
    } else {
      this.#refuse(reasonOf(code), error.message);
    }
  }

  #closed(nowMs: number, code: number): void {
    const before = this.#phase;
    if (before.at === "off" || before.at === "waiting" || before.at === "refused" || before.at === "probing") return;
    if (before.at === "dialling") {
      if (!this.#network) return this.#wait(nowMs, 0, "offline");
      this.#phase = { at: "probing", untilMs: nowMs + PROBE_MS_MAX };
      this.#do({ do: "probe" });
      return;
    }
    this.#steady(nowMs);
    this.#end(nowMs, code);
    const after = afterClose(code);
    switch (after.next) {
      case "backoff":
      case "split":
        return this.#wait(nowMs, 0, this.#network ? "unreachable" : "offline");
      case "at-once":
        return this.#wait(nowMs, 0, "silent");
      case "drain":
        return this.#wait(nowMs, Math.floor(this.#random() * this.#drainMs), "draining");
      case "later":
        return this.#wait(nowMs, after.delayMsMin * (1 + this.#random()), "overloaded");
      case "once":
        this.#protocolErrors += 1;
        if (this.#protocolErrors > 1) return this.#refuse("other", "The connection breaks the WebSocket protocol.");
        return this.#wait(nowMs, 0, "unreachable");
      case "new-token":
        if (this.#identity?.kind !== "guest") return this.#refuse("token_expired", "The token has expired.");
        this.#keepToken(undefined);
        // Tokens that expire as they are given must not make for a hot loop.
        if (this.#attempt > 0) return this.#wait(nowMs, 0, "unreachable");
        this.#attempt += 1;
        return this.#dial(nowMs);
      case "stop":
        return this.#stopped(nowMs, after.reason);
    }
  }

  #stopped(nowMs: number, reason: "done" | "client" | "unauthorized" | "token_revoked"): void {
    switch (reason) {
      case "done":
        return this.#refuse("other", "The server ended the connection.");
      case "client":
        return this.#refuse("incompatible", "The server does not understand this client.");
      case "unauthorized":
        // A refusal would have said why: `hello` did not come in time.
        return this.#wait(nowMs, 0, "silent");
      case "token_revoked":
        return this.#refuse("token_revoked", "The token was revoked.");
    }
  }

  #probed(nowMs: number, found: "compatible" | "incompatible" | "unreachable"): void {
    if (this.#phase.at !== "probing") return;
    if (found === "incompatible") {
      this.#refuse("incompatible", "The server speaks another version of the protocol.");
    } else {
      // A server that is there and does not let in is about to stop, or has all the connections it takes.
      this.#wait(nowMs, 0, found === "compatible" ? "overloaded" : this.#network ? "unreachable" : "offline");
    }
  }

  #hint(nowMs: number, good = true): void {
    if (this.#phase.at === "online") {
      this.#beat(this.#phase.heartbeat.doubt(nowMs));
    } else if (this.#phase.at === "waiting" && good) {
      const soonest = Math.max(nowMs, this.#dialledMs + HINT_MS_MIN, this.#phase.quietUntilMs);
      this.#attempt = 0;
      if (soonest <= nowMs) this.#dial(nowMs);
      else this.#phase = { ...this.#phase, untilMs: Math.min(this.#phase.untilMs, soonest) };
    }
  }

  #time(nowMs: number): void {
    const phase = this.#phase;
    switch (phase.at) {
      case "off":
      case "refused":
        return;
      case "waiting":
        if (nowMs >= phase.untilMs) this.#dial(nowMs);
        return;
      case "probing":
        if (nowMs >= phase.untilMs) this.#probed(nowMs, "unreachable");
        return;
      case "dialling":
      case "login":
        if (nowMs < phase.untilMs) return;
        this.#end(nowMs);
        this.#wait(nowMs, 0, !this.#network ? "offline" : phase.at === "login" ? "silent" : "unreachable");
        return;
      case "online":
        this.#onlineTime(nowMs, phase.heartbeat);
        return;
    }
  }

  #onlineTime(nowMs: number, heartbeat: Heartbeat): void {
    const due = heartbeat.time(nowMs);
    if (due === "silent") {
      this.#steady(nowMs);
      this.#end(heartbeat.heardMs);
      this.#wait(nowMs, 0, this.#network ? "silent" : "offline");
      return;
    }
    this.#beat(due === "beat");
    if (nowMs >= this.#renewAtMs) {
      this.#renewAtMs = nowMs + RENEW_AGAIN_MS;
      this.#do({ do: "send", frame: { t: "renew" } });
    }
  }

  #beat(due: boolean): void {
    if (due) this.#do({ do: "send", frame: { t: "beat" } });
  }

  /** Forgets earlier failures when the login lasted. */
  #steady(nowMs: number): void {
    if (this.#phase.at !== "online" || nowMs - this.#phase.sinceMs < STABLE_MS) return;
    this.#attempt = 0;
    this.#protocolErrors = 0;
  }

  /** Leaves whatever socket there is. */
  #end(sinceMs: number, code: number = ABNORMAL): void {
    const { at } = this.#phase;
    if (at === "dialling" || at === "login" || at === "online") this.#do({ do: "hang-up" });
    if (at === "online") this.#do({ do: "lost", code, sinceMs });
    this.#phase = { at: "off" };
  }

  #wait(nowMs: number, leastMs: number, reason: WaitReason): void {
    const untilMs = nowMs + Math.max(leastMs, backoffMs(this.#attempt, this.#random()));
    this.#attempt += 1;
    this.#phase = { at: "waiting", untilMs, quietUntilMs: reason === "overloaded" ? nowMs + leastMs : nowMs };
    this.#show({ phase: "waiting", retryAtMs: untilMs, reason });
  }

  #refuse(reason: RefusalReason, message: string): void {
    this.#phase = { at: "refused" };
    this.#show({ phase: "refused", reason, message });
  }

  #flood(): number {
    return FLOOD_MS + Math.floor(this.#random() * FLOOD_MS);
  }
}

const reasonOf = (code: string): RefusalReason => {
  switch (code) {
    case "name_taken":
    case "unauthorized":
    case "token_expired":
    case "token_revoked":
    case "guests_refused":
      return code;
    case "malformed":
    case "unsupported":
      return "incompatible";
    default:
      return "other";
  }
};
