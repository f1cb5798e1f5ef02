import { useEffect } from "react";
import type { Client } from "@greenroom/client";
import { useClient } from "../state/client";
import { closeDialog, closePanel, dialog, openDialog, panel, togglePanel } from "../state/panel";
import { go, route, type Route } from "../state/route";
import { cycleLandmarks, enterLandmark } from "./landmarks";
import { groupRooms, inOrder, neighbour } from "./room-groups";
import { commandOf, isApple, type Command } from "./shortcuts";

/** Does what the keys of the table of shortcuts say. */
export function useCommands(): void {
  const client = useClient();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      if (event.key === "Escape") return isClearing(event.target) ? undefined : leave();
      const command = commandOf(event, isApple());
      if (command === undefined || !allowed(command)) return;
      event.preventDefault();
      run(command, client);
    };
    window.addEventListener("keydown", onKeyDown);
    const forget = route.subscribe(keepPlace);
    keepPlace();
    return () => {
      window.removeEventListener("keydown", onKeyDown);
      forget();
    };
  }, [client]);
}

/** Behind a dialog nothing moves, except from one dialog of the keys to another. */
function allowed(command: Command): boolean {
  if (dialog.get() === undefined) return document.querySelector("[role=dialog][aria-modal=true]") === null;
  return command === "switcher" || command === "shortcuts" || command === "settings";
}

function run(command: Command, client: Client): void {
  switch (command) {
    case "switcher":
    case "shortcuts":
    case "settings":
      if (dialog.get()?.kind === command) closeDialog();
      else openDialog({ kind: command });
      return;
    case "search":
      return go({ at: "search" });
    case "previousRoom":
      return step(client, -1, "any");
    case "nextRoom":
      return step(client, 1, "any");
    case "previousUnread":
      return step(client, -1, "unread");
    case "nextUnread":
      return step(client, 1, "unread");
    case "landmarks":
      return cycleLandmarks(1);
    case "landmarksBack":
      return cycleLandmarks(-1);
    case "members":
      return togglePanel({ kind: "members" });
  }
}

function step(client: Client, by: 1 | -1, which: "any" | "unread"): void {
  const here = route.get();
  const next = neighbour(
    inOrder(groupRooms(client.rooms.get())),
    here.at === "room" ? here.room : undefined,
    by,
    which,
  );
  if (next !== undefined) go({ at: "room", room: next.room });
}

/** Where one was before one searched all rooms. */
let place: Route = { at: "home" };

function keepPlace(): void {
  const now = route.get();
  if (now.at === "room") place = now;
}

/** The first Escape in a field for searching empties it. */
const isClearing = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement && target.type === "search" && target.value !== "";

/** Closes what stands over or beside a room. */
function leave(): void {
  if (dialog.get() !== undefined) return;
  if (route.get().at === "search") return go(place);
  if (panel.get() === undefined) return;
  closePanel();
  const main = document.getElementById("main");
  if (main !== null) enterLandmark(main);
}
