import { expect, test } from "vitest";
import { formatOf, sameDay } from "./format";
import { chooseLanguage, localeOf } from "./language";

const en = formatOf("en");
const zh = formatOf("zh");
const NOON = new Date(2026, 10, 20, 12, 0).getTime();
const HOUR_MS = 3_600_000;

test("counts stop at 99", () => {
  expect(en.count(99)).toBe("99");
  expect(en.count(100)).toBe("99+");
});

test("lists and durations follow the language", () => {
  expect(en.list(["Ann", "Ben", "Cleo"])).toBe("Ann, Ben, and Cleo");
  expect(zh.list(["安", "本"])).toBe("安和本");
  expect(en.duration(40_000)).toBe("40 sec");
  expect(en.duration(65 * 60_000)).toBe("1 hr 5 min");
  expect(en.bytes(1_540_000)).toBe("1.5 MB");
});

test("what was today shows its time, what was not its day", () => {
  expect(en.shortMoment(NOON, NOON + HOUR_MS)).toBe(en.time(NOON));
  expect(en.shortMoment(NOON, NOON + 13 * HOUR_MS)).toBe("Nov 20");
  expect(en.shortMoment(NOON, NOON + 400 * 24 * HOUR_MS)).toBe("Nov 20, 2026");
  expect(sameDay(NOON, NOON + 31 * 24 * HOUR_MS)).toBe(false);
});

test("relative times choose their unit", () => {
  expect(en.relative(NOON - 5_000, NOON)).toBe("5 seconds ago");
  expect(en.relative(NOON + 2 * HOUR_MS, NOON)).toBe("in 2 hours");
  expect(zh.relative(NOON - 60_000, NOON)).toBe("1分钟前");
});

test("the clock is that of the person's region, whatever language is spoken", () => {
  const time = (...to: Parameters<typeof localeOf>) => formatOf(localeOf(...to)).time(NOON + 2 * HOUR_MS);
  expect(time("en", ["en-GB", "en"])).toBe("14:00");
  expect(time("en", ["en-US"])).toMatch(/^2:00\sPM$/);
  expect(time("en", ["de-DE", "de"])).toBe("14:00");
  expect(time("en", ["de-DE", "en-US"])).toMatch(/^2:00\sPM$/);
  expect(time("zh", ["zh-CN"])).toBe("14:00");
  expect(localeOf("en", ["en-US@posix"])).toBe("en");
});

test("the language is the first one the app speaks", () => {
  expect(chooseLanguage("system", ["de-DE", "zh-CN", "en"])).toBe("zh");
  expect(chooseLanguage("system", ["EN-gb"])).toBe("en");
  expect(chooseLanguage("system", ["fr"])).toBe("en");
  expect(chooseLanguage("zh", ["en"])).toBe("zh");
});
