import { MessagesSquare } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { DotKey, RoomHandle, RoomId } from "@greenroom/client";
import { Composer } from "../composer/Composer";
import { useRoom, useSlice } from "../state/client";
import { MessageActionsProvider } from "../timeline/MessageActionsProvider";
import { PeopleContext, usePeopleOf } from "../timeline/people";
import { TimelineList } from "../timeline/TimelineList";
import { useTimeline } from "../timeline/useTimeline";
import { EmptyState } from "../ui/EmptyState";
import { WordsProvider } from "../timeline/words";
import styles from "./panels.module.css";

/** A message with its answers, and where to answer. */
export function ThreadPanel({ room, root }: { readonly room: RoomId; readonly root: DotKey }) {
  const handle = useRoom(room);
  const people = usePeopleOf(handle);
  return (
    <div className={styles.panel}>
      <WordsProvider>
        <PeopleContext value={people}>
          <MessageActionsProvider room={handle} thread={root} key={root}>
            <Thread room={handle} root={root} />
          </MessageActionsProvider>
        </PeopleContext>
      </WordsProvider>
      <Composer room={room} thread={root} />
    </div>
  );
}

function Thread({ room, root }: { readonly room: RoomHandle; readonly root: DotKey }) {
  const { t } = useTranslation("timeline");
  const timeline = useTimeline(() => room.thread(root));
  const view = useSlice(timeline.view);
  if (view.state === "ready" && view.items.length === 0)
    return (
      <div className={styles.middle}>
        <EmptyState icon={MessagesSquare} title={t("panels.thread")} text={t("panels.threadGone")} />
      </div>
    );
  return <TimelineList room={room} timeline={timeline} thread={root} start={null} />;
}
