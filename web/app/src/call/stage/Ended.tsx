import type { CallEndReason, RoomId } from "@greenroom/client";
import { PhoneOff } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { useFocusIfLost } from "../useFocusIfLost";
import { closeDoor, openDoor } from "../door";
import styles from "./Ended.module.css";

/** Ends that were nobody's wish: joining again may help. */
const REJOIN: ReadonlySet<CallEndReason> = new Set(["lost", "failed", "shutdown", "removed", "replaced"]);

/** How the call ended, and the way back where there is one. */
export function Ended({ room, reason }: { readonly room: RoomId; readonly reason: CallEndReason }) {
  const { t } = useTranslation("call");
  const hint =
    reason === "lost" || reason === "failed" || reason === "shutdown" ? { text: t(`ended.${reason}Hint`) } : {};
  return (
    <div className={styles.place} role="alert" ref={useFocusIfLost()} tabIndex={-1}>
      <EmptyState icon={PhoneOff} title={t(`ended.${reason}`)} {...hint}>
        {REJOIN.has(reason) && (
          <Button variant="primary" onClick={() => openDoor({ is: "prejoin", room })}>
            {t("ended.rejoin")}
          </Button>
        )}
        <Button onClick={closeDoor}>{t("ended.close")}</Button>
      </EmptyState>
    </div>
  );
}
