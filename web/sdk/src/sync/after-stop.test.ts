import { expect, test } from "vitest";
import { afterStop, OPERATOR_MS, RENEWALS_MAX, type Stop } from "./after-stop.js";

const stop = (code: string, more: Partial<Stop> = {}): Stop => ({ code, advice: "fix", message: "", ...more });
const fresh = { oldest: 5, opsMax: 256, stops: 0 };

test("a gap that is here is sent again, and one that is gone makes a new replica", () => {
  expect(afterStop(stop("gap", { have: 4 }), fresh, 0)).toEqual({ do: "resend", inMs: 0 });
  expect(afterStop(stop("gap", { have: 7 }), fresh, 0)).toEqual({ do: "resend", inMs: 0 });
  expect(afterStop(stop("gap", { have: 3 }), fresh, 0)).toEqual({ do: "renew-replica" });
});

test("another copy of this state, or another's replica, makes a new replica, a few times", () => {
  for (const code of ["dot_conflict", "foreign_replica"]) {
    expect(afterStop(stop(code), fresh, 0)).toEqual({ do: "renew-replica" });
    expect(afterStop(stop(code), { ...fresh, stops: RENEWALS_MAX }, 0)).toEqual({ do: "keep" });
  }
});

test("a wrong clock is set, a large batch split, a closed door waited at", () => {
  expect(afterStop(stop("clock_skew"), fresh, 0)).toEqual({ do: "renew-clocks" });
  expect(afterStop(stop("too_large"), fresh, 0)).toEqual({ do: "split", opsMax: 128 });
  expect(afterStop(stop("too_large"), { ...fresh, opsMax: 1 }, 0)).toEqual({ do: "keep" });
  for (const code of ["not_a_member", "forbidden", "room_not_found", "never_heard_of"])
    expect(afterStop(stop(code), fresh, 0)).toEqual({ do: "keep" });
});

test("what passes is sent again after a while, not before the server said", () => {
  const limited = stop("rate_limited", { advice: "retry", retryAfterMs: 4_000 });
  expect(afterStop(limited, fresh, 0.999)).toEqual({ do: "resend", inMs: 4_000 });
  expect(afterStop(stop("overloaded", { advice: "retry" }), { ...fresh, stops: 2 }, 0.5)).toEqual({
    do: "resend",
    inMs: 1_000,
  });
  expect(afterStop(stop("read_only", { advice: "operator" }), fresh, 0)).toEqual({ do: "resend", inMs: OPERATOR_MS });
});
