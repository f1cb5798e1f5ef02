import type { RoomId } from "@greenroom/client";
import { Phone } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useClient, useRoom, useSlice } from "../state/client";
import { Button } from "../ui/Button";
import { openDoor } from "./door";
import styles from "./CallInvitation.module.css";

/** A line in the room while a call runs that one is not in. */
export function CallInvitation({ room }: { readonly room: RoomId }) {
  const { t } = useTranslation("call");
  const { calls } = useClient();
  const running = useSlice(useRoom(room).summary)?.call;
  const current = useSlice(calls.current);
  if (!running || current?.room === room || calls.support !== "ready") return null;
  return (
    <div className={styles.line} role="status">
      <Phone size={16} aria-hidden="true" />
      <span className={styles.text}>{t("running", { count: running.participants })}</span>
      <Button size="s" variant="primary" onClick={() => openDoor({ is: "prejoin", room })}>
        {t("joinCall")}
      </Button>
    </div>
  );
}
