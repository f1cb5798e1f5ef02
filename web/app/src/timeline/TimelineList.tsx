import { useEffect, useMemo, useRef, useState, type ReactElement, type ReactNode } from "react";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import { useTranslation } from "react-i18next";
import type { DotKey, RoomHandle, Timeline, TimelineView } from "@greenroom/client";
import { registerLastOwn } from "../composer/lastOwn";
import { useEditing } from "../composer/editing";
import { onSent } from "../composer/sent";
import { useClient, useSlice } from "../state/client";
import { Spinner } from "../ui/Spinner";
import { useMessageActions } from "./actions";
import { JumpBar } from "./JumpBar";
import { mayWith } from "./may";
import { tellingsOf } from "./notices";
import { usePeople } from "./people";
import { countOf, layoutOf, momentOf, movedAtFront, readersOf } from "./rows";
import { Placeholder, TimelineRow } from "./TimelineRow";
import { useAnnounceNew } from "./useAnnounceNew";
import { useHeight } from "./useHeight";
import { useMarkRead } from "./useMarkRead";
import { useRowEvents } from "./useRowEvents";
import { useScroll, type Scroll } from "./useScroll";
import { useVisit } from "./useVisit";
import styles from "./TimelineList.module.css";

/** Lines are mounted this far beyond what is seen. */
const BUFFER_PX = 400;

/** A view and whether it must hold its end when it is shown: lines came before those that were there. */
interface Frame {
  readonly view: TimelineView;
  readonly shift: boolean;
}

export interface TimelineListProps {
  readonly room: RoomHandle;
  readonly timeline: Timeline;
  readonly thread?: DotKey | undefined;
  /** The message to go to, told apart. */
  readonly at?: DotKey | undefined;
  readonly onDay?: ((ms: number) => void) | undefined;
  /** What stands where it all began. */
  readonly start: ReactNode;
  /** Gives away how to move the list. */
  readonly onScrollReady?: (scroll: Scroll) => void;
}

/** Lines of a room or a thread: any number of them, in a window that follows what is seen. */
export function TimelineList(props: TimelineListProps) {
  const { t } = useTranslation("timeline");
  const loading = useSlice(props.timeline.view).state === "loading";
  if (!loading) return <LoadedList {...props} />;
  return (
    <div className={styles.waiting}>
      <Spinner label={t("loading")} />
    </div>
  );
}

function LoadedList({ room, timeline, thread, at, onDay, start, onScrollReady }: TimelineListProps) {
  const { t } = useTranslation("timeline");
  const latest = useSlice(timeline.view);
  const [frame, setFrame] = useState<Frame>({ view: latest, shift: false });
  if (frame.view !== latest) setFrame({ view: latest, shift: movedAtFront(frame.view, latest) });
  const { view, shift } = frame;

  const list = useRef<VirtualizerHandle>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const [lead, leadPx] = useHeight();
  const scroll = useScroll(timeline, view, list, scroller, leadPx, at === undefined);
  const people = usePeople();
  const actions = useMessageActions();
  const summary = useSlice(room.summary);
  const editing = useEditing({ room: room.id, thread })?.key;
  const members = useSlice(room.members);
  const readers = useMemo(() => readersOf(view.items, members, people.self), [view.items, members, people.self]);
  const tellings = useMemo(() => tellingsOf(view.items, people.direct, people.lifted), [view.items, people]);
  const role = summary?.role;
  const { active, focused, pointed } = useRowEvents(scroller, {
    view,
    thread,
    actions,
    may: (message) => mayWith(message, people.self, role),
    silent: (key) => tellings.get(key) === "silent",
    scrollToIndex: (index) => scroll.toIndex(index, "nearest"),
  });
  useAnnounceNew(view, people, thread === undefined);
  // A marker is one for all of a room: it goes on with a thread only where nothing of the room itself is passed over.
  useMarkRead(room, view, scroll.atEnd && (thread === undefined || summary?.unread === 0));
  const { toLatest } = scroll;
  useEffect(
    () => onSent((inRoom, inThread) => inRoom === room.id && inThread === thread && toLatest()),
    [room.id, thread, toLatest],
  );
  const lastOwn = view.items.findLast(
    (item) => item.kind === "message" && item.author === people.self && mayWith(item, people.self, role).edit,
  );
  useEffect(
    () => registerLastOwn(thread, () => (lastOwn?.kind === "message" ? lastOwn : undefined)),
    [thread, lastOwn],
  );
  useVisit(room.id, scroll, at);
  useEffect(() => onScrollReady?.(scroll), [onScrollReady, scroll]);

  const count = countOf(view);
  const data = useMemo((): ArrayLike<undefined> => ({ length: count }), [count]);
  const lastKey = view.items.at(-1)?.key;
  const activeIndex = active === undefined ? -1 : view.items.findIndex((item) => item.key === active);
  const row = (_: undefined, index: number): ReactElement => {
    const item = view.items[index - view.offset];
    if (item === undefined) return <Placeholder key={`place-${index}`} />;
    const layout = layoutOf(item, view.items[index - view.offset - 1], view.firstUnread);
    const isActive = activeIndex === -1 ? item.key === lastKey : item.key === active;
    return (
      <TimelineRow
        key={item.key}
        item={item}
        room={room.id}
        thread={thread}
        {...layout}
        telling={tellings.get(item.key)}
        onDay={onDay}
        active={isActive}
        open={item.key === pointed || item.key === focused}
        highlighted={item.key === at}
        editing={item.key === editing}
        readers={readers.get(item.key)?.join(",") ?? ""}
      />
    );
  };

  return (
    <div className={styles.area}>
      {/* eslint-disable jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keys */}
      <div
        ref={scroller}
        className={styles.scroller}
        role="log"
        aria-live="off"
        aria-label={t(thread === undefined ? "log" : "threadLog")}
        aria-busy={view.before === "server" && view.offset === 0}
        tabIndex={0}
      >
        {/* eslint-enable jsx-a11y/no-noninteractive-tabindex */}
        <div ref={lead} className={styles.lead}>
          {view.offset === 0 && (view.before === "start" ? start : <Older />)}
        </div>
        <Virtualizer
          ref={list}
          data={data}
          scrollRef={scroller}
          startMargin={leadPx}
          shift={shift}
          bufferSize={BUFFER_PX}
          keepMounted={activeIndex === -1 ? NONE : [view.offset + activeIndex]}
          onScroll={scroll.onScroll}
          onResize={scroll.onResize}
        >
          {row}
        </Virtualizer>
      </div>
      <JumpBar
        view={view}
        scroll={scroll}
        unread={thread === undefined ? (summary?.unread ?? 0) : 0}
        seenMs={seenMs(view, scroll.firstSeen)}
        onDay={onDay}
      />
    </div>
  );
}

const NONE: readonly number[] = [];

/** When the first line that is seen was written. */
const seenMs = (view: TimelineView, firstSeen: number): number | undefined => {
  const item = view.items[firstSeen - view.offset];
  return item === undefined ? undefined : momentOf(item);
};

/** What lies before is read or fetched; offline it waits, and says so. */
function Older() {
  const { t } = useTranslation("timeline");
  const online = useSlice(useClient().connection).phase === "online";
  return (
    <div className={styles.older}>
      {online && <Spinner size={16} />}
      {t(online ? "older" : "olderOffline")}
    </div>
  );
}
