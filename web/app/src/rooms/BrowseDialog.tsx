import type { RoomId, RoomSummary } from "@greenroom/client";
import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../state/client";
import { useRequest } from "../state/errors";
import { go } from "../state/route";
import { useSlice } from "../state/slices";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Spinner } from "../ui/Spinner";
import { TextField } from "../ui/TextField";
import { fits } from "./names";
import { PublicRoomLine } from "./PublicRoomLine";
import styles from "./rooms.module.css";

/** All public rooms, to join. */
export function BrowseDialog({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  const { t } = useTranslation("rooms");
  return (
    <Dialog title={t("browse.title")} open={open} onClose={onClose}>
      <PublicRooms onDone={onClose} />
    </Dialog>
  );
}

function PublicRooms({ onDone }: { readonly onDone: () => void }) {
  const { t } = useTranslation("rooms");
  const client = useClient();
  const mine = useSlice(client.rooms);
  const [rooms, setRooms] = useState<readonly RoomSummary[]>([]);
  const [more, setMore] = useState(false);
  const [typed, setTyped] = useState("");
  const { busy, problem, request } = useRequest();

  const load = useCallback(
    (after?: RoomId) =>
      request(async () => {
        const page = await client.browse(after);
        setRooms((known) => (after === undefined ? page.rooms : [...known, ...page.rooms]));
        setMore(page.more);
      }),
    [request, client],
  );
  useEffect(() => void load(), [load]);

  const enter = (room: RoomSummary, joined: boolean) =>
    request(async () => {
      if (!joined) await client.join(room.room);
      onDone();
      go({ at: "room", room: room.room });
    });
  const shown = rooms.filter((room) => fits(`${room.name} ${room.topic}`, typed));
  return (
    <div className={styles.form}>
      <TextField
        label={t("browse.filter")}
        value={typed}
        onChange={setTyped}
        type="search"
        error={problem}
        dir="auto"
      />
      <ul className={styles.list} aria-busy={busy}>
        {shown.map((room) => {
          const joined = mine.some((own) => own.room === room.room && own.role !== undefined);
          return (
            <PublicRoomLine key={room.room} room={room} joined={joined} onEnter={() => void enter(room, joined)} />
          );
        })}
      </ul>
      {busy && rooms.length === 0 && <Spinner label={t("browse.loading")} />}
      {!busy && problem === undefined && shown.length === 0 && (
        <p className={styles.hint}>
          {typed.trim() === "" ? t("browse.none") : t("browse.noneFits", { text: typed.trim() })}
        </p>
      )}
      {more && (
        <Button busy={busy} onClick={() => void load(rooms.at(-1)?.room)}>
          {t("browse.more")}
        </Button>
      )}
    </div>
  );
}
