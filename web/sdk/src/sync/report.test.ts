import { expect, test } from "vitest";
import { AWAY_MS_MIN, ReturnCount } from "./report.js";

const counted = (awayMs: number | undefined, sent: number) => {
  const count = new ReturnCount(awayMs);
  count.sent(sent);
  count.received(240);
  return count;
};

test("a return says what it brought, once", () => {
  const count = counted(AWAY_MS_MIN, 12);
  expect(count.finish()).toEqual({ sent: 12, received: 240, refused: 0, awayMs: AWAY_MS_MIN });
  expect(count.finish()).toBeUndefined();
});

test("a blink is not worth a word, nor is opening the page unless something was sent", () => {
  expect(counted(AWAY_MS_MIN - 1, 12).finish()).toBeUndefined();
  expect(counted(undefined, 0).finish()).toBeUndefined();
  expect(counted(undefined, 3).finish()).toMatchObject({ sent: 3 });
});
