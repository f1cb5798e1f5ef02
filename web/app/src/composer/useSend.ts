import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { parseDotKey, type DotKey, type Message, type RoomHandle, type UserId } from "@greenroom/client";
import { useErrorText } from "../state/errors";
import { toast } from "../ui/toasts";
import { tellSent } from "./sent";

export interface Send {
  /** Writes a message. `restore` gets the text back when it cannot be kept at all. */
  readonly post: (text: string, mentions: readonly UserId[], restore: (text: string) => void) => void;
  readonly edit: (message: Message, text: string, mentions: readonly UserId[]) => void;
}

/** Writes to a room or thread. Never waits: what is written is in the list at once. */
export const useSend = (room: RoomHandle, thread: DotKey | undefined): Send => {
  const { t } = useTranslation("timeline");
  const errorText = useErrorText();
  return useMemo(() => {
    const tell = (error: unknown): void => toast(t("compose.failed", { reason: errorText(error) }), { tone: "error" });
    return {
      post: (text, mentions, restore) => {
        const root = thread === undefined ? undefined : parseDotKey(thread);
        const done = room.post(text, { mentions, ...(root !== undefined && { thread: root }) });
        room.setTyping(false);
        tellSent(room.id, thread);
        done.catch((error: unknown) => {
          restore(text);
          tell(error);
        });
      },
      edit: (message, text, mentions) => {
        if (message.body.state === "present" && message.body.text === text) return;
        room.edit(message.dot, text, mentions).catch(tell);
      },
    };
  }, [errorText, room, thread, t]);
};
