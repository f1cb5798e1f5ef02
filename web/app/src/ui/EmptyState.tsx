import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import styles from "./EmptyState.module.css";

/** What a place says when there is nothing in it, and what to do about that. */
export function EmptyState({
  icon: Icon,
  title,
  text,
  children,
}: {
  readonly icon?: LucideIcon;
  readonly title: string;
  readonly text?: string;
  /** Buttons. */
  readonly children?: ReactNode;
}) {
  return (
    <div className={styles.empty}>
      {Icon !== undefined && (
        <span className={styles.icon}>
          <Icon size={28} strokeWidth={1.5} aria-hidden="true" />
        </span>
      )}
      <h2 className={styles.title}>{title}</h2>
      {text !== undefined && <p className={styles.text}>{text}</p>}
      {children !== undefined && <div className={styles.actions}>{children}</div>}
    </div>
  );
}
