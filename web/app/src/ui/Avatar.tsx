import type { CSSProperties } from "react";
import { classes } from "./classes";
import { hueOf, initials } from "./initials";
import styles from "./Avatar.module.css";

/** Initials on a colour of the id. Decoration: the name always stands beside it. */
export function Avatar({
  user,
  name,
  size = 32,
  status,
  shape = "round",
}: {
  /** Id of the user or room: it gives the colour. */
  readonly user: string;
  readonly name: string;
  /** Side in CSS pixels. */
  readonly size?: number;
  readonly status?: "online" | "away" | "offline" | undefined;
  readonly shape?: "round" | "square";
}) {
  const style = { "--avatar-size": `${size}px`, "--avatar-hue": hueOf(user) } as CSSProperties;
  return (
    <span className={classes(styles.avatar, shape === "square" && styles.square)} style={style} aria-hidden="true">
      {initials(name)}
      {status !== undefined && <span className={classes(styles.status, styles[status])} />}
    </span>
  );
}
