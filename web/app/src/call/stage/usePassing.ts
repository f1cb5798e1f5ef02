import { useCallback, useEffect, useRef, useState } from "react";
import { announce } from "../../ui/announce";

export interface PassingLine {
  readonly id: number;
  readonly text: string;
}

const LINES_MAX = 3;
const SHOWN_MS = 4_000;

/** Short lines that go by themselves, over the tiles: a toast would lie on the controls. */
export function usePassing() {
  const [lines, setLines] = useState<readonly PassingLine[]>([]);
  const last = useRef(0);
  const timers = useRef(new Set<ReturnType<typeof setTimeout>>());
  useEffect(() => {
    const running = timers.current;
    return () => {
      for (const timer of running) clearTimeout(timer);
    };
  }, []);
  const tell = useCallback((text: string) => {
    last.current += 1;
    const id = last.current;
    announce(text);
    setLines((now) => [...now, { id, text }].slice(-LINES_MAX));
    const timer = setTimeout(() => {
      timers.current.delete(timer);
      setLines((now) => now.filter((line) => line.id !== id));
    }, SHOWN_MS);
    timers.current.add(timer);
  }, []);
  return { lines, tell } as const;
}
