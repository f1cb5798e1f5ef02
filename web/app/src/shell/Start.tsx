import { Compass, DoorOpen, MessagesSquare, SquarePen, Ticket } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useClient, useSlice } from "../state/client";
import { OpenRooms } from "../rooms/OpenRooms";
import { openDialog } from "../state/panel";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { isApple, keysOf } from "./shortcuts";

/** Before any room is open: what one can do. */
export function Start() {
  const { t } = useTranslation("shell");
  const rooms = useSlice(useClient().rooms);
  if (rooms.length > 0) {
    return (
      <EmptyState
        icon={MessagesSquare}
        title={t("start.pickTitle")}
        text={t("start.pickText", { keys: keysOf("switcher", isApple()) })}
      />
    );
  }
  return (
    <EmptyState icon={DoorOpen} title={t("start.title")} text={t("start.text")}>
      <StartButtons />
      <OpenRooms />
    </EmptyState>
  );
}

/** Ways into a first room. */
function StartButtons() {
  const { t } = useTranslation("shell");
  return (
    <>
      <Button variant="primary" onClick={() => openDialog({ kind: "create-room" })}>
        <SquarePen size={16} aria-hidden="true" />
        {t("list.createRoom")}
      </Button>
      <Button onClick={() => openDialog({ kind: "browse-rooms" })}>
        <Compass size={16} aria-hidden="true" />
        {t("list.browseRooms")}
      </Button>
      <Button onClick={() => openDialog({ kind: "enter-invite" })}>
        <Ticket size={16} aria-hidden="true" />
        {t("list.enterInvite")}
      </Button>
    </>
  );
}
