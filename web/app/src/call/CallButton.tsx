import type { RoomId } from "@greenroom/client";
import { Phone, PhoneOff } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient, useRoom, useSlice } from "../state/client";
import { go } from "../state/route";
import { Button } from "../ui/Button";
import { openDoor } from "./door";
import { NoCalls } from "./NoCalls";
import styles from "./CallButton.module.css";

/** Starts or joins the room's call; says why when calls cannot work here. */
export function CallButton({ room }: { readonly room: RoomId }) {
  const { t } = useTranslation("call");
  const { calls } = useClient();
  const summary = useSlice(useRoom(room).summary);
  const current = useSlice(calls.current);
  const [explained, setExplained] = useState(false);
  const running = summary?.call;
  const inside = current?.room === room;
  const supported = calls.support === "ready";
  const press = () => {
    if (!supported) return setExplained(true);
    go({ at: "room", room });
    if (!inside) openDoor({ is: "prejoin", room });
  };
  const label = inside ? t("inCall") : running ? t("joinCount", { count: running.participants }) : t("start");
  const Icon = supported ? Phone : PhoneOff;
  return (
    <>
      <Button
        variant={running && !inside && supported ? "primary" : "quiet"}
        size="s"
        onClick={press}
        className={styles.button}
        aria-label={label}
      >
        <Icon size={16} aria-hidden="true" />
        <span className={styles.words}>{label}</span>
      </Button>
      {explained && calls.support !== "ready" && (
        <NoCalls support={calls.support} onClose={() => setExplained(false)} />
      )}
    </>
  );
}
