import { useCallback, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { MessagesSquare } from "lucide-react";
import type { DotKey, RoomHandle, RoomId } from "@greenroom/client";
import { useRoom, useSlice } from "../state/client";
import { EmptyState } from "../ui/EmptyState";
import { JumpDialog } from "./JumpDialog";
import { MessageActionsProvider } from "./MessageActionsProvider";
import { PeopleContext, usePeople, usePeopleOf } from "./people";
import { TimelineList } from "./TimelineList";
import { useTimeline } from "./useTimeline";
import type { Scroll } from "./useScroll";
import { WordsProvider } from "./words";
import styles from "./RoomTimeline.module.css";

/** The messages of a room, from the newest, or from the message `at`. */
export function RoomTimeline({ room, at }: { readonly room: RoomId; readonly at?: DotKey | undefined }) {
  const handle = useRoom(room);
  const people = usePeopleOf(handle);
  return (
    <WordsProvider>
      <PeopleContext value={people}>
        <MessageActionsProvider room={handle} key={room}>
          <OpenTimeline room={handle} at={at} />
        </MessageActionsProvider>
      </PeopleContext>
    </WordsProvider>
  );
}

function OpenTimeline({ room, at }: { readonly room: RoomHandle; readonly at: DotKey | undefined }) {
  const { t } = useTranslation("timeline");
  const timeline = useTimeline(() => room.timeline(at === undefined ? {} : { at }));
  const people = usePeople();
  const scroll = useRef<Scroll>(undefined);
  const [dayMs, setDayMs] = useState<number>();
  const summary = useSlice(room.summary);
  const name = summary?.name ?? "";

  const keepScroll = useCallback((now: Scroll) => {
    scroll.current = now;
  }, []);
  const view = useSlice(timeline.view);
  const empty = view.state === "ready" && view.before === "start" && !view.items.some(({ kind }) => kind === "message");

  return (
    <div className={styles.timeline}>
      <TimelineList
        room={room}
        timeline={timeline}
        at={at}
        onDay={setDayMs}
        onScrollReady={keepScroll}
        start={
          empty ? (
            <EmptyState icon={MessagesSquare} title={t("emptyTitle")} text={t("emptyText")} />
          ) : (
            <p className={styles.start}>{t(people.direct ? "startDirect" : "start", { room: name })}</p>
          )
        }
      />
      {dayMs !== undefined && (
        <JumpDialog
          room={room}
          initialMs={dayMs}
          onPlace={(index) => void scroll.current?.toPlace(index)}
          onClose={() => setDayMs(undefined)}
        />
      )}
    </div>
  );
}
