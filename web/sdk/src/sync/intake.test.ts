import { expect, test, vi } from "vitest";
import type { Entry } from "../protocol/op.js";
import type { RoomId } from "../protocol/values.js";
import type { LocalStore } from "../store/local-store.js";
import { Intake } from "./intake.js";

const ROOM = "0".repeat(32) as RoomId;
const entry = (offset: number) =>
  ({ offset, stamp: [1, 0], op: { dot: ["0".repeat(16), offset], hlc: [1, 0], kind: "x" } }) as unknown as Entry;

const intakeOf = (take: LocalStore["take"]) => {
  const failed = vi.fn();
  const store = { take } as LocalStore; // the intake asks nothing else of it
  return { failed, intake: new Intake({ store, found: () => undefined, failed, overflowed: () => undefined }) };
};

test("pages and steps of a room come in order, following pages in one go", async () => {
  const seen: unknown[] = [];
  const { intake, failed } = intakeOf((_, entries) => {
    seen.push(entries.map(({ offset }) => offset));
    return Promise.resolve([]);
  });
  intake.step(ROOM, () => Promise.resolve());
  intake.entries(ROOM, [entry(1)], "resumed");
  intake.entries(ROOM, [entry(2)], "resumed");
  intake.step(ROOM, () => Promise.resolve(void seen.push("synced")));
  intake.entries(ROOM, [entry(3)], "live");
  await intake.settled();
  expect(seen).toEqual([[1, 2], "synced", [3]]);
  expect(failed).not.toHaveBeenCalled();
});

test("after a failure nothing moves the cursor over what is missing", async () => {
  const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const { intake, failed } = intakeOf(() => Promise.reject(new Error("a bug")));
  const synced = vi.fn(() => Promise.resolve());
  intake.entries(ROOM, [entry(1)], "resumed");
  intake.step(ROOM, synced);
  await intake.settled();
  expect(synced).not.toHaveBeenCalled();
  expect(failed).toHaveBeenCalledOnce();
  expect(log).toHaveBeenCalledOnce();
});
