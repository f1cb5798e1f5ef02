import { useEffect, useMemo, useRef, useState } from "react";
import type { DotKey, RoomHandle } from "@greenroom/client";
import { useSlice } from "../state/client";
import { forgetLastWords, keepLastWords, lastWords } from "./last-words";
import { keepThreadDraft, threadDraft } from "./thread-drafts";

export interface Draft {
  /** Changes when the field must begin anew with {@link Draft.initial}. */
  readonly key: string;
  readonly initial: string;
  readonly keep: (text: string) => void;
  readonly clear: () => void;
  /** Brings a text back that could not be kept as a message. */
  readonly restore: (text: string) => void;
}

/** What was begun and not sent in a room or a thread, on this device. */
export const useDraft = (room: RoomHandle, thread: DotKey | undefined): Draft => {
  const stored = useSlice(room.draft);
  const kept = thread === undefined ? stored : threadDraft(thread);
  const [begun, setBegun] = useState(() => {
    const rescued = thread === undefined ? lastWords(room.id) : undefined;
    const initial = rescued ?? kept;
    return { times: 0, initial, touched: initial !== "" || rescued !== undefined };
  });
  // The store answers after the first render; nothing was typed by then.
  if (!begun.touched && kept !== begun.initial) setBegun({ times: begun.times + 1, initial: kept, touched: true });
  const latest = useRef<string>(undefined);
  const keeper = useMemo(() => {
    const save = (text: string): void => {
      latest.current = text;
      if (thread === undefined) room.setDraft(text);
      else keepThreadDraft(thread, text, Date.now());
    };
    return {
      keep: (text: string) => {
        save(text);
        setBegun((now) => (now.touched ? now : { ...now, touched: true }));
      },
      clear: () => save(""),
      restore: (text: string) => {
        save(text);
        setBegun((now) => ({ times: now.times + 1, initial: text, touched: true }));
      },
    };
  }, [room, thread]);
  useEffect(() => {
    if (thread !== undefined) return undefined;
    const rescued = lastWords(room.id);
    if (rescued !== undefined) room.setDraft(rescued);
    forgetLastWords(room.id);
    const leave = (): void => {
      if (latest.current !== undefined) keepLastWords(room.id, latest.current);
    };
    // Back from the browser's cache of pages: the field still has it.
    const comeBack = (): void => forgetLastWords(room.id);
    window.addEventListener("pagehide", leave);
    window.addEventListener("pageshow", comeBack);
    return () => {
      window.removeEventListener("pagehide", leave);
      window.removeEventListener("pageshow", comeBack);
    };
  }, [room, thread]);
  return { key: `draft-${begun.times}`, initial: begun.initial, ...keeper };
};
