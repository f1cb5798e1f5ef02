import { AudioLines, Hash, Lock, Pencil, TriangleAlert } from "lucide-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import type { RoomSummary } from "@greenroom/client";
import { useFormat } from "../i18n/format";
import { usePeerStatus } from "../state/people";
import { hrefTo } from "../state/route";
import { Avatar } from "../ui/Avatar";
import { Badge } from "../ui/Badge";
import { classes } from "../ui/classes";
import styles from "./RoomRow.module.css";

/** One room of the list: a link, with what waits behind it. */
export const RoomRow = memo(function RoomRow({
  room,
  current,
}: {
  readonly room: RoomSummary;
  readonly current: boolean;
}) {
  const { t } = useTranslation("shell");
  return (
    <li>
      <a
        href={hrefTo({ at: "room", room: room.room })}
        className={classes(styles.row, room.unread > 0 && styles.unread, room.role === undefined && styles.past)}
        aria-current={current ? "page" : undefined}
        data-room={room.room}
      >
        <RoomIcon room={room} />
        <span className={styles.name}>
          <bdi>{room.name}</bdi>
        </span>
        {room.visibility === "private" && <span className="visually-hidden">{t("list.private")}</span>}
        <RoomMarks room={room} />
      </a>
    </li>
  );
});

function RoomIcon({ room }: { readonly room: RoomSummary }) {
  if (room.visibility === "direct") return <PeerAvatar room={room} />;
  const Icon = room.visibility === "private" ? Lock : Hash;
  return (
    <span className={styles.icon}>
      <Icon size={16} aria-hidden="true" />
    </span>
  );
}

function PeerAvatar({ room }: { readonly room: RoomSummary }) {
  const status = usePeerStatus(room);
  return <Avatar user={room.peer ?? room.room} name={room.name} size={24} status={status} />;
}

/** Call, failures, draft, and how much is unread; each with words for screen readers. */
function RoomMarks({ room }: { readonly room: RoomSummary }) {
  const { t } = useTranslation("shell");
  const format = useFormat();
  const loud = room.visibility === "direct" ? room.unread : room.mentioned;
  return (
    <span className={styles.marks}>
      {room.call !== undefined && (
        <span className={styles.call}>
          <AudioLines size={15} aria-hidden="true" />
          <span aria-hidden="true">{room.call.participants}</span>
          <span className="visually-hidden">{t("list.call", { count: room.call.participants })}</span>
        </span>
      )}
      {room.failed > 0 && (
        <span className={styles.failed}>
          <TriangleAlert size={15} aria-hidden="true" />
          <span className="visually-hidden">{t("list.failed", { count: room.failed })}</span>
        </span>
      )}
      {room.draft && (
        <span className={styles.draft}>
          <Pencil size={13} aria-hidden="true" />
          <span className="visually-hidden">{t("list.draft")}</span>
        </span>
      )}
      {loud > 0 ? (
        <Badge
          tone="accent"
          label={
            room.visibility === "direct"
              ? t("list.unread", { count: loud })
              : `${t("list.mentioned", { count: loud })}, ${t("list.unread", { count: room.unread })}`
          }
        >
          {room.visibility === "direct" ? format.count(loud) : `@${format.count(loud)}`}
        </Badge>
      ) : (
        room.unread > 0 && <Badge label={t("list.unread", { count: room.unread })}>{format.count(room.unread)}</Badge>
      )}
    </span>
  );
}
