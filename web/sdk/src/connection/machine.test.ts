import { expect, test } from "vitest";
import type { ServerFrame, Welcome } from "../protocol/server-frames.js";
import { BACKOFF_LAST_MS, backoffBoundMs, backoffMs } from "./backoff.js";
import { BEAT_MS, ANSWER_MS_MAX, DOUBT_MS } from "./heartbeat.js";
import { CONNECT_MS_MAX, ConnectionMachine, STABLE_MS } from "./machine.js";
import type { Effect, Identity, Input } from "./signals.js";

const GUEST: Identity = { kind: "guest", name: "Ann", key: "d7".repeat(32) };
const TOKEN: Identity = { kind: "token", token: "t" };
const DAY_MS = 86_400_000;

/** A machine with a clock of its own. */
class Stage {
  nowMs = 0;
  readonly machine: ConnectionMachine;
  readonly log: Effect[] = [];

  constructor(random = 0.5) {
    this.machine = new ConnectionMachine(() => random);
  }

  say(input: Input): readonly Effect[] {
    const effects = this.machine.handle(this.nowMs, input);
    this.log.push(...effects);
    return effects;
  }

  /** Runs timers until `untilMs`; beats are answered as long as `alive`. */
  run(untilMs: number, alive = true): void {
    for (let wake = this.machine.wakeAtMs; wake !== undefined && wake <= untilMs; wake = this.machine.wakeAtMs) {
      this.nowMs = Math.max(this.nowMs, wake);
      const effects = this.say({ is: "time" });
      if (alive && effects.some((effect) => effect.do === "send")) this.say({ is: "frame", frame: { t: "beat" } });
    }
    this.nowMs = untilMs;
  }

  login(identity: Identity = GUEST, expiresMs = DAY_MS): void {
    this.say({ is: "start", identity });
    this.say({ is: "opened" });
    this.say({ is: "frame", frame: welcome(expiresMs) });
  }

  /** After a close: how long until it dials again, or why it does not. */
  after(code: number): number | string {
    const atMs = this.nowMs;
    const effects = this.say({ is: "closed", code });
    const shown = effects.findLast((effect) => effect.do === "show");
    if (shown?.do === "show" && shown.state.phase === "refused") return shown.state.reason;
    if (effects.some((effect) => effect.do === "dial")) return 0;
    return (this.machine.wakeAtMs ?? Number.NaN) - atMs;
  }

  count(what: Effect["do"]): number {
    return this.log.filter((effect) => effect.do === what).length;
  }
}

const welcome = (expiresMs: number, token?: string): Welcome => ({
  t: "welcome",
  node: "0123456789abcdef",
  server: "greenroom/0.1.0",
  user: "ann" as Welcome["user"],
  device: "laptop" as Welcome["device"],
  name: "Ann",
  heartbeat_ms: 45_000,
  now_ms: 0,
  expires_ms: expiresMs,
  ...(token === undefined ? {} : { token }),
});

const error = (code: string, advice: "retry" | "fix" | "reconnect" | "operator"): ServerFrame => ({
  t: "error",
  code,
  advice,
  message: code,
});

test("a guest says hello, proves its key, and is online", () => {
  const stage = new Stage();
  expect(stage.say({ is: "start", identity: GUEST }).map((effect) => effect.do)).toEqual(["show", "dial"]);
  expect(stage.say({ is: "opened" })).toEqual([{ do: "hello", identity: GUEST }]);
  const challenge: ServerFrame = { t: "challenge", nonce: "c4".repeat(32), node: "0123456789abcdef" };
  expect(stage.say({ is: "frame", frame: challenge })).toMatchObject([{ do: "prove", name: "Ann" }]);
  const effects = stage.say({ is: "frame", frame: welcome(DAY_MS, "t1") });
  expect(effects.map((effect) => effect.do)).toEqual(["token", "welcomed", "show"]);
});

test("delays are random below a bound that doubles up to 30 s", () => {
  expect([0, 1, 2, 6, 60].map(backoffBoundMs)).toEqual([500, 1_000, 2_000, 30_000, BACKOFF_LAST_MS]);
  expect([backoffMs(3, 0), backoffMs(3, 0.5), backoffMs(3, 0.999)]).toEqual([0, 2_000, 3_996]);
});

test("every failure doubles the bound, and a login that lasts begins anew", () => {
  const stage = new Stage(0.999_999);
  stage.say({ is: "start", identity: GUEST });
  const delays: number[] = [];
  for (let attempt = 0; attempt < 8; attempt += 1) {
    stage.say({ is: "closed", code: 1006 });
    stage.say({ is: "version", found: "unreachable" });
    const wakeMs = stage.machine.wakeAtMs ?? 0;
    delays.push(Math.ceil((wakeMs - stage.nowMs) / 500) * 500);
    stage.nowMs = wakeMs;
    stage.say({ is: "time" });
  }
  expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  stage.say({ is: "opened" });
  stage.say({ is: "frame", frame: welcome(DAY_MS) });
  stage.run(stage.nowMs + STABLE_MS);
  expect(stage.after(1006)).toBeLessThan(500);
});

