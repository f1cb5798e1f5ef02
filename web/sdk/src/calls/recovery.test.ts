import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RESUME_MAX_MS } from "./interrupted.js";
import {
  begin,
  CONNECT_MAX_MS,
  OFFLINE_MAX_MS,
  phaseOf,
  REJOINS_MAX,
  RESTART_WAIT_MS,
  RESTARTS_MAX,
  step,
  WELL_MS,
  WORK_MAX_MS,
  type Input,
  type Recovery,
  type Work,
} from "./recovery.js";

/** A machine in virtual time, which answers its own work when told how. */
class Run {
  state: Recovery = begin(true);
  nowMs = 0;
  dueMs: number | undefined;
  works: Work[] = [];

  feed(...inputs: Input[]): this {
    for (const input of inputs) {
      const { state, work, dueMs } = step(this.state, input, this.nowMs);
      this.state = state;
      this.dueMs = dueMs;
      if (work) this.works.push(work);
    }
    return this;
  }

  /** Time passes; timers fire. */
  wait(ms: number): this {
    const untilMs = this.nowMs + ms;
    while (this.dueMs !== undefined && this.dueMs <= untilMs) {
      this.nowMs = Math.max(this.nowMs, this.dueMs);
      this.feed({ kind: "tick" });
    }
    this.nowMs = untilMs;
    return this;
  }

  take(): string[] {
    return this.works.splice(0).map((work) => (work.kind === "resume" && work.offer ? "resume+offer" : work.kind));
  }

  get phase(): string {
    const phase = phaseOf(this.state, true);
    if (phase.phase === "ended") return `ended: ${phase.reason}`;
    return phase.phase === "reconnecting" ? `lost ${phase.lost}` : phase.phase;
  }
}

const online: Input = { kind: "signalling", online: true };
const offline: Input = { kind: "signalling", online: false };
const connected: Input = { kind: "media", state: "connected" };
const disconnected: Input = { kind: "media", state: "disconnected" };
const done: Input = { kind: "done" };
const refused = (code: string): Input => ({ kind: "refused", code });
const over = (reason: Extract<Input, { kind: "over" }>["reason"]): Input => ({ kind: "over", reason });
const joined = (): Run => new Run().feed({ kind: "joined" }, connected);

describe("joining", () => {
  it("is connected once media came, and then waits for nothing", () => {
    const run = joined();
    expect(run.phase).toBe("connected");
    expect(run.dueMs).toBeUndefined();
  });

  it("that connects nothing is followed by ICE restarts, then by joining anew", () => {
    const run = new Run().feed({ kind: "joined" });
    run.wait(CONNECT_MAX_MS);
    expect(run.take()).toEqual(["restart"]);
    for (let restart = 1; restart < RESTARTS_MAX; restart += 1) run.feed(done).wait(RESTART_WAIT_MS);
    expect(run.take()).toEqual(Array.from({ length: RESTARTS_MAX - 1 }, () => "restart"));
    run.feed(done).wait(RESTART_WAIT_MS);
    expect(run.take()).toEqual(["rejoin"]);
  });
});

describe("media that is lost", () => {
  it("restarts ICE at once, and is well when that connects", () => {
    const run = joined().feed(disconnected);
    expect(run.take()).toEqual(["restart"]);
    expect(run.phase).toBe("lost media");
    run.feed(done, connected);
    expect(run.phase).toBe("connected");
    expect(run.wait(60_000).take()).toEqual([]);
  });

  it("waits for the WebSocket when that is gone too, and comes back with an offer", () => {
    const run = joined().feed(offline, disconnected);
    expect(run.wait(5_000).take()).toEqual([]);
    expect(run.feed(online).take()).toEqual(["resume+offer"]);
    run.feed(done, connected);
    expect(run.phase).toBe("connected");
  });

  it("is joined anew when the server says that it gave up", () => {
    const run = joined().feed(over("lost"));
    expect(run.take()).toEqual(["rejoin"]);
    expect(run.feed({ kind: "joined" }, connected).phase).toBe("connected");
  });
});

it("a change of network restarts ICE while media still flows", () => {
  const run = joined().feed({ kind: "network" });
  expect(run.take()).toEqual(["restart"]);
  expect(run.feed(done).phase).toBe("connected");
  expect(run.wait(60_000).take()).toEqual([]);
});

