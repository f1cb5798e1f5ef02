import { Dialog as Modal, DialogDismiss, DialogHeading } from "@ariakit/react/dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { classes } from "./classes";
import buttons from "./IconButton.module.css";
import styles from "./Dialog.module.css";

export interface DialogProps {
  readonly title: string;
  readonly open: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** Buttons at the end, the one that acts last. */
  readonly actions?: ReactNode;
  readonly size?: "s" | "m" | "l";
  /** Keeps the title for screen readers only. */
  readonly bare?: boolean;
}

/** A modal dialog: focus goes in, stays in, and comes back. Escape and a press beside it close it. */
export function Dialog({ title, open, onClose, children, actions, size = "m", bare = false }: DialogProps) {
  const { t } = useTranslation("ui");
  return (
    <Modal
      open={open}
      onClose={onClose}
      unmountOnHide
      backdrop={<div className={styles.backdrop} />}
      className={classes(styles.dialog, styles[size], bare && styles.bare)}
    >
      <DialogHeading className={bare ? "visually-hidden" : (styles.title ?? "")}>{title}</DialogHeading>
      <div className={bare ? styles.bareBody : styles.body}>{children}</div>
      {actions !== undefined && <footer className={styles.actions}>{actions}</footer>}
      {/* Last, so that the focus begins with what the dialog is about. */}
      {!bare && (
        <DialogDismiss aria-label={t("close")} className={classes(buttons.button, styles.close)}>
          <X size={18} aria-hidden="true" />
        </DialogDismiss>
      )}
    </Modal>
  );
}
