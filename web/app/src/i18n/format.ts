import { useTranslation } from "react-i18next";
import { localeOf, type Language } from "./language";

const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;
const DAY_MS = 86_400_000;

/** Numbers, times and lists as the language writes them. Times are Unix milliseconds, durations milliseconds. */
export interface Format {
  number(value: number): string;
  /** Count of a badge: `99+` beyond 99. */
  count(value: number): string;
  /** "14:05" */
  time(ms: number): string;
  /** "Friday, 20 November", with the year when it is another. */
  day(ms: number, nowMs: number): string;
  /** "20 Nov 2026, 14:05" */
  dateTime(ms: number): string;
  /** Time today, else the short date: for lists. */
  shortMoment(ms: number, nowMs: number): string;
  /** "3 minutes ago", "in 4 seconds" */
  relative(ms: number, nowMs: number): string;
  /** "1 h 5 min", "40 s" */
  duration(ms: number): string;
  list(items: readonly string[]): string;
  /** "1.5 MB" */
  bytes(bytes: number): string;
}

/** The format of the language in use. */
export function useFormat(): Format {
  const { i18n } = useTranslation();
  return formatOf(localeOf(i18n.language as Language, navigator.languages)); // only these are ever spoken
}

/** Formatters cost most of a millisecond each to make, and every row of a list asks for some. */
const formats = new Map<string, Format>();

/** The format of a language or locale, one for all. Makes the formatters that are asked for, once. */
export function formatOf(language: string): Format {
  const known = formats.get(language) ?? makeFormat(language);
  formats.set(language, known);
  return known;
}

function makeFormat(language: string): Format {
  const made = new Map<string, unknown>();
  const once = <T>(key: string, make: () => T): T => {
    if (!made.has(key)) made.set(key, make());
    return made.get(key) as T; // stored under this key by `make`
  };
  const date = (key: string, options: Intl.DateTimeFormatOptions) =>
    once(key, () => new Intl.DateTimeFormat(language, options));
  const numbers = () => once("number", () => new Intl.NumberFormat(language));
  const unit = (value: number, name: string) =>
    once(name, () => new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "short" })).format(
      value,
    );
  const format: Format = {
    number: (value) => numbers().format(value),
    count: (value) => (value > 99 ? `${numbers().format(99)}+` : numbers().format(value)),
    time: (ms) => date("time", { timeStyle: "short" }).format(ms),
    day: (ms, nowMs) =>
      sameYear(ms, nowMs)
        ? date("day", { weekday: "long", month: "long", day: "numeric" }).format(ms)
        : date("dayOfYear", { weekday: "long", year: "numeric", month: "long", day: "numeric" }).format(ms),
    dateTime: (ms) => date("dateTime", { dateStyle: "medium", timeStyle: "short" }).format(ms),
    shortMoment: (ms, nowMs) => {
      if (sameDay(ms, nowMs)) return format.time(ms);
      const { options, key } = sameYear(ms, nowMs)
        ? { key: "short", options: { month: "short", day: "numeric" } as const }
        : { key: "shortYear", options: { year: "numeric", month: "short", day: "numeric" } as const };
      return date(key, options).format(ms);
    },
    relative: (ms, nowMs) => {
      const relative = once("relative", () => new Intl.RelativeTimeFormat(language, { numeric: "auto" }));
      const seconds = Math.round((ms - nowMs) / 1000);
      const away = Math.abs(seconds);
      if (away < MINUTE_S) return relative.format(seconds, "second");
      if (away < HOUR_S) return relative.format(Math.round(seconds / MINUTE_S), "minute");
      if (away < DAY_S) return relative.format(Math.round(seconds / HOUR_S), "hour");
      return relative.format(Math.round(seconds / DAY_S), "day");
    },
    duration: (ms) => {
      const seconds = Math.max(0, Math.round(ms / 1000));
      if (seconds < MINUTE_S) return unit(seconds, "second");
      const minutes = Math.floor(seconds / MINUTE_S);
      if (minutes < 60) return unit(minutes, "minute");
      const rest = minutes % 60;
      const hours = unit(Math.floor(minutes / 60), "hour");
      return rest === 0 ? hours : `${hours} ${unit(rest, "minute")}`;
    },
    list: (items) => once("list", () => new Intl.ListFormat(language, { type: "conjunction" })).format(items),
    bytes: (bytes) => {
      const [size, name] =
        bytes < 1e6 ? [bytes / 1e3, "kilobyte"] : bytes < 1e9 ? [bytes / 1e6, "megabyte"] : [bytes / 1e9, "gigabyte"];
      return unit(Math.round(size * 10) / 10, name);
    },
  };
  return format;
}

/** Whether two moments are of one day here. */
export function sameDay(ms: number, otherMs: number): boolean {
  return Math.abs(ms - otherMs) < DAY_MS && new Date(ms).getDate() === new Date(otherMs).getDate();
}

function sameYear(ms: number, otherMs: number): boolean {
  return new Date(ms).getFullYear() === new Date(otherMs).getFullYear();
}
