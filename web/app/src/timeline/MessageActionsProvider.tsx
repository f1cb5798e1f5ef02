import { Suspense, useMemo, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { DotKey, Message, RoomHandle } from "@greenroom/client";
import { startEditing } from "../composer/editing";
import { focusComposer } from "../composer/focus";
import { EmojiPopover } from "../emoji/EmojiPopover";
import { noteUsed } from "../emoji/quick";
import { part } from "../pwa/parts";
import { useAccount, useSlice } from "../state/client";
import { useAttempt } from "../state/errors";
import { openPanel } from "../state/panel";
import { linkTo } from "../state/route";
import { useCopy } from "../ui/clipboard";
import { toast } from "../ui/toasts";
import { ActionsContext, type Anchor, type MessageActions } from "./actions";
import { DeleteDialog } from "./DeleteDialog";
import { MessageMenu } from "./MessageMenu";
import { mayWith } from "./may";
import { placeOfMessage } from "./messagePlace";

const VersionsDialog = part(() => import("../panels/VersionsDialog").then(({ VersionsDialog }) => VersionsDialog));

/** What lies over the list, if anything. */
type Overlay =
  | { readonly kind: "menu"; readonly message: Message; readonly anchor: Anchor }
  | { readonly kind: "picker"; readonly message: Message; readonly anchor: Anchor }
  | { readonly kind: "delete"; readonly message: Message }
  | { readonly kind: "versions"; readonly message: Message };

/** Lets the rows within act on their messages; holds the menu, picker and dialogs they open. */
export function MessageActionsProvider({
  room,
  thread,
  children,
}: {
  readonly room: RoomHandle;
  /** The thread that is shown, if it is one. */
  readonly thread?: DotKey | undefined;
  readonly children: ReactNode;
}) {
  const { t } = useTranslation("timeline");
  const { user } = useAccount();
  const [overlay, setOverlay] = useState<Overlay>();
  const role = useSlice(room.summary)?.role;
  const attempt = useAttempt();
  const copyText = useCopy();
  const actions = useMemo((): MessageActions => {
    const copy = (text: string): void => void copyText(text).then((done) => done && toast(t("copied")));
    return {
      react: (message, emoji) => {
        const own = message.reactions.some((one) => one.emoji === emoji && one.users.includes(user));
        if (!own) noteUsed(emoji);
        void attempt(room.react(message.dot, emoji, !own));
      },
      reply: (message) => {
        const root = message.thread ?? message.key;
        if (root === thread) focusComposer(root);
        else openPanel({ kind: "thread", root });
      },
      edit: (message) => {
        startEditing(room.id, thread, message);
        focusComposer(thread);
      },
      askDelete: (message) => setOverlay({ kind: "delete", message }),
      pin: (message, on) => void attempt(room.pin(message.dot, on)),
      copyLink: (message) => copy(linkTo(placeOfMessage(room.id, message))),
      copyText: (message) => copy(message.body.state === "present" ? message.body.text : ""),
      showVersions: (message) => setOverlay({ kind: "versions", message }),
      retry: (message) => void attempt(room.retry(message.key)),
      discard: (message) => void attempt(room.discard(message.key)),
      openMenu: (message, anchor) => setOverlay({ kind: "menu", message, anchor }),
      openPicker: (message, anchor) => setOverlay({ kind: "picker", message, anchor }),
    };
  }, [attempt, copyText, room, thread, t, user]);
  const close = (): void => setOverlay(undefined);
  return (
    <ActionsContext value={actions}>
      {children}
      {overlay?.kind === "menu" && (
        <MessageMenu
          key={overlay.message.key}
          message={overlay.message}
          anchor={overlay.anchor}
          may={mayWith(overlay.message, user, role)}
          inThread={thread !== undefined}
          onClose={() => setOverlay((now) => (now === overlay ? undefined : now))}
        />
      )}
      {overlay?.kind === "picker" && (
        <EmojiPopover
          anchor={overlay.anchor}
          onPick={(emoji) => actions.react(overlay.message, emoji)}
          onClose={close}
        />
      )}
      {overlay?.kind === "delete" && (
        <DeleteDialog
          message={overlay.message}
          onDelete={() => {
            close();
            void attempt(room.delete(overlay.message.dot));
          }}
          onClose={close}
        />
      )}
      {overlay?.kind === "versions" && (
        <Suspense>
          <VersionsDialog room={room} message={overlay.message} onClose={close} />
        </Suspense>
      )}
    </ActionsContext>
  );
}
