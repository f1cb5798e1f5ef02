import type { ComponentProps } from "react";
import { classes } from "./classes";
import { Spinner } from "./Spinner";
import styles from "./Button.module.css";

export interface ButtonProps extends ComponentProps<"button"> {
  readonly variant?: "primary" | "quiet" | "danger";
  readonly size?: "m" | "s";
  /** What it started goes on: it cannot be pressed again, and says so. */
  readonly busy?: boolean;
}

/** A button with words. `primary` once a view at most. */
export function Button({ variant = "quiet", size = "m", busy = false, className, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      aria-busy={busy || undefined}
      disabled={rest.disabled === true || busy}
      className={classes(styles.button, styles[variant], size === "s" && styles.small, className)}
    >
      {busy && <Spinner size={16} />}
      {children}
    </button>
  );
}
