import type { RoomId } from "@greenroom/client";
import { useTranslation } from "react-i18next";
import { Composer } from "../../composer/Composer";
import { RoomTimeline } from "../../timeline/RoomTimeline";
import { PanelHead } from "./PanelHead";
import styles from "./CallChat.module.css";

/** The room's messages beside its call. */
export function CallChat({ room }: { readonly room: RoomId }) {
  const { t } = useTranslation("call");
  return (
    <div className={styles.panel}>
      <PanelHead title={t("chat.title")} />
      <div className={styles.timeline}>
        <RoomTimeline room={room} />
      </div>
      <Composer room={room} />
    </div>
  );
}
