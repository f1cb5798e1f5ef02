import { expect, test } from "vitest";
import { clockFault, PATIENCE_MS, sayOf } from "./connection-words";

test("short spells are passed over", () => {
  expect(sayOf({ phase: "connecting", attempt: 1 }, 0)).toEqual({ is: "nothing" });
  expect(sayOf({ phase: "online", syncing: true, server: "s" }, 0)).toEqual({ is: "nothing" });
  expect(sayOf({ phase: "connecting", attempt: 1 }, PATIENCE_MS)).toEqual({ is: "busy", key: "connecting" });
  expect(sayOf({ phase: "connecting", attempt: 2 }, PATIENCE_MS)).toEqual({ is: "busy", key: "reconnecting" });
  expect(sayOf({ phase: "online", syncing: true, server: "s" }, PATIENCE_MS)).toEqual({ is: "busy", key: "syncing" });
});

test("being offline is said at once", () => {
  expect(sayOf({ phase: "waiting", reason: "offline", retryAtMs: 5 }, 0)).toEqual({
    is: "waiting",
    key: "offline",
    retryAtMs: 5,
  });
});

test("another version asks for a reload, a bad token for a sign-in", () => {
  expect(sayOf({ phase: "refused", reason: "incompatible", message: "m" }, 0)).toMatchObject({ act: "reload" });
  expect(sayOf({ phase: "refused", reason: "token_expired", message: "m" }, 0)).toMatchObject({ act: "sign-in" });
});

test("a clock is off beyond five minutes", () => {
  expect(clockFault(299_999)).toBeUndefined();
  expect(clockFault(3_600_000)).toEqual({ is: "behind", byMs: 3_600_000 });
  expect(clockFault(-3_600_000)).toEqual({ is: "ahead", byMs: 3_600_000 });
});
