import type { RoomSummary } from "@greenroom/client";
import { useTranslation } from "react-i18next";
import { useRoom } from "../state/client";
import { useRequest } from "../state/errors";
import { go } from "../state/route";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Problem } from "./Problem";

/** Asks before leaving a room. */
export function LeaveDialog({
  summary,
  open,
  onClose,
}: {
  readonly summary: RoomSummary;
  readonly open: boolean;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation("rooms");
  const handle = useRoom(summary.room);
  const { busy, problem, request } = useRequest();
  const leave = async () => {
    if (!(await request(() => handle.leave()))) return;
    onClose();
    go({ at: "home" });
  };
  return (
    <Dialog
      title={t("leave.title", { name: summary.name })}
      open={open}
      onClose={onClose}
      size="s"
      actions={
        <Button variant="danger" busy={busy} onClick={() => void leave()}>
          {t("leave.submit")}
        </Button>
      }
    >
      <p>{t(summary.visibility === "public" ? "leave.textPublic" : "leave.textPrivate")}</p>
      <Problem text={problem} />
    </Dialog>
  );
}
