import { useTranslation } from "react-i18next";
import { Pencil, X } from "lucide-react";
import type { DotKey, RoomHandle, RoomId } from "@greenroom/client";
import { useJoinRoom } from "../rooms/useJoinRoom";
import { useRoom, useSlice } from "../state/client";
import { Button } from "../ui/Button";
import { IconButton } from "../ui/IconButton";
import { ComposerField } from "./ComposerField";
import { stopEditing, useEditing } from "./editing";
import { focusComposer } from "./focus";
import { TypingLine } from "./TypingLine";
import { useDraft } from "./useDraft";
import { useSend } from "./useSend";
import styles from "./Composer.module.css";

/** Where one writes: to a room, or into one of its threads. */
export function Composer({ room, thread }: { readonly room: RoomId; readonly thread?: DotKey | undefined }) {
  const handle = useRoom(room);
  const summary = useSlice(handle.summary);
  // Until the room is known, nobody is turned away: what is written is kept.
  const refused = summary !== undefined && (summary.role === undefined || summary.closed !== undefined);
  return (
    <div className={styles.composer} data-toasts-above="">
      {refused ? (
        <Closed room={room} open={summary.visibility === "public"} />
      ) : (
        <Writing key={`${room} ${thread ?? ""}`} room={handle} thread={thread} name={summary?.name ?? ""} />
      )}
      <TypingLine room={handle} />
    </div>
  );
}

function Writing({
  room,
  thread,
  name,
}: {
  readonly room: RoomHandle;
  readonly thread: DotKey | undefined;
  readonly name: string;
}) {
  const { t } = useTranslation("timeline");
  const message = useEditing({ room: room.id, thread });
  const draft = useDraft(room, thread);
  const send = useSend(room, thread);
  const isThread = thread !== undefined;
  // The field one edited in is gone: one writes on in that for new messages, once it is there.
  const leaveEditing = (): void => {
    stopEditing();
    requestAnimationFrame(() => focusComposer(thread));
  };
  if (message?.body.state === "present") {
    return (
      <>
        <div className={styles.banner}>
          <Pencil size={14} aria-hidden="true" />
          <span className={styles.bannerText}>{t("compose.editing")}</span>
          <IconButton
            icon={X}
            label={t("compose.cancelEdit")}
            keys="Esc"
            iconSize={16}
            placement="top"
            onClick={leaveEditing}
          />
        </div>
        <ComposerField
          key={message.key}
          room={room}
          thread={thread}
          label={t("compose.labelEdit")}
          placeholder={t("compose.labelEdit")}
          action="save"
          initial={message.body.text}
          takeFocus
          onSend={(text, mentions) => {
            send.edit(message, text, mentions);
            leaveEditing();
            return true;
          }}
          onCancel={leaveEditing}
        />
      </>
    );
  }
  return (
    <ComposerField
      key={draft.key}
      room={room}
      thread={thread}
      label={isThread ? t("compose.labelThread") : t("compose.label", { room: name })}
      placeholder={isThread ? t("compose.placeholderThread") : t("compose.placeholder", { room: name })}
      action="send"
      initial={draft.initial}
      takeFocus={isThread}
      onChange={draft.keep}
      onSend={(text, mentions) => {
        draft.clear();
        send.post(text, mentions, draft.restore);
        return true;
      }}
    />
  );
}

/** Why one cannot write here, and what to do about it. */
function Closed({ room, open }: { readonly room: RoomId; readonly open: boolean }) {
  const { t } = useTranslation("timeline");
  const { busy, join } = useJoinRoom(room);
  return (
    <div className={styles.closed}>
      <p>{t(open ? "compose.notMember" : "compose.closed")}</p>
      {open && (
        <Button variant="primary" size="s" busy={busy} onClick={join}>
          {t("compose.join")}
        </Button>
      )}
    </div>
  );
}
