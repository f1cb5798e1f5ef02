import { classes } from "./classes";
import styles from "./Badge.module.css";

/** A small count or word. `label` says to screen readers what it counts. */
export function Badge({
  children,
  tone = "neutral",
  label,
}: {
  readonly children: string | number;
  readonly tone?: "neutral" | "accent" | "danger" | "warning";
  readonly label?: string;
}) {
  return (
    <span className={classes(styles.badge, styles[tone])}>
      <span aria-hidden={label === undefined ? undefined : true}>{children}</span>
      {label !== undefined && <span className="visually-hidden">{label}</span>}
    </span>
  );
}
