import { useEffect, useRef } from "react";
import { parseDotKey, type DotKey, type RoomHandle, type TimelineView } from "@greenroom/client";
import { useAttention } from "./useAttention";

/** Marks all as read while somebody looks at the end of the list. */
export const useMarkRead = (room: RoomHandle, view: TimelineView, atEnd: boolean): void => {
  const attended = useAttention();
  const marked = useRef<DotKey>(undefined);
  useEffect(() => {
    if (!attended || !atEnd || view.after || view.state !== "ready") return;
    const last = view.items.findLast((item) => item.stamp !== undefined);
    if (last?.stamp === undefined || last.key === marked.current) return;
    const dot = parseDotKey(last.key);
    if (dot === undefined) return;
    marked.current = last.key;
    room.markRead(last.stamp, dot);
  }, [room, view, atEnd, attended]);
};
