import type { LucideIcon } from "lucide-react";
import type { ComponentProps } from "react";
import { classes } from "../../ui/classes";
import { Tooltip } from "../../ui/Tooltip";
import styles from "./ControlButton.module.css";

export interface ControlButtonProps extends Omit<ComponentProps<"button">, "children" | "aria-label"> {
  readonly icon: LucideIcon;
  /** What a press does now: its name and its tooltip. The same in every state for buttons that stay in. */
  readonly label: string;
  readonly keys?: string;
  readonly pressed?: boolean;
  /** `on`, `off`: a device of one's own that others hear or see, or do not. `raised`: a hand, a screen. `leave`: the way out. */
  readonly tone?: "plain" | "on" | "off" | "raised" | "leave";
  readonly count?: number;
}

/** A round button of the control bar. */
export function ControlButton(props: ControlButtonProps) {
  const { icon: Icon, label, keys, pressed, tone = "plain", count, className, ...rest } = props;
  return (
    <Tooltip text={label} placement="top" {...(keys === undefined ? {} : { keys })}>
      <button
        type="button"
        {...rest}
        aria-label={count === undefined ? label : `${label} (${count})`}
        aria-pressed={pressed}
        className={classes(styles.button, styles[tone], className)}
      >
        <Icon size={20} aria-hidden="true" />
        {count !== undefined && <span className={styles.count} data-count={count} />}
      </button>
    </Tooltip>
  );
}
