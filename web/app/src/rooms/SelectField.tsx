import type { ComponentProps } from "react";
import { Select } from "../ui/Select";
import styles from "./rooms.module.css";

/** A {@link Select} as the forms of rooms show it. */
export function SelectField<T extends string | number>(props: ComponentProps<typeof Select<T>>) {
  return <Select {...props} className={styles.field} labelClassName={styles.label} selectClassName={styles.select} />;
}
