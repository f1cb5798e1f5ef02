import { useEffect, useRef, useState, type RefObject } from "react";
import type { DotKey, Message, TimelineItem, TimelineView } from "@greenroom/client";
import { focusComposer } from "../composer/focus";
import { anchorAt, anchorAtPoint, type MessageActions } from "./actions";
import type { May } from "./may";

/** A finger resting so long opens the menu. */
const LONG_PRESS_MS = 500;
/** A finger may tremble so much. */
const PRESS_SLACK_PX = 10;
/** Frames to wait for a row that is being scrolled to. */
const FRAMES_MAX = 12;

/** The rows that are told apart. */
export interface RowFocus {
  /** What Tab enters and arrows start from; the last line when `undefined`. */
  readonly active: DotKey | undefined;
  readonly focused: DotKey | undefined;
  readonly pointed: DotKey | undefined;
}

interface Inputs {
  readonly view: TimelineView;
  readonly thread: DotKey | undefined;
  readonly actions: MessageActions;
  readonly may: (message: Message) => May;
  /** Whether a line shows nothing: arrows go over it. */
  readonly silent: (key: DotKey) => boolean;
  readonly scrollToIndex: (index: number) => void;
}

/** Keys, pointer and touch on the rows of a list, heard once for all of them. */
export const useRowEvents = (scroller: RefObject<HTMLElement | null>, inputs: Inputs): RowFocus => {
  const [active, setActive] = useState<DotKey>();
  const [focused, setFocused] = useState<DotKey>();
  const [pointed, setPointed] = useState<DotKey>();
  const latest = useRef(inputs);
  useEffect(() => {
    latest.current = inputs;
  });
  useEffect(() => {
    const list = scroller.current;
    if (list === null) return undefined;
    const ending = new AbortController();
    const on = <K extends keyof HTMLElementEventMap>(kind: K, hear: (event: HTMLElementEventMap[K]) => void): void =>
      list.addEventListener(kind, hear, { signal: ending.signal });
    on("focusin", (event) => {
      const row = rowOf(event.target);
      setFocused(keyOf(row));
      if (row !== undefined) setActive(keyOf(row));
    });
    on("focusout", (event) => {
      if (!(event.relatedTarget instanceof Node && list.contains(event.relatedTarget))) setFocused(undefined);
    });
    on("pointerover", (event) => setPointed(keyOf(rowOf(event.target))));
    on("pointerleave", () => setPointed(undefined));
    on("contextmenu", (event) => openMenuAt(event, latest.current));
    on("keydown", (event) => onKey(event, list, latest.current));
    listenForLongPress(list, ending.signal, () => latest.current);
    return () => ending.abort();
  }, [scroller]);
  return { active, focused, pointed };
};

const rowOf = (target: EventTarget | null): HTMLElement | undefined =>
  target instanceof Element ? (target.closest<HTMLElement>("[data-key]") ?? undefined) : undefined;

const keyOf = (row: HTMLElement | undefined): DotKey | undefined => row?.dataset.key as DotKey | undefined;

const itemOf = (row: HTMLElement | undefined, { view }: Inputs): TimelineItem | undefined => {
  const key = keyOf(row);
  return key === undefined ? undefined : view.items.find((item) => item.key === key);
};

const openMenuAt = (event: MouseEvent, inputs: Inputs): void => {
  const row = rowOf(event.target);
  const item = itemOf(row, inputs);
  // Links and selected text keep the browser's own menu.
  const ownMenu = event.target instanceof Element && event.target.closest("a, input, textarea") !== null;
  if (row === undefined || item?.kind !== "message" || ownMenu || getSelection()?.isCollapsed === false) return;
  event.preventDefault();
  // The menu key of a keyboard has no point.
  const byKey = event.clientX === 0 && event.clientY === 0;
  inputs.actions.openMenu(item, byKey ? anchorAt(row) : anchorAtPoint(row, event.clientX, event.clientY));
};

