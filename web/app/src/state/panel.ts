import { Cell, type DotKey, type RoomId, type Slice } from "@greenroom/client";
import { useSlice } from "./slices";

/** What stands beside the room. */
export type Panel =
  | { readonly kind: "thread"; readonly root: DotKey }
  | { readonly kind: "members" }
  | { readonly kind: "pins" }
  | { readonly kind: "search" }
  | { readonly kind: "call-chat" }
  | { readonly kind: "call-people" };

/** What lies over the page. One at a time. */
export type DialogRequest =
  | { readonly kind: "settings" }
  | { readonly kind: "shortcuts" }
  | { readonly kind: "switcher" }
  | { readonly kind: "create-room" }
  | { readonly kind: "browse-rooms" }
  | { readonly kind: "enter-invite" }
  | { readonly kind: "new-direct" }
  | { readonly kind: "invite-people"; readonly room: RoomId }
  | { readonly kind: "room-settings"; readonly room: RoomId };

const panelCell = new Cell<Panel | undefined>(undefined);
const dialogCell = new Cell<DialogRequest | undefined>(undefined);

export const panel: Slice<Panel | undefined> = panelCell;
export const dialog: Slice<DialogRequest | undefined> = dialogCell;

export const openPanel = (to: Panel): void => panelCell.set(to);
export const closePanel = (): void => panelCell.set(undefined);
/** For buttons that stay in: opens it, or closes it when it is what is open. */
export const togglePanel = (to: Panel): void => panelCell.set(panelCell.get()?.kind === to.kind ? undefined : to);
export const usePanel = (): Panel | undefined => useSlice(panel);

export const openDialog = (request: DialogRequest): void => dialogCell.set(request);
export const closeDialog = (): void => dialogCell.set(undefined);
export const useDialog = (): DialogRequest | undefined => useSlice(dialog);
