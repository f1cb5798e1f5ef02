import { useId } from "react";
import { useTranslation } from "react-i18next";
import styles from "./rooms.module.css";

/** Days that are offered; 0 keeps for ever. */
const DAYS = [0, 1, 7, 30, 90, 365] as const;

/** How long messages are kept. `days` 0: for ever. */
export function RetentionField({
  days,
  onChange,
  disabled = false,
}: {
  readonly days: number;
  readonly onChange: (days: number) => void;
  readonly disabled?: boolean;
}) {
  const { t } = useTranslation("rooms");
  const id = useId();
  const offered = DAYS.some((one) => one === days) ? DAYS : [...DAYS, days];
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.label}>
        {t("create.keep")}
      </label>
      <select
        id={id}
        className={styles.select}
        value={days}
        disabled={disabled}
        onChange={(event) => onChange(Number(event.target.value))}
      >
        {offered.map((one) => (
          <option key={one} value={one}>
            {one === 0 ? t("retention.forever") : t("retention.days", { count: one })}
          </option>
        ))}
      </select>
    </div>
  );
}
