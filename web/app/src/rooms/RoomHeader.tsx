import type { RoomId, RoomSummary, UserId } from "@greenroom/client";
import {
  ArrowLeft,
  Globe,
  Link,
  Lock,
  LogOut,
  MoreVertical,
  Pin,
  Search,
  Settings,
  UserPlus,
  Users,
} from "lucide-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "../i18n/format";
import { useRoom, useSlice } from "../state/client";
import { openDialog, togglePanel, usePanel } from "../state/panel";
import { go, linkTo } from "../state/route";
import { Avatar } from "../ui/Avatar";
import { useCopy } from "../ui/clipboard";
import { IconButton } from "../ui/IconButton";
import { Menu, MenuItem, MenuLine } from "../ui/Menu";
import { toast } from "../ui/toasts";
import { LeaveDialog } from "./LeaveDialog";
import { atLeast } from "./roles";
import styles from "./header.module.css";

/** Which room this is, who is there, and what can be done in it. `children`: more buttons, such as that of the call. */
export function RoomHeader({ room, children }: { readonly room: RoomId; readonly children?: ReactNode }) {
  const { t } = useTranslation("rooms");
  const summary = useSlice(useRoom(room).summary);
  const panel = usePanel()?.kind;
  if (summary === undefined) return <header className={styles.header} />;
  return (
    <header className={styles.header}>
      <IconButton
        className={styles.back}
        label={t("header.back")}
        icon={ArrowLeft}
        onClick={() => go({ at: "home" })}
      />
      <span className={styles.picture}>
        <Avatar
          user={summary.peer ?? room}
          name={summary.name}
          shape={summary.visibility === "direct" ? "round" : "square"}
        />
      </span>
      <Title summary={summary} />
      <div className={styles.buttons}>
        {children}
        <IconButton
          className={styles.spare}
          label={t("header.search")}
          icon={Search}
          pressed={panel === "search"}
          onClick={() => togglePanel({ kind: "search" })}
        />
        <IconButton
          className={styles.spare}
          label={t("header.pins")}
          icon={Pin}
          pressed={panel === "pins"}
          onClick={() => togglePanel({ kind: "pins" })}
        />
        <IconButton
          label={t("header.people")}
          icon={Users}
          pressed={panel === "members"}
          onClick={() => togglePanel({ kind: "members" })}
        />
        <RoomMenu summary={summary} />
      </div>
    </header>
  );
}

function Title({ summary }: { readonly summary: RoomSummary }) {
  const { t } = useTranslation("rooms");
  const online = useSlice(useRoom(summary.room).online);
  const Kind = summary.visibility === "public" ? Globe : Lock;
  return (
    <div className={styles.title}>
      <h1 className={styles.name} tabIndex={-1} data-focus="heading">
        <bdi>{summary.name}</bdi>
        {summary.visibility !== "direct" && (
          <Kind size={14} role="img" aria-label={t(`header.${summary.visibility}`)} />
        )}
      </h1>
      <p className={styles.topic}>
        {summary.peer === undefined ? (
          <span>
            {t("header.members", { count: summary.members })}
            {online > 0 && ` · ${t("header.online", { count: online })}`}
          </span>
        ) : (
          <PeerStatus room={summary.room} peer={summary.peer} />
        )}
        {summary.topic !== "" && <span dir="auto"> · {summary.topic}</span>}
      </p>
    </div>
  );
}

/** Of a direct room: whether the other one is there, and if not, when they were. */
function PeerStatus({ room, peer }: { readonly room: RoomId; readonly peer: UserId }) {
  const { t } = useTranslation("rooms");
  const format = useFormat();
  const [openedMs] = useState(() => Date.now());
  const member = useSlice(useRoom(room).members).find(({ user }) => user === peer);
  const status = member?.status ?? "offline";
  const seenMs = status === "offline" ? member?.lastSeenMs : undefined;
  return (
    <span>
      {t(`members.${status}`)}
      {seenMs !== undefined && ` · ${t("members.lastSeen", { when: format.relative(seenMs, openedMs) })}`}
    </span>
  );
}

function RoomMenu({ summary }: { readonly summary: RoomSummary }) {
  const { t } = useTranslation("rooms");
  const { room } = summary;
  const [leaving, setLeaving] = useState(false);
  const copy = useCopy();
  const copyLink = async () => {
    if (await copy(linkTo({ at: "room", room }))) toast(t("menu.linkCopied"));
  };
  return (
    <>
      <Menu label={t("header.more")} button={<IconButton label={t("header.more")} icon={MoreVertical} />}>
        {atLeast(summary.role, "member") && summary.visibility !== "direct" && (
          <MenuItem icon={UserPlus} onSelect={() => openDialog({ kind: "invite-people", room })}>
            {t("menu.invite")}
          </MenuItem>
        )}
        <MenuItem icon={Link} onSelect={() => void copyLink()}>
          {t("menu.copyLink")}
        </MenuItem>
        <MenuItem icon={Search} onSelect={() => togglePanel({ kind: "search" })}>
          {t("header.search")}
        </MenuItem>
        <MenuItem icon={Pin} onSelect={() => togglePanel({ kind: "pins" })}>
          {t("header.pins")}
        </MenuItem>
        <MenuItem icon={Settings} onSelect={() => openDialog({ kind: "room-settings", room })}>
          {t("menu.settings")}
        </MenuItem>
        <MenuLine />
        <MenuItem icon={LogOut} danger onSelect={() => setLeaving(true)}>
          {t("menu.leave")}
        </MenuItem>
      </Menu>
      {leaving && <LeaveDialog summary={summary} open onClose={() => setLeaving(false)} />}
    </>
  );
}
