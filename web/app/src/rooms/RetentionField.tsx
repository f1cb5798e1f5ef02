import { useTranslation } from "react-i18next";
import { SelectField } from "./SelectField";

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
  const offered = DAYS.some((one) => one === days) ? DAYS : [...DAYS, days];
  return (
    <SelectField
      label={t("create.keep")}
      value={days}
      options={offered.map((one) => ({
        value: one,
        label: one === 0 ? t("retention.forever") : t("retention.days", { count: one }),
      }))}
      disabled={disabled}
      onChange={onChange}
    />
  );
}
