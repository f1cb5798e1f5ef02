import { Menu as Popup, MenuButton, MenuItem as Item, MenuProvider, MenuSeparator } from "@ariakit/react/menu";
import { Check, type LucideIcon } from "lucide-react";
import type { ReactElement, ReactNode } from "react";
import { classes } from "./classes";
import { portalPlace } from "./portal";
import styles from "./Menu.module.css";

/** A menu behind a button. `button` is the element that opens it, e.g. an `IconButton`. */
export function Menu({
  button,
  label,
  children,
  placement = "bottom-end",
}: {
  readonly button: ReactElement;
  readonly label: string;
  readonly children: ReactNode;
  readonly placement?: "bottom-start" | "bottom-end" | "top-start" | "top-end";
}) {
  return (
    <MenuProvider placement={placement}>
      <MenuButton render={button} />
      <Popup
        aria-label={label}
        className={styles.menu ?? ""}
        gutter={4}
        unmountOnHide
        portal
        portalElement={portalPlace}
        preserveTabOrder={false}
      >
        {children}
      </Popup>
    </MenuProvider>
  );
}

/** One line of a menu. */
export function MenuItem({
  icon: Icon,
  children,
  danger = false,
  keys,
  disabled = false,
  checked,
  onSelect,
}: {
  readonly icon?: LucideIcon;
  readonly children: ReactNode;
  readonly danger?: boolean;
  readonly keys?: string;
  readonly disabled?: boolean;
  /** For lines that stay chosen; absent for those that only act. */
  readonly checked?: boolean;
  readonly onSelect: () => void;
}) {
  return (
    <Item
      className={classes(styles.item, danger && styles.danger)}
      disabled={disabled}
      onClick={onSelect}
      {...(checked === undefined ? {} : { role: "menuitemcheckbox", "aria-checked": checked })}
    >
      {Icon !== undefined && <Icon size={16} aria-hidden="true" />}
      <span className={styles.words}>{children}</span>
      {checked === true && <Check size={16} aria-hidden="true" />}
      {keys !== undefined && <kbd className={styles.keys}>{keys}</kbd>}
    </Item>
  );
}

/** A line between groups of a menu. */
export function MenuLine() {
  return <MenuSeparator className={styles.line ?? ""} />;
}
