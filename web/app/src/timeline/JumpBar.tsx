import { useState } from "react";
import { ArrowDown, ArrowUp, CalendarDays } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { TimelineView } from "@greenroom/client";
import { useFormat } from "../i18n/format";
import { useDayName } from "./days";
import type { Scroll } from "./useScroll";
import styles from "./JumpBar.module.css";

/** Ways out of where one is: to the latest, to the first unread, to another day. */
export function JumpBar({
  view,
  scroll,
  unread,
  seenMs,
  onDay,
}: {
  readonly view: TimelineView;
  readonly scroll: Scroll;
  readonly unread: number;
  /** When the first line that is seen was written. */
  readonly seenMs: number | undefined;
  readonly onDay: ((ms: number) => void) | undefined;
}) {
  const { t } = useTranslation("timeline");
  const format = useFormat();
  const dayName = useDayName();
  const [passed, setPassed] = useState<string>();
  const { firstUnread } = view;
  const unreadAt = firstUnread === undefined ? -1 : view.items.findIndex((item) => item.key === firstUnread);
  const unreadAbove =
    firstUnread !== undefined &&
    passed !== firstUnread &&
    (unreadAt === -1 || view.offset + unreadAt < scroll.firstSeen);
  const away = !scroll.atEnd;
  return (
    <>
      <div className={styles.top}>
        {unreadAbove && (
          <button
            type="button"
            className={styles.pill}
            onClick={() => {
              setPassed(firstUnread);
              void scroll.toMessage(firstUnread);
            }}
          >
            <ArrowUp size={14} aria-hidden="true" />
            {t("toUnread")}
          </button>
        )}
        {!unreadAbove && away && scroll.firstSeen > 0 && seenMs !== undefined && onDay !== undefined && (
          <button type="button" className={styles.day} title={t("toDate")} onClick={() => onDay(seenMs)}>
            <CalendarDays size={14} aria-hidden="true" />
            {dayName(seenMs)}
          </button>
        )}
      </div>
      {away && (
        <div className={styles.bottom}>
          <button
            type="button"
            className={styles.latest}
            aria-label={unread > 0 ? `${t("toLatest")}: ${t("toLatestNew", { count: unread })}` : t("toLatest")}
            title={t("toLatest")}
            onClick={scroll.toLatest}
          >
            {unread > 0 && (
              <span className={styles.count} aria-hidden="true">
                {format.count(unread)}
              </span>
            )}
            <ArrowDown size={18} aria-hidden="true" />
          </button>
        </div>
      )}
    </>
  );
}
