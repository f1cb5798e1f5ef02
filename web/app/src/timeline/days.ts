import { useCallback } from "react";
import { sameDay } from "../i18n/format";
import { useNow } from "../state/now";
import { useWords } from "./words";

const DAY_MS = 86_400_000;

/** Names of days as people say them: today, yesterday, a date. Of Unix milliseconds. */
export const useDayName = (): ((ms: number) => string) => {
  const { t, format } = useWords();
  const now = useNow();
  return useCallback(
    (ms) => {
      const nowMs = now();
      if (sameDay(ms, nowMs)) return t("today");
      if (sameDay(ms, nowMs - DAY_MS)) return t("yesterday");
      return format.day(ms, nowMs);
    },
    [t, format, now],
  );
};
