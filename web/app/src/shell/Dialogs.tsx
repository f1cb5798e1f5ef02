import { lazy, Suspense, type ReactNode } from "react";
import { closeDialog, useDialog, type DialogRequest } from "../state/panel";

const BrowseDialog = lazy(() => import("../rooms/BrowseDialog").then((m) => ({ default: m.BrowseDialog })));
const CreateRoomDialog = lazy(() => import("../rooms/CreateRoomDialog").then((m) => ({ default: m.CreateRoomDialog })));
const DirectDialog = lazy(() => import("../rooms/DirectDialog").then((m) => ({ default: m.DirectDialog })));
const EnterInviteDialog = lazy(() =>
  import("../rooms/EnterInviteDialog").then((m) => ({ default: m.EnterInviteDialog })),
);
const InviteDialog = lazy(() => import("../rooms/InviteDialog").then((m) => ({ default: m.InviteDialog })));
const RoomSettingsDialog = lazy(() =>
  import("../rooms/RoomSettingsDialog").then((m) => ({ default: m.RoomSettingsDialog })),
);
const SettingsDialog = lazy(() => import("./settings/SettingsDialog").then((m) => ({ default: m.SettingsDialog })));
const ShortcutsDialog = lazy(() => import("./ShortcutsDialog").then((m) => ({ default: m.ShortcutsDialog })));
const Switcher = lazy(() => import("./Switcher").then((m) => ({ default: m.Switcher })));

/** The dialog that is asked for. Each is a chunk of its own, loaded when first opened. */
export function Dialogs() {
  const request = useDialog();
  return <Suspense fallback={null}>{request !== undefined && dialogOf(request)}</Suspense>;
}

const open = { open: true, onClose: closeDialog };

function dialogOf(request: DialogRequest): ReactNode {
  switch (request.kind) {
    case "settings":
      return <SettingsDialog {...open} />;
    case "shortcuts":
      return <ShortcutsDialog {...open} />;
    case "switcher":
      return <Switcher {...open} />;
    case "create-room":
      return <CreateRoomDialog {...open} />;
    case "browse-rooms":
      return <BrowseDialog {...open} />;
    case "enter-invite":
      return <EnterInviteDialog {...open} />;
    case "new-direct":
      return <DirectDialog {...open} />;
    case "invite-people":
      return <InviteDialog {...open} room={request.room} />;
    case "room-settings":
      return <RoomSettingsDialog {...open} room={request.room} />;
  }
}
