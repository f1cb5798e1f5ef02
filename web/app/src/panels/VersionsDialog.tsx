import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Message, RoomHandle, Version } from "@greenroom/client";
import { useFormat } from "../i18n/format";
import { Markdown } from "../markdown/Markdown";
import { Badge } from "../ui/Badge";
import { Dialog } from "../ui/Dialog";
import { Spinner } from "../ui/Spinner";
import { namedOf, usePeople } from "../timeline/people";
import styles from "./panels.module.css";

/** What an edited message said before, the newest first. */
export function VersionsDialog({
  room,
  message,
  onClose,
}: {
  readonly room: RoomHandle;
  readonly message: Message;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation("timeline");
  const format = useFormat();
  const people = usePeople();
  const [versions, setVersions] = useState<readonly Version[]>();
  useEffect(() => {
    let current = true;
    const show = (all: readonly Version[]): void => {
      if (current) setVersions(all.toReversed());
    };
    void room.versions(message.key).then(show, () => show([]));
    return () => {
      current = false;
    };
  }, [room, message.key]);
  const mentions = message.body.state === "present" ? namedOf(people, message.body.mentions) : [];
  return (
    <Dialog title={t("versionsTitle")} open onClose={onClose}>
      {versions === undefined && <Spinner label={t("loading")} />}
      {versions?.length === 0 && <p>{t("versionsNone")}</p>}
      <ol className={styles.versions}>
        {versions?.map(({ hlc, text }, at) => (
          <li key={hlc.join(".")} className={styles.version}>
            <time dateTime={new Date(hlc[0]).toISOString()}>
              {format.dateTime(hlc[0])}
              {at === 0 && <Badge tone="accent">{t("versionCurrent")}</Badge>}
            </time>
            <div>
              <Markdown text={text} mentions={mentions} self={people.self} />
            </div>
          </li>
        ))}
      </ol>
    </Dialog>
  );
}
