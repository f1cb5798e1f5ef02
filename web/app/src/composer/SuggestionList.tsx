import { useTranslation } from "react-i18next";
import { Avatar } from "../ui/Avatar";
import { classes } from "../ui/classes";
import type { Suggestion } from "./useSuggestions";
import styles from "./SuggestionList.module.css";

/** Id of an option, for `aria-activedescendant`. */
export const optionId = (list: string, at: number): string => `${list}-${at}`;

/** Who or what may be meant. The field keeps the focus; a press takes one, too. */
export function SuggestionList({
  id,
  items,
  chosen,
  onTake,
}: {
  readonly id: string;
  readonly items: readonly Suggestion[];
  readonly chosen: number;
  readonly onTake: (suggestion: Suggestion) => void;
}) {
  const { t } = useTranslation("timeline");
  return (
    <div
      id={id}
      role="listbox"
      aria-label={t(items[0]?.kind === "emoji" ? "compose.emojis" : "compose.people")}
      className={styles.list}
    >
      {items.map((item, at) => (
        // eslint-disable-next-line jsx-a11y/click-events-have-key-events -- the field has the keys
        <div
          key={item.id}
          id={optionId(id, at)}
          role="option"
          tabIndex={-1}
          aria-selected={at === chosen}
          className={classes(styles.option, at === chosen && styles.chosen)}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onTake(item)}
        >
          {item.kind === "person" ? (
            <>
              <Avatar user={item.member.user} name={item.member.name} size={24} status={item.member.status} />
              <bdi className={styles.name}>{item.member.name}</bdi>
              {item.member.user !== item.member.name && <span className={styles.more}>{item.member.user}</span>}
            </>
          ) : (
            <>
              <span className={styles.emoji}>{item.entry.emoji}</span>
              <span className={styles.name}>{item.entry.label}</span>
              {item.entry.shortcodes[0] !== undefined && (
                <span className={styles.more}>:{item.entry.shortcodes[0]}:</span>
              )}
            </>
          )}
        </div>
      ))}
    </div>
  );
}
