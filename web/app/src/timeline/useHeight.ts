import { useCallback, useState, type RefCallback } from "react";

/** The height of an element in pixels, before it is first painted and as it changes. Give the element the `ref`. */
export const useHeight = (): [ref: RefCallback<HTMLElement>, heightPx: number] => {
  const [heightPx, setHeightPx] = useState(0);
  const ref = useCallback((element: HTMLElement | null) => {
    if (element === null) return undefined;
    const measure = () => setHeightPx(element.getBoundingClientRect().height);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, heightPx];
};
