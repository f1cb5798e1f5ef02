import type { RoomSummary } from "@greenroom/client";
import { useEffect, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient, useSlice } from "../state/client";
import { useAttempt } from "../state/errors";
import { go } from "../state/route";
import { PublicRoomLine } from "./PublicRoomLine";
import styles from "./rooms.module.css";

/** More are found by browsing. */
const SHOWN_MAX = 4;

/** For who is in no room yet: a few that are open to all. Nothing when there are none, or they cannot be asked for. */
export function OpenRooms() {
  const { t } = useTranslation("rooms");
  const id = useId();
  const client = useClient();
  const attempt = useAttempt();
  const online = useSlice(client.connection).phase === "online";
  const [rooms, setRooms] = useState<readonly RoomSummary[]>([]);
  useEffect(() => {
    if (!online) return undefined;
    let gone = false;
    client.browse().then(
      (page) => !gone && setRooms(page.rooms.slice(0, SHOWN_MAX)),
      () => undefined, // those who want to know browse, and are told
    );
    return () => {
      gone = true;
    };
  }, [client, online]);
  if (rooms.length === 0) return null;
  const enter = async (room: RoomSummary) => {
    if (await attempt(client.join(room.room))) go({ at: "room", room: room.room });
  };
  return (
    <section className={styles.open} aria-labelledby={id}>
      <h3 id={id} className={styles.label}>
        {t("browse.here")}
      </h3>
      <ul className={styles.list}>
        {rooms.map((room) => (
          <PublicRoomLine key={room.room} room={room} joined={false} onEnter={() => void enter(room)} />
        ))}
      </ul>
    </section>
  );
}
