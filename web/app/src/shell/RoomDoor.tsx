import { DoorClosed } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { RoomId, RoomSummary } from "@greenroom/client";
import { useAccount, useClient, useRoom, useSlice } from "../state/client";
import { useJoinRoom } from "../rooms/useJoinRoom";
import { go } from "../state/route";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Spinner } from "../ui/Spinner";
import styles from "./RoomDoor.module.css";

/** In front of a room one is not in: unknown here, or left. */
export function RoomDoor({ room, summary }: { readonly room: RoomId; readonly summary?: RoomSummary }) {
  const { t } = useTranslation("shell");
  const { busy, join } = useJoinRoom(room);
  const waiting = useIsNew();
  const banned = useIsBanned(room);
  if (summary !== undefined) {
    return (
      <div className={styles.line}>
        <span className={styles.words}>{t(banned ? "door.banned" : "door.left")}</span>
        {summary.visibility === "public" && !banned && (
          <Button variant="primary" size="s" busy={busy} onClick={join}>
            {t("door.join")}
          </Button>
        )}
      </div>
    );
  }
  if (waiting)
    return (
      <EmptyState title={t("start.loading")}>
        <Spinner />
      </EmptyState>
    );
  return (
    <EmptyState icon={DoorClosed} title={t("door.title")} text={t("door.text")}>
      <Button onClick={() => go({ at: "home" })}>{t("door.home")}</Button>
      <Button variant="primary" busy={busy} onClick={join}>
        {t("door.join")}
      </Button>
    </EmptyState>
  );
}

/** Whether the last that is known of oneself in the room is a ban. Once it is lifted, the list of public rooms leads in again. */
function useIsBanned(room: RoomId): boolean {
  const { user } = useAccount();
  return useSlice(useRoom(room).members).some((member) => member.user === user && member.standing === "banned");
}

/** A room made or entered a moment ago comes with the next frame: nothing to say yet. */
function useIsNew(): boolean {
  const { phase } = useSlice(useClient().connection);
  const [fresh, setFresh] = useState(true);
  useEffect(() => {
    const timer = setTimeout(() => setFresh(false), GRACE_MS);
    return () => clearTimeout(timer);
  }, []);
  return fresh || phase === "connecting";
}

const GRACE_MS = 1_500;
