import type { RoomSummary } from "@greenroom/client";
import { useTranslation } from "react-i18next";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import styles from "./rooms.module.css";

/** A public room in a list, and the way in. */
export function PublicRoomLine({
  room,
  joined,
  onEnter,
}: {
  readonly room: RoomSummary;
  readonly joined: boolean;
  readonly onEnter: () => void;
}) {
  const { t } = useTranslation("rooms");
  return (
    <li className={styles.line}>
      <Avatar user={room.room} name={room.name} shape="square" />
      <div className={styles.words}>
        <strong dir="auto">{room.name}</strong>
        <span className={styles.hint} dir="auto">
          {[t("header.members", { count: room.members }), room.topic].filter(Boolean).join(" · ")}
        </span>
      </div>
      <Button
        size="s"
        aria-label={t(joined ? "browse.openRoom" : "browse.joinRoom", { name: room.name })}
        onClick={onEnter}
      >
        {t(joined ? "browse.open" : "browse.join")}
      </Button>
    </li>
  );
}
