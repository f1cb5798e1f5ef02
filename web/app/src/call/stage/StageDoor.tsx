import type { RoomId } from "@greenroom/client";
import { PictureInPicture2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import styles from "./Ended.module.css";
import { useClient, useSlice } from "../../state/client";
import { closePictureInPicture, pictureInPicture } from "../dock/picture-in-picture";
import { door } from "../door";
import { PreJoin } from "../prejoin/PreJoin";
import { Ended } from "./Ended";
import { Stage } from "./Stage";

/** What stands in the room's place: the call, the test before it, or how it ended. */
export function StageDoor({ room }: { readonly room: RoomId }) {
  const current = useSlice(useClient().calls.current);
  const at = useSlice(door);
  const above = useSlice(pictureInPicture.window);
  if (at?.room === room && at.is === "ended") return <Ended room={room} reason={at.reason} />;
  if (current?.room === room && above) return <Above />;
  if (current?.room === room) return <Stage key={current.call} call={current} />;
  return <PreJoin room={room} />;
}

/** The stage while the call is in a window above all others. */
function Above() {
  const { t } = useTranslation("call");
  return (
    <div className={styles.place}>
      <EmptyState icon={PictureInPicture2} title={t("stage.above")}>
        <Button variant="primary" onClick={closePictureInPicture}>
          {t("stage.bringBack")}
        </Button>
      </EmptyState>
    </div>
  );
}
