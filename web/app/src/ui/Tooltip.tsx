import { Tooltip as Tip, TooltipAnchor, TooltipProvider } from "@ariakit/react/tooltip";
import type { ReactElement } from "react";
import { portalPlace } from "./portal";
import styles from "./Tooltip.module.css";

/** Words beside a thing that is pointed at or focused. Not a place for what must be read. */
export function Tooltip({
  text,
  keys,
  placement = "bottom",
  children,
}: {
  readonly text: string;
  readonly keys?: string;
  readonly placement?: "top" | "bottom" | "left" | "right";
  /** One element that takes a ref and the usual props. */
  readonly children: ReactElement;
}) {
  return (
    <TooltipProvider placement={placement} showTimeout={400} hideTimeout={0}>
      <TooltipAnchor render={children} />
      <Tip className={styles.tooltip ?? ""} gutter={6} unmountOnHide portal portalElement={portalPlace}>
        {text}
        {keys !== undefined && <kbd className={styles.keys}>{keys}</kbd>}
      </Tip>
    </TooltipProvider>
  );
}
