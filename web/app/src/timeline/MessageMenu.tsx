import { Menu, MenuProvider } from "@ariakit/react/menu";
import { Copy, History, Link, MessageSquareReply, Pencil, Pin, PinOff, SmilePlus, Trash2 } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Message } from "@greenroom/client";
import { quickEmoji } from "../emoji/quick";
import { MenuItem, MenuLine } from "../ui/Menu";
import menu from "../ui/Menu.module.css";
import { useMessageActions, type Anchor } from "./actions";
import type { May } from "./may";
import { nameOf, usePeople } from "./people";
import { QuickReactions } from "./QuickReactions";

const QUICK_MAX = 6;

/** Everything one may do with a message, at the place that was pressed. */
export function MessageMenu({
  message,
  anchor,
  may,
  inThread,
  onClose,
}: {
  readonly message: Message;
  readonly anchor: Anchor;
  readonly may: May;
  readonly inThread: boolean;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation("timeline");
  const people = usePeople();
  const actions = useMessageActions();
  const present = message.body.state === "present";
  // The finger whose rest opened the menu leaves it open when it is lifted: only a new press closes it.
  const pressed = useRef(false);
  useEffect(() => {
    const press = (): void => {
      pressed.current = true;
    };
    window.addEventListener("pointerdown", press, { capture: true });
    return () => window.removeEventListener("pointerdown", press, { capture: true });
  }, []);
  // The focus goes back to where the menu opened, before what was chosen may take it: once, for the menu also closes
  // after a choice.
  const left = useRef(false);
  const then = (run: () => void) => () => {
    if (left.current) return;
    left.current = true;
    onClose();
    setTimeout(() => {
      anchor.focus.focus({ preventScroll: true });
      run();
    });
  };
  return (
    <MenuProvider open placement="bottom-start" setOpen={(open) => !open && then(() => undefined)()}>
      <Menu
        aria-label={t("actions", { name: nameOf(people, message.author) })}
        className={menu.menu ?? ""}
        gutter={4}
        modal
        backdrop={false}
        autoFocusOnHide={false}
        hideOnInteractOutside={() => pressed.current}
        hideOnEscape={(event) => {
          event.preventDefault();
          return true;
        }}
        getAnchorRect={() => anchor.rect}
      >
        {may.react && (
          <>
            <QuickReactions
              emoji={quickEmoji(QUICK_MAX)}
              onReact={(emoji) => then(() => actions.react(message, emoji))()}
            />
            <MenuItem icon={SmilePlus} keys="+" onSelect={then(() => actions.openPicker(message, anchor))}>
              {t("react")}
            </MenuItem>
          </>
        )}
        {present && !inThread && (
          <MenuItem icon={MessageSquareReply} keys="R" onSelect={then(() => actions.reply(message))}>
            {t("reply")}
          </MenuItem>
        )}
        {may.edit && (
          <MenuItem icon={Pencil} keys="E" onSelect={then(() => actions.edit(message))}>
            {t("edit")}
          </MenuItem>
        )}
        {may.pin && (
          <MenuItem icon={message.pinned ? PinOff : Pin} onSelect={then(() => actions.pin(message, !message.pinned))}>
            {t(message.pinned ? "unpin" : "pin")}
          </MenuItem>
        )}
        <MenuLine />
        {present && (
          <MenuItem icon={Copy} onSelect={then(() => actions.copyText(message))}>
            {t("copyText")}
          </MenuItem>
        )}
        <MenuItem icon={Link} onSelect={then(() => actions.copyLink(message))}>
          {t("copyLink")}
        </MenuItem>
        {message.edited !== undefined && present && (
          <MenuItem icon={History} onSelect={then(() => actions.showVersions(message))}>
            {t("showVersions")}
          </MenuItem>
        )}
        {may.delete && (
          <>
            <MenuLine />
            <MenuItem icon={Trash2} danger keys="Del" onSelect={then(() => actions.askDelete(message))}>
              {t("delete")}
            </MenuItem>
          </>
        )}
      </Menu>
    </MenuProvider>
  );
}
