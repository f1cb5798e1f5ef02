import { Ellipsis, MessageSquareReply, Pencil, SmilePlus } from "lucide-react";
import type { Message } from "@greenroom/client";
import { quickEmoji } from "../emoji/quick";
import { anchorAt, useMessageActions } from "./actions";
import { nameOf, usePeople } from "./people";
import { useWords } from "./words";
import styles from "./RowToolbar.module.css";

const QUICK_MAX = 3;

/** What one does most with a message, at its corner; the rest is in the menu. */
export function RowToolbar({ message, inThread }: { readonly message: Message; readonly inThread: boolean }) {
  const { t } = useWords();
  const people = usePeople();
  const actions = useMessageActions();
  const sound = message.body.state === "present" && message.delivery.state !== "failed";
  return (
    <div className={styles.bar} role="group" aria-label={t("actions", { name: nameOf(people, message.author) })}>
      {sound && (
        <>
          {quickEmoji(QUICK_MAX).map((emoji) => (
            <button
              key={emoji}
              type="button"
              className={styles.button}
              data-quick=""
              title={t("reactWith", { emoji })}
              aria-label={t("reactWith", { emoji })}
              onClick={() => actions.react(message, emoji)}
            >
              {emoji}
            </button>
          ))}
          <button
            type="button"
            className={styles.button}
            title={t("react")}
            aria-label={t("react")}
            onClick={(event) => actions.openPicker(message, anchorAt(event.currentTarget))}
          >
            <SmilePlus size={16} aria-hidden="true" />
          </button>
          {!inThread && (
            <button
              type="button"
              className={styles.button}
              title={t("reply")}
              aria-label={t("reply")}
              onClick={() => actions.reply(message)}
            >
              <MessageSquareReply size={16} aria-hidden="true" />
            </button>
          )}
          {message.author === people.self && (
            <button
              type="button"
              className={styles.button}
              title={t("edit")}
              aria-label={t("edit")}
              onClick={() => actions.edit(message)}
            >
              <Pencil size={16} aria-hidden="true" />
            </button>
          )}
        </>
      )}
      <button
        type="button"
        className={styles.button}
        title={t("moreActions")}
        aria-label={t("moreActions")}
        aria-haspopup="menu"
        onClick={(event) => actions.openMenu(message, anchorAt(event.currentTarget))}
      >
        <Ellipsis size={16} aria-hidden="true" />
      </button>
    </div>
  );
}
