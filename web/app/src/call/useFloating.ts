import { useCallback, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import { cornerByKey, cornerFrom, cornerText, nearestCorner, within, type Corner } from "./arrange/float";
import type { Box } from "./arrange/grid";

/** Less than this is a press, not a drag. */
const DRAG_MIN_PX = 6;
const SNAP_MS = 150;

interface Drag {
  readonly pointer: number;
  readonly fromX: number;
  readonly fromY: number;
  readonly window: DOMRect;
  readonly area: DOMRect;
  moved: boolean;
}

/** A window that is dragged to the corners of its container, moved there by arrow keys, and remembers which. */
export function useFloating<E extends HTMLElement>(key: string, fallback: Corner) {
  const window = useRef<E>(null);
  const [corner, setCorner] = useState(() => cornerFrom(remembered(key), fallback));
  const drag = useRef<Drag | undefined>(undefined);

  const settle = useCallback(
    (to: Corner) => {
      const element = window.current;
      const before = element?.getBoundingClientRect();
      setCorner(to);
      remember(key, to);
      if (element && before) glide(element, before);
    },
    [key],
  );

  const onPointerDown = useCallback((event: PointerEvent) => {
    const element = window.current;
    const area = element?.offsetParent ?? document.documentElement;
    const pressed = event.target instanceof Element ? event.target.closest("button, a") : null;
    if (!element || event.button !== 0 || (pressed && !pressed.hasAttribute("data-drag-handle"))) return;
    drag.current = {
      pointer: event.pointerId,
      fromX: event.clientX,
      fromY: event.clientY,
      window: element.getBoundingClientRect(),
      area: area.getBoundingClientRect(),
      moved: false,
    };
  }, []);

  const onPointerMove = useCallback((event: PointerEvent) => {
    const element = window.current;
    const { current } = drag;
    if (!element || current?.pointer !== event.pointerId) return;
    const [dx, dy] = [event.clientX - current.fromX, event.clientY - current.fromY];
    if (!current.moved && Math.hypot(dx, dy) < DRAG_MIN_PX) return;
    if (!current.moved) element.setPointerCapture(event.pointerId);
    current.moved = true;
    const at = placeOf(current, dx, dy);
    const [x, y] = [at.xPx - (current.window.x - current.area.x), at.yPx - (current.window.y - current.area.y)];
    element.style.transform = `translate(${x}px, ${y}px)`;
  }, []);

  const onPointerUp = useCallback(
    (event: PointerEvent) => {
      const { current } = drag;
      drag.current = undefined;
      if (!current?.moved) return;
      const at = placeOf(current, event.clientX - current.fromX, event.clientY - current.fromY);
      settle(nearestCorner(at, sizeOf(current.window), sizeOf(current.area), rightToLeft()));
    },
    [settle],
  );

  const onKeyDown = useCallback(
    (event: KeyboardEvent) => {
      const to = cornerByKey(corner, event.key, rightToLeft());
      if (!to) return;
      event.preventDefault();
      settle(to);
    },
    [corner, settle],
  );

  /** For those who cannot drag: each press moves it on by one corner. */
  const onNext = useCallback(
    () =>
      settle(
        corner.block === corner.inline
          ? { ...corner, inline: corner.inline === "start" ? "end" : "start" }
          : { ...corner, block: corner.block === "start" ? "end" : "start" },
      ),
    [corner, settle],
  );

  return {
    window,
    corner,
    place: { onPointerDown, onPointerMove, onPointerUp, onPointerCancel: onPointerUp },
    handle: { onKeyDown, onClick: onNext, "data-drag-handle": "" },
  } as const;
}

const rightToLeft = (): boolean => document.documentElement.dir === "rtl";
const sizeOf = ({ width, height }: DOMRect): Box => ({ widthPx: width, heightPx: height });
const placeOf = ({ window, area }: Drag, dx: number, dy: number) =>
  within({ xPx: window.x - area.x + dx, yPx: window.y - area.y + dy }, sizeOf(window), sizeOf(area));

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

function remembered(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage is blocked
  }
}

function remember(key: string, corner: Corner): void {
  try {
    localStorage.setItem(key, cornerText(corner));
  } catch {
    // It holds until the page is closed.
  }
}
