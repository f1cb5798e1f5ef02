import { Suspense, type ReactNode } from "react";
import { part } from "../pwa/parts";
import { closeDialog, useDialog, type DialogRequest } from "../state/panel";

const BrowseDialog = part(() => import("../rooms/BrowseDialog").then(({ BrowseDialog }) => BrowseDialog));
const CreateRoomDialog = part(() =>
  import("../rooms/CreateRoomDialog").then(({ CreateRoomDialog }) => CreateRoomDialog),
);
const DirectDialog = part(() => import("../rooms/DirectDialog").then(({ DirectDialog }) => DirectDialog));
const EnterInviteDialog = part(() =>
  import("../rooms/EnterInviteDialog").then(({ EnterInviteDialog }) => EnterInviteDialog),
);
const InviteDialog = part(() => import("../rooms/InviteDialog").then(({ InviteDialog }) => InviteDialog));
const RoomSettingsDialog = part(() =>
  import("../rooms/RoomSettingsDialog").then(({ RoomSettingsDialog }) => RoomSettingsDialog),
);
const SettingsDialog = part(() => import("./settings/SettingsDialog").then(({ SettingsDialog }) => SettingsDialog));
const ShortcutsDialog = part(() => import("./ShortcutsDialog").then(({ ShortcutsDialog }) => ShortcutsDialog));
const Switcher = part(() => import("./Switcher").then(({ Switcher }) => Switcher));

/** The dialog that is asked for. Each is a part of its own. */
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
