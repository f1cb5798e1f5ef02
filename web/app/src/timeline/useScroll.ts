import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from "react";
import type { DotKey, Timeline, TimelineView } from "@greenroom/client";
import type { VirtualizerHandle } from "virtua";
import { countOf } from "./rows";

/** Items kept loaded beyond what is seen, either way, so that nobody scrolls into emptiness. */
const AHEAD_ITEMS = 50;
/** So near the end counts as at the end. */
const END_SLACK_PX = 48;

/** Where the list stands. */
export interface Scroll {
  readonly atEnd: boolean;
  /** Index of the first line that is seen. */
  readonly firstSeen: number;
  readonly onScroll: () => void;
  readonly onResize: () => void;
  /** Keeps to the end from now on. */
  readonly toLatest: () => void;
  readonly toIndex: (index: number, align: "start" | "center" | "nearest") => void;
  /** Moves to a message; `false` when it cannot be had. */
  readonly toMessage: (key: DotKey) => Promise<boolean>;
  readonly toPlace: (index: number) => Promise<void>;
}

/**
 * Keeps the window of a timeline around what is seen, and the list at its end while one is there. What stands before
 * the list in what scrolls is `leadPx` high.
 */
export const useScroll = (
  timeline: Timeline,
  view: TimelineView,
  list: RefObject<VirtualizerHandle | null>,
  scroller: RefObject<HTMLElement | null>,
  leadPx: number,
  startAtEnd: boolean,
): Scroll => {
  const stuck = useRef(startAtEnd);
  const busy = useRef(false);
  const lastOffset = useRef(0);
  const [atEnd, setAtEnd] = useState(startAtEnd);
  const [firstSeen, setFirstSeen] = useState(0);

  const stick = useCallback(() => {
    const now = timeline.view.get();
    if (stuck.current && !now.after && countOf(now) > 0)
      list.current?.scrollToIndex(countOf(now) - 1, { align: "end" });
  }, [timeline, list]);

  const follow = useCallback(
    function again(): void {
      const handle = list.current;
      const now = timeline.view.get();
      if (handle === null || busy.current || now.state !== "ready" || now.items.length === 0) return;
      const topPx = handle.scrollOffset - leadPx;
      const first = handle.findItemIndex(topPx);
      const last = handle.findItemIndex(topPx + handle.viewportSize);
      setFirstSeen(first);
      const work = nextLoad(timeline, now, first, last);
      if (work === undefined) return;
      busy.current = true;
      void work.finally(() => {
        busy.current = false;
        // Without news there is nothing to go on with: offline, or the start.
        if (timeline.view.get() !== now) requestAnimationFrame(again);
      });
    },
    [timeline, list, leadPx],
  );

  const onScroll = useCallback(() => {
    const [handle, box] = [list.current, scroller.current];
    if (handle === null || box === null) return;
    const leftPx = box.scrollHeight - box.scrollTop - box.clientHeight;
    const nearEnd = leftPx <= END_SLACK_PX && !timeline.view.get().after;
    // Growing content moves the end away; only a move upwards leaves it.
    if (nearEnd) stuck.current = true;
    else if (handle.scrollOffset < lastOffset.current - 1) stuck.current = false;
    lastOffset.current = handle.scrollOffset;
    setAtEnd(stuck.current || nearEnd);
    follow();
  }, [timeline, list, scroller, follow]);

  useLayoutEffect(stick, [view, leadPx, stick]);
  useEffect(follow, [view, follow]);

  const toIndex = useCallback(
    (index: number, align: "start" | "center" | "nearest") => {
      stuck.current = false;
      setAtEnd(false);
      // After the render that knows the index.
      requestAnimationFrame(() => list.current?.scrollToIndex(index, { align }));
    },
    [list],
  );

  return {
    atEnd,
    firstSeen,
    onScroll,
    onResize: useCallback(() => {
      stick();
      follow();
    }, [stick, follow]),
    toLatest: useCallback(() => {
      stuck.current = true;
      setAtEnd(true);
      void timeline.jumpToLatest().then(stick);
    }, [timeline, stick]),
    toIndex,
    toMessage: useCallback(
      async (key) => {
        stuck.current = false;
        if (!(await timeline.jumpTo(key))) return false;
        const now = timeline.view.get();
        const at = now.items.findIndex((item) => item.key === key);
        // An answer stands at its root, in the middle of the window.
        toIndex(now.offset + (at === -1 ? now.items.length >> 1 : at), "center");
        return true;
      },
      [timeline, toIndex],
    ),
    toPlace: useCallback(
      async (index) => {
        stuck.current = false;
        await timeline.jumpToIndex(index);
        toIndex(index, "start");
      },
      [timeline, toIndex],
    ),
  };
};

/** What to load for what is seen, the most urgent alone. */
const nextLoad = (timeline: Timeline, view: TimelineView, first: number, last: number): Promise<void> | undefined => {
  const end = view.offset + view.items.length;
  if (last < view.offset || first >= end) {
    const middle = Math.round((first + last) / 2);
    return first >= end && !view.after ? undefined : timeline.jumpToIndex(Math.min(middle, countOf(view) - 1));
  }
  if (view.before !== "start" && first - view.offset < AHEAD_ITEMS) return timeline.loadOlder();
  if (view.after && end - last < AHEAD_ITEMS) return timeline.loadNewer();
  return undefined;
};
