import { memo } from "react";
import { Hash, LogIn, LogOut, Phone, PhoneOff, Scissors, ShieldCheck, ShieldOff, type LucideIcon } from "lucide-react";
import type { Notice } from "@greenroom/client";
import type { Telling } from "./notices";
import { nameOf, useNameList, usePeople } from "./people";
import { useWords } from "./words";
import styles from "./NoticeRow.module.css";

const NAMES_MAX = 6;

/** Something that happened in the room and is no message: one quiet line. */
export const NoticeRow = memo(function NoticeRow({
  notice,
  telling,
  active,
}: {
  readonly notice: Notice;
  readonly telling?: Exclude<Telling, "silent"> | undefined;
  readonly active: boolean;
}) {
  const { format } = useWords();
  const { icon: Icon, text } = useNotice(notice, telling);
  const moment = notice.stamp[0];
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- arrows move between lines
    <div className={styles.notice} data-key={notice.key} tabIndex={active ? 0 : -1} role="article" aria-label={text}>
      <Icon size={14} aria-hidden="true" />
      <span dir="auto">{text}</span>
      <time dateTime={new Date(moment).toISOString()} title={format.dateTime(moment)}>
        {format.time(moment)}
      </time>
    </div>
  );
});

function useNotice(
  { event, author }: Notice,
  telling: Exclude<Telling, "silent"> | undefined,
): { readonly icon: LucideIcon; readonly text: string } {
  const { t, format } = useWords();
  const people = usePeople();
  const nameList = useNameList();
  const by = author === undefined ? t("someone") : nameOf(people, author);
  const memberWords = (
    { user, name, standing, role }: Notice["event"] & { readonly is: "member" },
    doer: string,
    self: boolean,
  ): { readonly icon: LucideIcon; readonly text: string } => {
    const who = name === "" ? nameOf(people, user) : name;
    switch (standing) {
      case "joined":
        if (self) return { icon: LogIn, text: t("notice.joined", { who }) };
        // People come into a room by themselves: what others do is give roles.
        return { icon: ShieldCheck, text: t("notice.role", { who, by: doer, role: t(`roles.${role}`) }) };
      case "left":
        return { icon: LogOut, text: t("notice.left", { who }) };
      case "kicked":
        if (telling === "unbanned") return { icon: ShieldOff, text: t("notice.unbanned", { who, by: doer }) };
        return { icon: LogOut, text: t("notice.kicked", { who, by: doer }) };
      case "banned":
        return { icon: ShieldCheck, text: t("notice.banned", { who, by: doer }) };
    }
  };
  switch (event.is) {
    case "created":
      return { icon: Hash, text: t("notice.created", { who: by }) };
    case "renamed":
      return { icon: Hash, text: t("notice.renamed", { who: by, name: event.name }) };
    case "topic":
      return {
        icon: Hash,
        text:
          event.topic === ""
            ? t("notice.topicCleared", { who: by })
            : t("notice.topic", { who: by, topic: event.topic }),
      };
    case "member":
      return memberWords(event, by, author === undefined || author === event.user);
    case "call": {
      if (event.started) return { icon: Phone, text: t("notice.callStarted", { who: by }) };
      const ended =
        event.durationMs === undefined
          ? t("notice.callEndedShort")
          : t("notice.callEnded", { duration: format.duration(event.durationMs) });
      if (event.users.length === 0) return { icon: PhoneOff, text: ended };
      return {
        icon: PhoneOff,
        text: `${ended} · ${t("notice.callWith", { names: nameList(event.users, NAMES_MAX) })}`,
      };
    }
    case "purged":
      return { icon: Scissors, text: t("notice.purged") };
  }
}
