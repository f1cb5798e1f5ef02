import { useEffect, useState, type RefObject } from "react";
import type { Box } from "./arrange/grid";

/** The inner size of an element, as it changes. */
export function useBox(element: RefObject<HTMLElement | null>): Box | undefined {
  const [box, setBox] = useState<Box>();
  useEffect(() => {
    // The observer of the element's own window: it may be another one than the page's.
    const home = element.current?.ownerDocument.defaultView;
    if (!element.current || !home) return;
    const observer = new home.ResizeObserver(([entry]) => {
      if (entry)
        setBox({ widthPx: Math.floor(entry.contentRect.width), heightPx: Math.floor(entry.contentRect.height) });
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return box;
}
