import type { RoomId } from "@greenroom/client";
import { useEffect } from "react";
import { focusComposer } from "../../composer/focus";
import { Composer } from "../../composer/Composer";
import { RoomTimeline } from "../../timeline/RoomTimeline";
import styles from "./CallChat.module.css";

/** The room's messages beside its call. */
export function CallChat({ room }: { readonly room: RoomId }) {
  // Whoever opens it writes next: letters typed on are no shortcuts of the call. A finger's keyboard waits to be asked.
  useEffect(() => {
    if (!matchMedia("(pointer: coarse)").matches) focusComposer();
  }, []);
  return (
    <div className={styles.panel}>
      <div className={styles.timeline}>
        <RoomTimeline room={room} />
      </div>
      <Composer room={room} />
    </div>
  );
}
