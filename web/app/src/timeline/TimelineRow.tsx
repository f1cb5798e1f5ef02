import { memo } from "react";
import type { DotKey, RoomId, TimelineItem } from "@greenroom/client";
import { useDayName } from "./days";
import { MessageRow, type RowState } from "./MessageRow";
import { NoticeRow } from "./NoticeRow";
import type { Telling } from "./notices";
import { useWords } from "./words";
import styles from "./TimelineRow.module.css";

/** A line of the list with what stands before it: a day, the border of what is unread. */
export const TimelineRow = memo(function TimelineRow({
  item,
  room,
  thread,
  dayMs,
  unread,
  telling,
  onDay,
  ...state
}: RowState & {
  readonly item: TimelineItem;
  readonly room: RoomId;
  readonly thread: DotKey | undefined;
  readonly dayMs: number | undefined;
  readonly unread: boolean;
  /** Of a notice. */
  readonly telling: Telling | undefined;
  /** Asked for another day. */
  readonly onDay: ((ms: number) => void) | undefined;
}) {
  return (
    <>
      {dayMs !== undefined && <DayDivider ms={dayMs} onDay={onDay} />}
      {unread && <UnreadDivider />}
      {item.kind === "message" ? (
        <MessageRow message={item} room={room} thread={thread} {...state} />
      ) : (
        telling !== "silent" && <NoticeRow notice={item} telling={telling} active={state.active} />
      )}
    </>
  );
});

function DayDivider({ ms, onDay }: { readonly ms: number; readonly onDay: ((ms: number) => void) | undefined }) {
  const { t } = useWords();
  const name = useDayName()(ms);
  const { format } = useWords();
  return (
    <div className={styles.day}>
      {onDay === undefined ? (
        <span className={styles.label}>{name}</span>
      ) : (
        <button
          type="button"
          className={styles.label}
          tabIndex={-1}
          title={`${format.day(ms, 0)} · ${t("toDate")}`}
          onClick={() => onDay(ms)}
        >
          {name}
        </button>
      )}
    </div>
  );
}

function UnreadDivider() {
  const { t } = useWords();
  return (
    <div className={styles.unread}>
      <span>{t("newMessages")}</span>
    </div>
  );
}

/** Stands for a line that is not read from the store yet. */
export function Placeholder() {
  return (
    <div className={styles.placeholder} aria-hidden="true">
      <span className={styles.face} />
      <span className={styles.bars}>
        <span />
        <span />
      </span>
    </div>
  );
}