const onKey = (event: KeyboardEvent, list: HTMLElement, inputs: Inputs): void => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const row = rowOf(event.target);
  if (row !== event.target && event.target !== list) return;
  const run = actOf(event, row, list, inputs);
  if (run === undefined) return;
  event.preventDefault();
  run();
};

const actOf = (
  event: KeyboardEvent,
  row: HTMLElement | undefined,
  list: HTMLElement,
  inputs: Inputs,
): (() => void) | undefined => {
  const { view, actions, thread } = inputs;
  const item = itemOf(row, inputs);
  const end = view.offset + view.items.length - 1;
  const here = item === undefined ? end + 1 : view.offset + view.items.indexOf(item);
  switch (event.key) {
    case "ArrowUp":
      return () => focusRow(list, audible(here, -1, inputs), inputs);
    case "ArrowDown":
      return here >= end && item !== undefined
        ? () => focusComposer(thread)
        : () => focusRow(list, audible(here, 1, inputs), inputs);
    case "End":
      return () => focusRow(list, end, inputs);
    case "Escape":
      return () => focusComposer(thread);
  }
  if (row === undefined || item?.kind !== "message") return undefined;
  const may = inputs.may(item);
  switch (event.key) {
    case "Enter":
      return () => actions.openMenu(item, anchorAt(row));
    case "r":
    case "R":
      return item.body.state === "present" ? () => actions.reply(item) : undefined;
    case "e":
    case "E":
      return may.edit ? () => actions.edit(item) : undefined;
    case "+":
    case "=":
      return may.react ? () => actions.openPicker(item, anchorAt(row)) : undefined;
    case "Delete":
    case "Backspace":
      return may.delete ? () => actions.askDelete(item) : undefined;
    default:
      return undefined;
  }
};

/** The index of the next line, from another, that shows something. */
const audible = (from: number, step: 1 | -1, { view, silent }: Inputs): number => {
  for (let at = from + step; ; at += step) {
    const item = view.items[at - view.offset];
    if (item === undefined || !silent(item.key)) return at;
  }
};

/** Scrolls a row into view and gives it the focus, once it is there. */
const focusRow = (list: HTMLElement, index: number, { view, scrollToIndex }: Inputs): void => {
  const item = view.items[Math.max(0, index - view.offset)];
  if (item === undefined || index < 0) return;
  const mounted = findRow(list, item.key);
  if (mounted !== undefined) {
    mounted.focus({ preventScroll: true });
    mounted.scrollIntoView({ block: "nearest" });
    return;
  }
  scrollToIndex(index);
  const wait = (frames: number): void => {
    const row = findRow(list, item.key);
    if (row !== undefined) row.focus();
    else if (frames > 0) requestAnimationFrame(() => wait(frames - 1));
  };
  wait(FRAMES_MAX);
};

const findRow = (list: HTMLElement, key: DotKey): HTMLElement | undefined =>
  list.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`) ?? undefined;

const listenForLongPress = (list: HTMLElement, signal: AbortSignal, inputs: () => Inputs): void => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let start = { x: 0, y: 0 };
  const stop = (): void => clearTimeout(timer);
  list.addEventListener(
    "pointerdown",
    (event) => {
      stop();
      if (event.pointerType !== "touch") return;
      const row = rowOf(event.target);
      const item = itemOf(row, inputs());
      if (row === undefined || item?.kind !== "message") return;
      start = { x: event.clientX, y: event.clientY };
      timer = setTimeout(() => inputs().actions.openMenu(item, anchorAtPoint(row, start.x, start.y)), LONG_PRESS_MS);
    },
    { signal },
  );
  list.addEventListener(
    "pointermove",
    (event) => {
      if (Math.hypot(event.clientX - start.x, event.clientY - start.y) > PRESS_SLACK_PX) stop();
    },
    { signal },
  );
  for (const kind of ["pointerup", "pointercancel", "scroll"] as const) list.addEventListener(kind, stop, { signal });
};