test("a server that welcomes and drops is not hammered", () => {
  const stage = new Stage(0.999_999);
  stage.login();
  expect(stage.after(1011)).toBeLessThan(500);
  stage.nowMs += 500;
  stage.say({ is: "time" });
  stage.say({ is: "opened" });
  stage.say({ is: "frame", frame: welcome(DAY_MS) });
  expect(stage.after(1011)).toBeGreaterThan(500);
});

test.each([
  [1000, "other"],
  [1003, "incompatible"],
  [1006, 250],
  [1007, "incompatible"],
  [1008, 45_000],
  [1009, 250],
  [1011, 250],
  [4002, 0],
  [4003, "token_revoked"],
  [4004, 250],
  [4005, 250],
  [4999, 250],
])("close code %i leads to %s", (code, expected) => {
  const stage = new Stage();
  stage.login();
  expect(stage.after(code)).toBe(expected);
});

test("a WebSocket protocol error is forgiven once", () => {
  const stage = new Stage();
  stage.login();
  expect(stage.after(1002)).toBe(250);
  stage.run(stage.nowMs + 250);
  stage.say({ is: "opened" });
  stage.say({ is: "frame", frame: welcome(DAY_MS) });
  expect(stage.after(1002)).toBe("other");
});

test("a draining server is left alone for a random part of what it said", () => {
  const stage = new Stage(0.9);
  stage.login();
  stage.say({ is: "frame", frame: { t: "drain", reason: "shutdown", reconnect_ms: 20_000 } });
  expect(stage.after(1001)).toBe(18_000);
});

test("a token that expired is not tried again, a guest's is replaced by a proof", () => {
  const stage = new Stage();
  stage.login(TOKEN);
  expect(stage.after(4002)).toBe("token_expired");
  const guest = new Stage();
  guest.login({ ...GUEST, token: "old" });
  guest.say({ is: "closed", code: 4002 });
  expect(guest.say({ is: "opened" })).toEqual([{ do: "hello", identity: { ...GUEST, token: undefined } }]);
});

test("a guest whose new tokens expire at once proves its key with back-off, until a login lasts", () => {
  const stage = new Stage();
  const again = (): number | string => {
    stage.say({ is: "opened" });
    stage.say({ is: "frame", frame: welcome(DAY_MS, "new") });
    return stage.after(4002);
  };
  stage.say({ is: "start", identity: GUEST });
  expect(again()).toBe(0);
  for (const waitMs of [500, 1_000, 2_000]) {
    expect(again()).toBe(waitMs);
    stage.run(stage.nowMs + waitMs);
  }
  stage.say({ is: "opened" });
  stage.say({ is: "frame", frame: welcome(DAY_MS, "new") });
  stage.run(stage.nowMs + STABLE_MS);
  expect(stage.after(4002)).toBe(0);
});

test.each([
  ["name_taken", "fix", "name_taken"],
  ["guests_refused", "operator", "guests_refused"],
  ["token_revoked", "operator", "token_revoked"],
  ["malformed", "fix", "incompatible"],
  ["forbidden", "fix", "other"],
] as const)("a login refused as %s is shown and not repeated", (code, advice, reason) => {
  const stage = new Stage();
  stage.say({ is: "start", identity: GUEST });
  stage.say({ is: "opened" });
  expect(stage.say({ is: "frame", frame: error(code, advice) })).toContainEqual({
    do: "show",
    state: { phase: "refused", reason, message: code },
  });
  expect(stage.machine.wakeAtMs).toBeUndefined();
  expect(stage.say({ is: "woke" })).toEqual([]);
  expect(stage.say({ is: "retry" }).some((effect) => effect.do === "dial")).toBe(true);
});

test("a login that is refused for now is tried again, after floods much later", () => {
  const stage = new Stage();
  stage.say({ is: "start", identity: GUEST });
  stage.say({ is: "opened" });
  stage.say({ is: "frame", frame: error("rate_limited", "retry") });
  expect(stage.machine.wakeAtMs).toBe(45_000);
});

test("silence is noticed within two beats", () => {
  const stage = new Stage();
  stage.login();
  stage.run(60_000);
  expect(stage.count("lost")).toBe(0);
  const silentMs = stage.nowMs;
  stage.run(silentMs + BEAT_MS + ANSWER_MS_MAX, false);
  expect(stage.log).toContainEqual({ do: "hang-up" });
  const lost = stage.log.find((effect) => effect.do === "lost");
  expect(lost?.sinceMs).toBeLessThanOrEqual(silentMs);
  expect(lost?.sinceMs).toBeGreaterThan(silentMs - BEAT_MS);
});

