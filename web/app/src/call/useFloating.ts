import { useCallback, useEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import { keep, kept } from "../state/kept";
import { cornerByKey, cornerFrom, cornerText, nearestCorner, within, type Corner } from "./arrange/float";
import type { Box } from "./arrange/grid";

/** Less than this is a press, not a drag. */
const DRAG_MIN_PX = 6;
const SNAP_MS = 150;

interface Drag {
  readonly fromX: number;
  readonly fromY: number;
  readonly window: DOMRect;
  readonly area: DOMRect;
}

/**
 * A window that is dragged to the corners of its container, moved there by arrow keys, and remembers which. Until then it
 * stands at `fallback`.
 */
export function useFloating<E extends HTMLElement>(key: string, fallback: Corner) {
  const ref = useRef<E>(null);
  const [chosen, setChosen] = useState(() => cornerFrom(kept("device", key)));
  const corner = chosen ?? fallback;
  const stop = useRef<() => void>(undefined);
  const dragged = useRef(false);

  const settle = useCallback(
    (to: Corner) => {
      const element = ref.current;
      const before = element?.getBoundingClientRect();
      setChosen(to);
      keep("device", key, cornerText(to));
      if (element && before) glide(element, before);
    },
    [key],
  );

  const onPointerDown = useCallback(
    (event: PointerEvent) => {
      const element = ref.current;
      const area = element?.offsetParent ?? document.documentElement;
      const pressed = event.target instanceof Element ? event.target.closest("button, a") : null;
      if (!element || event.button !== 0 || (pressed && !pressed.hasAttribute("data-drag-handle"))) return;
      stop.current?.();
      dragged.current = false;
      const drag: Drag = {
        fromX: event.clientX,
        fromY: event.clientY,
        window: element.getBoundingClientRect(),
        area: area.getBoundingClientRect(),
      };
      stop.current = follow(event.pointerId, {
        move: (x, y) => {
          const [dx, dy] = [x - drag.fromX, y - drag.fromY];
          if (!dragged.current && Math.hypot(dx, dy) < DRAG_MIN_PX) return;
          dragged.current = true;
          const at = placeOf(drag, dx, dy);
          const [left, top] = [drag.window.x - drag.area.x, drag.window.y - drag.area.y];
          element.style.transform = `translate(${at.xPx - left}px, ${at.yPx - top}px)`;
        },
        end: (x, y) => {
          if (!dragged.current) return;
          const at = placeOf(drag, x - drag.fromX, y - drag.fromY);
          settle(nearestCorner(at, sizeOf(drag.window), sizeOf(drag.area), rightToLeft()));
        },
      });
    },
    [settle],
  );
  useEffect(() => () => stop.current?.(), []);

  const onKeyDown = useCallback(
    (event: KeyboardEvent) => {
      const to = cornerByKey(corner, event.key, rightToLeft());
      if (!to) return;
      event.preventDefault();
      settle(to);
    },
    [corner, settle],
  );

  /** For those who cannot drag: each press moves it on by one corner. The press that ends a drag does not. */
  const onNext = useCallback(() => {
    if (!dragged.current) settle(nextCorner(corner));
    dragged.current = false;
  }, [corner, settle]);

  return {
    window: ref,
    corner,
    place: { onPointerDown },
    handle: { onKeyDown, onClick: onNext, "data-drag-handle": "" },
  } as const;
}

const rightToLeft = (): boolean => document.documentElement.dir === "rtl";
const sizeOf = ({ width, height }: DOMRect): Box => ({ widthPx: width, heightPx: height });
const placeOf = ({ window, area }: Drag, dx: number, dy: number) =>
  within({ xPx: window.x - area.x + dx, yPx: window.y - area.y + dy }, sizeOf(window), sizeOf(area));

/** Follows a pointer wherever it goes until it is let go. */
function follow(
  pointer: number,
  on: { readonly move: (x: number, y: number) => void; readonly end: (x: number, y: number) => void },
): () => void {
  const over = new AbortController();
  const { signal } = over;
  const mine = (does: (x: number, y: number) => void) => (event: globalThis.PointerEvent) => {
    if (event.pointerId === pointer) does(event.clientX, event.clientY);
  };
  const end = mine((x, y) => {
    over.abort();
    on.end(x, y);
  });
  window.addEventListener("pointermove", mine(on.move), { signal });
  window.addEventListener("pointerup", end, { signal });
  window.addEventListener("pointercancel", end, { signal });
  return () => over.abort();
}

const nextCorner = (corner: Corner): Corner =>
  corner.block === corner.inline
    ? { ...corner, inline: corner.inline === "start" ? "end" : "start" }
    : { ...corner, block: corner.block === "start" ? "end" : "start" };

/** Slides from where it was to where it is now, once that is drawn. */
function glide(element: HTMLElement, before: DOMRect): void {
  element.style.transform = "";
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  requestAnimationFrame(() => {
    const now = element.getBoundingClientRect();
    const from = `translate(${before.x - now.x}px, ${before.y - now.y}px)`;
    element.animate([{ transform: from }, { transform: "none" }], { duration: SNAP_MS, easing: "ease-out" });
  });
}
