import { ArrowLeft, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { RoomId } from "@greenroom/client";
import { MembersPanel } from "../rooms/MembersPanel";
import { closePanel, type Panel } from "../state/panel";
import { IconButton } from "../ui/IconButton";
import { CallChat, CallPeople } from "../call";
import { PinsPanel, SearchPanel, ThreadPanel } from "./slots";
import { PHONE, useMedia } from "./media";
import styles from "./SidePane.module.css";

/** What stands beside a room, under its name. */
export function SidePane({ room, panel }: { readonly room: RoomId; readonly panel: Panel }) {
  const { t } = useTranslation("shell");
  const phone = useMedia(PHONE);
  // Those of calls have heads of their own.
  if (panel.kind === "call-chat") return <CallChat room={room} />;
  if (panel.kind === "call-people") return <CallPeople room={room} />;
  return (
    <>
      <header className={styles.head}>
        {phone && <IconButton icon={ArrowLeft} label={t("panel.close")} onClick={closePanel} />}
        <h2 className={styles.title}>{t(`panel.${panel.kind}`)}</h2>
        {!phone && <IconButton icon={X} label={t("panel.close")} onClick={closePanel} />}
      </header>
      <div className={styles.body}>
        <Content room={room} panel={panel} />
      </div>
    </>
  );
}

type OfRoom = Exclude<Panel, { kind: "call-chat" | "call-people" }>;

function Content({ room, panel }: { readonly room: RoomId; readonly panel: OfRoom }) {
  switch (panel.kind) {
    case "thread":
      return <ThreadPanel key={panel.root} room={room} root={panel.root} />;
    case "members":
      return <MembersPanel room={room} />;
    case "pins":
      return <PinsPanel room={room} />;
    case "search":
      return <SearchPanel room={room} />;
  }
}
