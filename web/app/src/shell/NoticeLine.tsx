import { X, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { classes } from "../ui/classes";
import { IconButton } from "../ui/IconButton";
import styles from "./NoticeLine.module.css";

/** One line over the page. */
export function NoticeLine({
  tone,
  icon: Icon,
  children,
  action,
  onDismiss,
}: {
  readonly tone: "calm" | "good" | "warning" | "danger";
  readonly icon?: LucideIcon;
  readonly children: ReactNode;
  /** A small button or link. */
  readonly action?: ReactNode;
  /** Absent for what must stay. */
  readonly onDismiss?: () => void;
}) {
  const { t } = useTranslation("ui");
  return (
    <div className={classes(styles.line, styles[tone])}>
      {Icon !== undefined && <Icon size={16} aria-hidden="true" className={styles.icon} />}
      <p className={styles.words}>{children}</p>
      {action}
      {onDismiss !== undefined && <IconButton icon={X} iconSize={16} label={t("dismiss")} onClick={onDismiss} />}
    </div>
  );
}
