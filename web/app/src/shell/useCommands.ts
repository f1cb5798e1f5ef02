import { useEffect } from "react";
import type { Client } from "@greenroom/client";
import { useClient } from "../state/client";
import { closeDialog, closePanel, dialog, openDialog, panel, togglePanel } from "../state/panel";
import { go, route } from "../state/route";
import { cycleLandmarks, enterLandmark } from "./landmarks";
import { groupRooms, inOrder, neighbour } from "./room-groups";
import { commandOf, isApple, type Command } from "./shortcuts";

/** Does what the keys of the table of shortcuts say. */
export function useCommands(): void {
  const client = useClient();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      if (event.key === "Escape") return leavePanel();
      const command = commandOf(event, isApple());
      if (command === undefined || !allowed(command)) return;
      event.preventDefault();
      run(command, client);
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
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

function leavePanel(): void {
  if (dialog.get() !== undefined || panel.get() === undefined) return;
  closePanel();
  const main = document.getElementById("main");
  if (main !== null) enterLandmark(main);
}
