import { X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useSlice } from "../state/slices";
import { Button } from "./Button";
import { classes } from "./classes";
import { IconButton } from "./IconButton";
import { dismissToast, toasts } from "./toasts";
import styles from "./Toasts.module.css";

/** Where toasts appear: once a page. */
export function Toasts() {
  const { t } = useTranslation("ui");
  const shown = useSlice(toasts);
  return (
    <div className={styles.place} role="status" aria-live="polite" aria-relevant="additions">
      {shown.map(({ id, text, tone, action }) => (
        <div key={id} className={classes(styles.toast, tone === "error" && styles.error)}>
          <span className={styles.text}>{text}</span>
          {action !== undefined && (
            <Button
              size="s"
              onClick={() => {
                dismissToast(id);
                action.run();
              }}
            >
              {action.label}
            </Button>
          )}
          <IconButton icon={X} label={t("dismiss")} iconSize={16} onClick={() => dismissToast(id)} placement="top" />
        </div>
      ))}
    </div>
  );
}