test("silence after a request is noticed within six seconds", () => {
  const stage = new Stage();
  stage.login();
  stage.say({ is: "asked" });
  stage.run(2 * DOUBT_MS - 1, false);
  expect(stage.count("lost")).toBe(0);
  stage.run(2 * DOUBT_MS, false);
  expect(stage.count("lost")).toBe(1);
});

test("a device that slept asks once more before it judges", () => {
  const stage = new Stage();
  stage.login();
  stage.run(BEAT_MS, false);
  stage.nowMs += 3_600_000;
  expect(stage.say({ is: "time" })).toContainEqual({ do: "send", frame: { t: "beat" } });
  expect(stage.count("lost")).toBe(0);
  stage.run(stage.nowMs + DOUBT_MS, false);
  expect(stage.count("lost")).toBe(1);
});

test("a hint dials at once, but not more than once a second", () => {
  const stage = new Stage();
  stage.login();
  stage.nowMs = 60_000;
  stage.say({ is: "closed", code: 1011 });
  expect(stage.say({ is: "network", online: true }).some((effect) => effect.do === "dial")).toBe(true);
  stage.say({ is: "closed", code: 1006 });
  stage.say({ is: "version", found: "unreachable" });
  expect(stage.say({ is: "woke" })).toEqual([]);
  expect(stage.machine.wakeAtMs).toBeLessThanOrEqual(stage.nowMs + 1_000);
});

test("a hint does not shorten the time that a flooded server asked for", () => {
  const stage = new Stage();
  stage.login();
  stage.nowMs += 1_000;
  stage.say({ is: "closed", code: 1008 });
  expect(stage.say({ is: "woke" })).toEqual([]);
  expect(stage.machine.wakeAtMs).toBe(stage.nowMs + 45_000);
  stage.nowMs += 45_000;
  expect(stage.say({ is: "time" })).toContainEqual({ do: "dial" });
});

test("a device without network says so, and still tries", () => {
  const stage = new Stage();
  stage.say({ is: "network", online: false });
  stage.say({ is: "start", identity: GUEST });
  expect(stage.say({ is: "closed", code: 1006 })).toMatchObject([
    { do: "show", state: { phase: "waiting", reason: "offline" } },
  ]);
  expect(stage.machine.wakeAtMs).toBeDefined();
});

test("a handshake that fails asks which server is there", () => {
  const stage = new Stage();
  stage.say({ is: "start", identity: GUEST });
  expect(stage.say({ is: "closed", code: 1006 })).toEqual([{ do: "probe" }]);
  expect(stage.say({ is: "version", found: "incompatible" })).toMatchObject([
    { do: "show", state: { phase: "refused", reason: "incompatible" } },
  ]);
});

test("a handshake and a login that take too long are given up", () => {
  const stage = new Stage();
  stage.say({ is: "start", identity: GUEST });
  stage.run(CONNECT_MS_MAX, false);
  expect(stage.log).toContainEqual({ do: "hang-up" });
  stage.run(stage.nowMs + 500, false);
  stage.say({ is: "opened" });
  stage.run(stage.nowMs + CONNECT_MS_MAX, false);
  expect(stage.count("hang-up")).toBe(2);
});

test("a guest's token is renewed in good time, an operator's is not", () => {
  const stage = new Stage();
  stage.login(GUEST, 3_600_000);
  const renews = () => stage.log.filter((effect) => effect.do === "send" && effect.frame.t === "renew").length;
  stage.run(3_600_000 - 300_000 - 1);
  expect(renews()).toBe(0);
  stage.run(3_600_000 - 300_000);
  expect(renews()).toBe(1);
  stage.say({ is: "frame", frame: { t: "renewed", expires_ms: 0, token: "t2" } });
  expect(stage.log).toContainEqual({ do: "token", token: "t2" });
  const token = new Stage();
  token.login(TOKEN, 3_600_000);
  token.run(3_600_000);
  expect(token.log.some((effect) => effect.do === "send" && effect.frame.t === "renew")).toBe(false);
});

test("what comes after the end is ignored", () => {
  const stage = new Stage();
  stage.login();
  stage.say({ is: "stop" });
  expect(stage.say({ is: "closed", code: 1006 })).toEqual([]);
  expect(stage.say({ is: "opened" })).toEqual([]);
  expect(stage.say({ is: "frame", frame: welcome(DAY_MS) })).toEqual([]);
  expect(stage.machine.wakeAtMs).toBeUndefined();
});
