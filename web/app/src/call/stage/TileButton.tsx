import type { LucideIcon } from "lucide-react";
import { classes } from "../../ui/classes";
import styles from "./TileButton.module.css";

/** A button on a tile, seen when the tile is pointed at or holds the focus. Of those in a grid one is a tab stop. */
export function TileButton({
  icon: Icon,
  label,
  pressed,
  tabStop = true,
  onClick,
  className,
}: {
  readonly icon: LucideIcon;
  readonly label: string;
  readonly pressed?: boolean;
  readonly tabStop?: boolean;
  readonly onClick: () => void;
  readonly className?: string | undefined;
}) {
  return (
    <button
      type="button"
      className={classes(styles.button, className)}
      aria-label={label}
      aria-pressed={pressed}
      title={label}
      data-tile-button=""
      tabIndex={tabStop ? 0 : -1}
      onClick={onClick}
    >
      <Icon size={16} aria-hidden="true" />
    </button>
  );
}
