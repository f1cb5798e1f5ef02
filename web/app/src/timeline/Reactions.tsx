import { SmilePlus } from "lucide-react";
import type { Message, Reaction } from "@greenroom/client";
import { classes } from "../ui/classes";
import { Tooltip } from "../ui/Tooltip";
import { anchorAt, useMessageActions } from "./actions";
import { useNameList, usePeople } from "./people";
import { useWords } from "./words";
import styles from "./Reactions.module.css";

/** So many people are named; the others are counted. */
const NAMES_MAX = 12;
/** So many different reactions are shown; each may be anything, by anybody. */
const CHIPS_MAX = 40;

/** Reactions with who set them; pressing one sets or takes back one's own. */
export function Reactions({ message, active }: { readonly message: Message; readonly active: boolean }) {
  const { t } = useWords();
  const actions = useMessageActions();
  return (
    <div className={styles.line} role="group" aria-label={t("reactions")}>
      {message.reactions.slice(0, CHIPS_MAX).map((reaction) => (
        <Chip
          key={reaction.emoji}
          reaction={reaction}
          active={active}
          onToggle={() => actions.react(message, reaction.emoji)}
        />
      ))}
      <button
        type="button"
        className={classes(styles.chip, styles.add)}
        tabIndex={active ? 0 : -1}
        aria-label={t("react")}
        onClick={(event) => actions.openPicker(message, anchorAt(event.currentTarget))}
      >
        <SmilePlus size={15} aria-hidden="true" />
      </button>
    </div>
  );
}

function Chip({
  reaction: { emoji, users },
  active,
  onToggle,
}: {
  readonly reaction: Reaction;
  readonly active: boolean;
  readonly onToggle: () => void;
}) {
  const { t, format } = useWords();
  const people = usePeople();
  const own = users.includes(people.self);
  const who = useNameList()(users, NAMES_MAX, t("you"));
  return (
    <Tooltip text={who} placement="top">
      <button
        type="button"
        className={classes(styles.chip, own && styles.own)}
        tabIndex={active ? 0 : -1}
        aria-pressed={own}
        aria-label={t("reaction", { emoji, number: format.number(users.length), people: who })}
        onClick={onToggle}
      >
        <span className={styles.emoji}>{emoji}</span>
        <span className={styles.count}>{format.number(users.length)}</span>
      </button>
    </Tooltip>
  );
}
