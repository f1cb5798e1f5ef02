import { useTranslation } from "react-i18next";
import type { RoomHandle } from "@greenroom/client";
import { useFormat } from "../i18n/format";
import { useAccount, useSlice } from "../state/client";
import styles from "./TypingLine.module.css";

const NAMES_MAX = 3;

/** Who is typing. Not read out: it changes too often to be of use. */
export function TypingLine({ room }: { readonly room: RoomHandle }) {
  const { t } = useTranslation("timeline");
  const format = useFormat();
  const { user } = useAccount();
  const members = useSlice(room.members);
  const typing = useSlice(room.typing).filter((one) => one !== user);
  const names = typing.slice(0, NAMES_MAX).map((one) => members.find((member) => member.user === one)?.name ?? one);
  return (
    <div className={styles.line}>
      {typing.length > 0 && (
        <>
          <span className={styles.dots} aria-hidden="true">
            <span />
            <span />
            <span />
          </span>
          <span className={styles.words}>
            {typing.length > NAMES_MAX
              ? t("typingMany")
              : t("typing", { count: typing.length, names: format.list(names) })}
          </span>
        </>
      )}
    </div>
  );
}
