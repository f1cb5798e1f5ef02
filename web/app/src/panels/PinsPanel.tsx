import { Pin, PinOff } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Message, RoomHandle, RoomId } from "@greenroom/client";
import { useFormat } from "../i18n/format";
import { Markdown } from "../markdown/Markdown";
import { useRoom, useSlice } from "../state/client";
import { useAttempt } from "../state/errors";
import { hrefTo } from "../state/route";
import { mayWith } from "../timeline/may";
import { nameOf, namedOf, PeopleContext, usePeople, usePeopleOf } from "../timeline/people";
import { placeOfMessage } from "../timeline/messagePlace";
import { momentOf } from "../timeline/rows";
import { Avatar } from "../ui/Avatar";
import { EmptyState } from "../ui/EmptyState";
import { IconButton } from "../ui/IconButton";
import { WordsProvider } from "../timeline/words";
import styles from "./panels.module.css";

/** What people of a room want at hand. */
export function PinsPanel({ room }: { readonly room: RoomId }) {
  const { t } = useTranslation("timeline");
  const handle = useRoom(room);
  const people = usePeopleOf(handle);
  const pins = useSlice(handle.pins).filter((item) => item.kind === "message");
  return (
    <div className={styles.panel}>
      <WordsProvider>
        <PeopleContext value={people}>
          {pins.length === 0 ? (
            <div className={styles.middle}>
              <EmptyState icon={Pin} title={t("panels.pinsNone")} text={t("panels.pinsHint")} />
            </div>
          ) : (
            <ul className={styles.list}>
              {pins.map((message) => (
                <Pinned key={message.key} room={handle} message={message} />
              ))}
            </ul>
          )}
        </PeopleContext>
      </WordsProvider>
    </div>
  );
}

function Pinned({ room, message }: { readonly room: RoomHandle; readonly message: Message }) {
  const { t } = useTranslation("timeline");
  const people = usePeople();
  const format = useFormat();
  const role = useSlice(room.summary)?.role;
  const name = nameOf(people, message.author);
  const attempt = useAttempt();
  const unpin = (): void => void attempt(room.pin(message.dot, false));
  return (
    <li className={styles.entry} data-key={message.key}>
      <Avatar user={message.author} name={name} size={28} />
      <div className={styles.head}>
        <bdi className={styles.who}>{name}</bdi>
        <a className={styles.when} href={hrefTo(placeOfMessage(room.id, message))}>
          {format.dateTime(momentOf(message))}
        </a>
      </div>
      <div className={styles.text}>
        {message.body.state === "present" ? (
          <Markdown text={message.body.text} mentions={namedOf(people, message.body.mentions)} self={people.self} />
        ) : (
          t(message.body.state)
        )}
      </div>
      {mayWith(message, people.self, role).pin && (
        <div className={styles.aside}>
          <IconButton icon={PinOff} label={t("unpin")} iconSize={16} onClick={unpin} />
        </div>
      )}
    </li>
  );
}
