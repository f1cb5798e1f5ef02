import { useLayoutEffect, useRef } from "react";
import { classes } from "../../ui/classes";
import { attachPicture, detachPicture } from "./pictures";
import styles from "./Picture.module.css";

/** A stream's picture. `whole` shows all of it; else it fills its place and is cut at the edges. */
export function Picture({
  stream,
  mirrored = false,
  whole = false,
}: {
  readonly stream: MediaStream;
  readonly mirrored?: boolean;
  readonly whole?: boolean;
}) {
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = place.current;
    if (!element) return;
    attachPicture(stream, element);
    return () => detachPicture(stream, element);
  }, [stream]);
  return <div ref={place} className={classes(styles.picture, mirrored && styles.mirrored, whole && styles.whole)} />;
}
