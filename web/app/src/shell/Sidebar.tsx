import { Compass, MessageCirclePlus, Plus, Search, Settings, SquarePen, TextSearch, Ticket } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { RoomSummary } from "@greenroom/client";
import { useAccount, useClient, useSlice } from "../state/client";
import { openDialog } from "../state/panel";
import { go, useRoute } from "../state/route";
import { Avatar } from "../ui/Avatar";
import { IconButton } from "../ui/IconButton";
import { Menu, MenuItem } from "../ui/Menu";
import { Mark } from "./Mark";
import { PHONE, useMedia } from "./media";
import { groupRooms } from "./room-groups";
import { RoomRow } from "./RoomRow";
import { isApple, keysOf } from "./shortcuts";
import { Start } from "./Start";
import styles from "./Sidebar.module.css";

/** One's rooms, the way to others, and who one is. */
export function Sidebar() {
  return (
    <>
      <SidebarHead />
      <RoomList />
      <SidebarFoot />
    </>
  );
}

function SidebarHead() {
  const { t } = useTranslation("shell");
  return (
    <div className={styles.head}>
      <div className={styles.title}>
        <Mark size={26} />
        <h1 className={styles.app}>{t("app")}</h1>
        <Menu label={t("list.add")} button={<IconButton icon={Plus} label={t("list.add")} />}>
          <MenuItem icon={SquarePen} onSelect={() => openDialog({ kind: "create-room" })}>
            {t("list.createRoom")}
          </MenuItem>
          <MenuItem icon={Compass} onSelect={() => openDialog({ kind: "browse-rooms" })}>
            {t("list.browseRooms")}
          </MenuItem>
          <MenuItem icon={MessageCirclePlus} onSelect={() => openDialog({ kind: "new-direct" })}>
            {t("list.newDirect")}
          </MenuItem>
          <MenuItem icon={Ticket} onSelect={() => openDialog({ kind: "enter-invite" })}>
            {t("list.enterInvite")}
          </MenuItem>
        </Menu>
      </div>
      <button type="button" className={styles.find} onClick={() => openDialog({ kind: "switcher" })}>
        <Search size={16} aria-hidden="true" />
        <span className={styles.findWords}>{t("list.goTo")}</span>
        <kbd className={styles.keys} aria-hidden="true">
          {keysOf("switcher", isApple())}
        </kbd>
      </button>
    </div>
  );
}

function RoomList() {
  const { t } = useTranslation("shell");
  const rooms = useSlice(useClient().rooms);
  const route = useRoute();
  const phone = useMedia(PHONE);
  const groups = useMemo(() => groupRooms(rooms), [rooms]);
  const current = route.at === "room" ? route.room : undefined;
  return (
    <div className={styles.list}>
      {rooms.length === 0 && (phone ? <Start /> : <p className={styles.none}>{t("list.none")}</p>)}
      <Group title={t("list.rooms")} rooms={groups.rooms} current={current} />
      <Group title={t("list.direct")} rooms={groups.direct} current={current} />
      <Group title={t("list.past")} rooms={groups.past} current={current} />
    </div>
  );
}

function Group({
  title,
  rooms,
  current,
}: {
  readonly title: string;
  readonly rooms: readonly RoomSummary[];
  readonly current: string | undefined;
}) {
  if (rooms.length === 0) return null;
  return (
    <section className={styles.group} aria-label={title}>
      <h2 className={styles.groupTitle}>{title}</h2>
      <ul>
        {rooms.map((room) => (
          <RoomRow key={room.room} room={room} current={room.room === current} />
        ))}
      </ul>
    </section>
  );
}

function SidebarFoot() {
  const { t } = useTranslation("shell");
  const account = useAccount();
  const { phase } = useSlice(useClient().connection);
  return (
    <div className={styles.foot}>
      <Avatar user={account.user} name={account.name} size={32} status={phase === "online" ? "online" : "offline"} />
      <span className={styles.self}>
        <span className="visually-hidden">{t("list.self")} </span>
        <bdi>{account.name}</bdi>
      </span>
      <IconButton
        icon={TextSearch}
        label={t("list.search")}
        keys={keysOf("search", isApple())}
        placement="top"
        onClick={() => go({ at: "search" })}
      />
      <IconButton
        icon={Settings}
        label={t("list.settings")}
        keys={keysOf("settings", isApple())}
        placement="top"
        onClick={() => openDialog({ kind: "settings" })}
      />
    </div>
  );
}
