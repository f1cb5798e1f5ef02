import { useEffect, useRef } from "react";
import { closePanel } from "../state/panel";
import type { Route } from "../state/route";

/** Where a panel covers the room, the way back leads to the room first. */
export function usePanelHistory(covers: boolean): void {
  useEffect(() => {
    if (!covers) return;
    history.pushState(PANEL, "");
    window.addEventListener("popstate", closePanel);
    return () => {
      window.removeEventListener("popstate", closePanel);
      // Closed by its own button: its step goes too. After a way back or on to another room it is not the present one.
      if (isPanel(history.state)) history.back();
    };
  }, [covers]);
}

/** Back in the list, the focus is on the room one comes from. */
export function useReturn(inList: boolean, route: Route): void {
  const from = useRef<string>(undefined);
  const room = route.at === "room" ? route.room : undefined;
  useEffect(() => {
    if (room !== undefined) from.current = room;
    if (inList) document.querySelector<HTMLElement>(`[data-room="${from.current ?? ""}"]`)?.focus();
  }, [inList, room]);
}

const PANEL = { panel: true };

const isPanel = (state: unknown): boolean => typeof state === "object" && state !== null && "panel" in state;
