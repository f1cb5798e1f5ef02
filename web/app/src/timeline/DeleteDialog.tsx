import { useTranslation } from "react-i18next";
import type { Message } from "@greenroom/client";
import { plainTextOf } from "../markdown/plain";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import styles from "./DeleteDialog.module.css";

const EXCERPT_CHARS_MAX = 240;

/** Asks before a message is deleted for everybody. */
export function DeleteDialog({
  message,
  onDelete,
  onClose,
}: {
  readonly message: Message;
  readonly onDelete: () => void;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation("timeline");
  const { t: ui } = useTranslation("ui");
  return (
    <Dialog
      title={t("deleteTitle")}
      open
      onClose={onClose}
      size="s"
      actions={
        <>
          <Button onClick={onClose}>{ui("cancel")}</Button>
          <Button variant="danger" onClick={onDelete}>
            {t("delete")}
          </Button>
        </>
      }
    >
      <p>{t("deleteText")}</p>
      <blockquote className={styles.excerpt} dir="auto">
        {plainTextOf(message, EXCERPT_CHARS_MAX)}
      </blockquote>
    </Dialog>
  );
}
