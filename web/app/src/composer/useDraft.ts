import { useEffect, useMemo, useRef, useState } from "react";
import type { DotKey, RoomHandle } from "@greenroom/client";
import { useSlice } from "../state/client";

/** What is typed is kept after a pause, and at once when the page goes. */
const KEEP_AFTER_MS = 250;
/** Drafts of threads live as long as the page: so many. */
const THREAD_DRAFTS_MAX = 50;

const threadDrafts = new Map<DotKey, string>();

export interface Draft {
  /** Changes when the field must begin anew with {@link Draft.initial}. */
  readonly key: string;
  readonly initial: string;
  readonly keep: (text: string) => void;
  readonly clear: () => void;
  /** Brings a text back that could not be kept as a message. */
  readonly restore: (text: string) => void;
}

/** What was begun and not sent in a room (on the device) or a thread. */
export const useDraft = (room: RoomHandle, thread: DotKey | undefined): Draft => {
  const stored = useSlice(room.draft);
  const kept = thread === undefined ? stored : (threadDrafts.get(thread) ?? "");
  const [begun, setBegun] = useState({ times: 0, initial: kept, touched: kept !== "" });
  // The store answers after the first render; nothing was typed by then.
  if (!begun.touched && kept !== begun.initial) setBegun({ times: begun.times + 1, initial: kept, touched: true });
  const pending = useRef<{ readonly text: string; readonly timer: ReturnType<typeof setTimeout> }>(undefined);
  const keeper = useMemo(() => {
    const flush = (): void => {
      if (pending.current === undefined) return;
      clearTimeout(pending.current.timer);
      save(pending.current.text);
    };
    const save = (text: string): void => {
      pending.current = undefined;
      if (thread === undefined) room.setDraft(text);
      else keepThreadDraft(thread, text);
    };
    return {
      flush,
      keep: (text: string) => {
        clearTimeout(pending.current?.timer);
        pending.current = { text, timer: setTimeout(flush, KEEP_AFTER_MS) };
        setBegun((now) => (now.touched ? now : { ...now, touched: true }));
      },
      clear: () => {
        clearTimeout(pending.current?.timer);
        save("");
      },
      restore: (text: string) => {
        save(text);
        setBegun((now) => ({ times: now.times + 1, initial: text, touched: true }));
      },
    };
  }, [room, thread]);
  useEffect(() => {
    window.addEventListener("pagehide", keeper.flush);
    return () => {
      window.removeEventListener("pagehide", keeper.flush);
      keeper.flush();
    };
  }, [keeper]);
  return { key: `draft-${begun.times}`, initial: begun.initial, ...keeper };
};

const keepThreadDraft = (thread: DotKey, text: string): void => {
  threadDrafts.delete(thread);
  if (text === "") return;
  threadDrafts.set(thread, text);
  if (threadDrafts.size > THREAD_DRAFTS_MAX) {
    const [oldest] = threadDrafts.keys();
    if (oldest !== undefined) threadDrafts.delete(oldest);
  }
};
