import { ArrowLeft, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { RoomId } from "@greenroom/client";
import { CallChat, CallPeople } from "../call";
import { PinsPanel } from "../panels/PinsPanel";
import { SearchPanel } from "../panels/SearchPanel";
import { ThreadPanel } from "../panels/ThreadPanel";
import { MembersPanel } from "../rooms/MembersPanel";
import { closePanel, type Panel } from "../state/panel";
import { IconButton } from "../ui/IconButton";
import { PHONE, useMedia } from "./media";
import styles from "./SidePane.module.css";

/** What stands beside a room: what it is, the way to close it, and itself. */
export function SidePane({ room, panel }: { readonly room: RoomId; readonly panel: Panel }) {
  return (
    <>
      <Head kind={panel.kind} />
      <Content room={room} panel={panel} />
    </>
  );
}

function Content({ room, panel }: { readonly room: RoomId; readonly panel: Panel }) {
  switch (panel.kind) {
    case "thread":
      return <ThreadPanel key={panel.root} room={room} root={panel.root} />;
    case "members":
      return <MembersPanel room={room} />;
    case "pins":
      return <PinsPanel room={room} />;
    case "search":
      return <SearchPanel room={room} />;
    case "call-chat":
      return <CallChat room={room} />;
    case "call-people":
      return <CallPeople room={room} />;
  }
}

function Head({ kind }: { readonly kind: Panel["kind"] }) {
  const { t } = useTranslation("shell");
  const phone = useMedia(PHONE);
  return (
    <header className={styles.head}>
      {phone && <IconButton icon={ArrowLeft} label={t("panel.close")} onClick={closePanel} />}
      <h2 className={styles.title}>{t(`panel.${kind}`)}</h2>
      {!phone && <IconButton icon={X} label={t("panel.close")} onClick={closePanel} />}
    </header>
  );
}