describe("a WebSocket that is lost", () => {
  it("is resumed without an offer while media flows", () => {
    const run = joined().feed(offline);
    expect(run.phase).toBe("lost signalling");
    expect(run.wait(RESUME_MAX_MS).feed(online).take()).toEqual(["resume"]);
    expect(run.feed(done).phase).toBe("connected");
  });

  it("is resumed with an offer when the server has lost media", () => {
    const run = joined().feed(offline, online, refused("offer_refused"));
    expect(run.take()).toEqual(["resume", "resume+offer"]);
    run.feed(refused("offer_refused"));
    expect(run.take()).toEqual(["rejoin"]);
  });

  it("is too late to resume after 20 seconds", () => {
    expect(
      joined()
        .feed(offline)
        .wait(RESUME_MAX_MS + 1)
        .feed(online)
        .take(),
    ).toEqual(["rejoin"]);
  });

  it("is given up after minutes", () => {
    const run = joined()
      .feed(offline)
      .wait(OFFLINE_MAX_MS - 1);
    expect(run.phase).toBe("lost signalling");
    expect(run.wait(1).phase).toBe("ended: lost");
  });

  it("takes what was under way with it", () => {
    const run = joined().feed(over("failed"));
    expect(run.take()).toEqual(["rejoin"]);
    expect(run.feed(offline, online).take()).toEqual(["rejoin"]);
    // The late refusal of the first one changes nothing.
    expect(run.feed({ kind: "joined" }, refused("offline")).state.needs).toBe("nothing");
  });
});

describe("joining anew", () => {
  it("is tried a few times, ever more slowly", () => {
    const run = joined().feed(over("failed"));
    const tries: number[] = [];
    for (let round = 0; round < 20 && run.state.ended === undefined; round += 1) {
      tries.push(...run.take().map(() => run.nowMs));
      run.feed(refused("overloaded"));
      run.wait((run.dueMs ?? run.nowMs) - run.nowMs);
    }
    expect(tries).toEqual([0, 1_000, 3_000, 7_000, 15_000, 31_000]);
    expect(tries).toHaveLength(REJOINS_MAX);
    expect(run.phase).toBe("ended: lost");
  });

  it("waits as long as the server says", () => {
    const run = joined().feed(over("failed"));
    run.take();
    run.feed({ kind: "refused", code: "call_full", retryAfterMs: 9_000 });
    expect(run.wait(8_999).take()).toEqual([]);
    expect(run.wait(1).take()).toEqual(["rejoin"]);
  });

  it("ends when one may not", () => {
    expect(joined().feed(over("lost"), refused("not_a_member")).phase).toBe("ended: revoked");
  });

  it("has all its tries again after being well for a while", () => {
    const run = joined();
    for (let loss = 0; loss < REJOINS_MAX * 2; loss += 1) {
      run.feed({ kind: "media", state: "failed" });
      for (let restart = 0; restart < RESTARTS_MAX; restart += 1) run.feed(done).wait(RESTART_WAIT_MS);
      expect(run.take().at(-1)).toBe("rejoin");
      run.feed({ kind: "joined" }, connected).wait(WELL_MS);
    }
    expect(run.phase).toBe("connected");
  });
});

it("an answer that never comes counts as a refusal", () => {
  const run = joined().feed(disconnected);
  run.take();
  expect(run.wait(WORK_MAX_MS + RESTART_WAIT_MS).take()).toEqual(["restart"]);
});

it("an end is an end", () => {
  for (const reason of ["left", "ended", "removed", "revoked", "replaced"] as const) {
    const run = joined().feed(over(reason), disconnected, online, over("lost"));
    expect(run.phase).toBe(`ended: ${reason}`);
    expect(run.take()).toEqual([]);
    expect(run.dueMs).toBeUndefined();
  }
});

it("whatever happens, one piece of work at a time, and never waiting for nothing while something is amiss", () => {
  const inputs = fc.oneof(
    fc.constantFrom(online, offline, connected, disconnected, done, over("lost"), over("shutdown")),
    fc.constantFrom("offline", "call_not_found", "offer_refused", "rate_limited").map(refused),
    fc.constant<Input>({ kind: "network" }),
    fc.constant<Input>({ kind: "joined" }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(inputs, fc.integer({ min: 0, max: 30_000 })), { maxLength: 60 }), (steps) => {
      const run = joined();
      for (const [input, waitMs] of steps) {
        const busy = run.state.working !== undefined;
        // Only work that is under way is answered.
        if (!busy && ["done", "refused", "joined"].includes(input.kind)) continue;
        run.feed(input);
        expect(run.take().length).toBeLessThanOrEqual(1);
        const isWell = run.phase === "connected" || run.state.ended !== undefined;
        if (!isWell) expect(run.dueMs).toBeDefined();
        run.wait(waitMs);
        run.take();
      }
    }),
  );
});
