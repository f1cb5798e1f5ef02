import type { LucideIcon } from "lucide-react";
import type { ComponentProps } from "react";
import { classes } from "./classes";
import { Tooltip } from "./Tooltip";
import styles from "./IconButton.module.css";

export interface IconButtonProps extends Omit<ComponentProps<"button">, "aria-label" | "children"> {
  /** What it does: its accessible name and its tooltip. */
  readonly label: string;
  readonly icon: LucideIcon;
  /** For buttons that stay in; absent for those that only act. */
  readonly pressed?: boolean;
  /** Keys that do the same, shown in the tooltip. */
  readonly keys?: string;
  readonly variant?: "quiet" | "danger";
  readonly iconSize?: number;
  /** Which side the tooltip opens to. */
  readonly placement?: "top" | "bottom" | "left" | "right";
}

/** A button with a picture. It always has a name, and shows it. */
export function IconButton({
  label,
  icon: Icon,
  pressed,
  keys,
  variant = "quiet",
  iconSize = 18,
  placement = "bottom",
  className,
  ...rest
}: IconButtonProps) {
  return (
    <Tooltip text={label} placement={placement} {...(keys === undefined ? {} : { keys })}>
      <button
        type="button"
        {...rest}
        aria-label={label}
        aria-pressed={pressed}
        className={classes(styles.button, styles[variant], className)}
      >
        <Icon size={iconSize} aria-hidden="true" />
      </button>
    </Tooltip>
  );
}
