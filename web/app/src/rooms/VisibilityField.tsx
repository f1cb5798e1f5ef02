import { Globe, Lock } from "lucide-react";
import { useTranslation } from "react-i18next";
import styles from "./rooms.module.css";

const KINDS = [
  { value: "public", icon: Globe },
  { value: "private", icon: Lock },
] as const;

/** Who can find and join a room. */
export function VisibilityField({
  value,
  onChange,
  disabled = false,
}: {
  readonly value: "public" | "private";
  readonly onChange: (value: "public" | "private") => void;
  readonly disabled?: boolean;
}) {
  const { t } = useTranslation("rooms");
  return (
    <fieldset className={styles.kinds} disabled={disabled}>
      <legend className={styles.label}>{t("create.who")}</legend>
      {KINDS.map(({ value: kind, icon: Icon }) => (
        <label key={kind} className={styles.kind}>
          <input
            type="radio"
            name="visibility"
            checked={value === kind}
            onChange={() => {
              onChange(kind);
            }}
          />
          <Icon size={18} aria-hidden="true" />
          <span>
            <strong>{t(`create.${kind}`)}</strong>
            <span className={styles.hint}>{t(`create.${kind}Hint`)}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
