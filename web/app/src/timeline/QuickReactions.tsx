import { MenuItem } from "@ariakit/react/menu";
import { useTranslation } from "react-i18next";
import styles from "./QuickReactions.module.css";

/** A few emoji side by side, as the first line of a menu. */
export function QuickReactions({
  emoji,
  onReact,
}: {
  readonly emoji: readonly string[];
  readonly onReact: (emoji: string) => void;
}) {
  const { t } = useTranslation("timeline");
  return (
    <div className={styles.line} role="group" aria-label={t("reactions")}>
      {emoji.map((one) => (
        <MenuItem
          key={one}
          className={styles.emoji ?? ""}
          aria-label={t("reactWith", { emoji: one })}
          onClick={() => onReact(one)}
        >
          {one}
        </MenuItem>
      ))}
    </div>
  );
}
