import type { RoomId } from "@greenroom/client";
import { Composer } from "../../composer/Composer";
import { RoomTimeline } from "../../timeline/RoomTimeline";
import styles from "./CallChat.module.css";

/** The room's messages beside its call. */
export function CallChat({ room }: { readonly room: RoomId }) {
  return (
    <div className={styles.panel}>
      <div className={styles.timeline}>
        <RoomTimeline room={room} />
      </div>
      <Composer room={room} />
    </div>
  );
}
