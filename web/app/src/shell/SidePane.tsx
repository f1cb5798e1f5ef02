import { ArrowLeft, X } from "lucide-react";
import { useEffect, useRef, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import type { RoomId } from "@greenroom/client";
import { CallChat, CallPeople } from "../call";
import { PinsPanel } from "../panels/PinsPanel";
import { SearchPanel } from "../panels/SearchPanel";
import { ThreadPanel } from "../panels/ThreadPanel";
import { MembersPanel } from "../rooms/MembersPanel";
import { closePanel, type Panel } from "../state/panel";
import { IconButton } from "../ui/IconButton";
import { PHONE, useMedia } from "./media";
import styles from "./SidePane.module.css";

/** What stands beside a room: what it is, the way to close it, and itself. */
export function SidePane({ room, panel }: { readonly room: RoomId; readonly panel: Panel }) {
  return (
    <>
      <Head kind={panel.kind} />
      <Content room={room} panel={panel} />
    </>
  );
}

function Content({ room, panel }: { readonly room: RoomId; readonly panel: Panel }) {
  switch (panel.kind) {
    case "thread":
      return <ThreadPanel key={panel.root} room={room} root={panel.root} />;
    case "members":
      return <MembersPanel room={room} />;
    case "pins":
      return <PinsPanel room={room} />;
    case "search":
      return <SearchPanel room={room} />;
    case "call-chat":
      return <CallChat room={room} />;
    case "call-people":
      return <CallPeople room={room} />;
  }
}

function Head({ kind }: { readonly kind: Panel["kind"] }) {
  const { t } = useTranslation("shell");
  const phone = useMedia(PHONE);
  const heading = useRef<HTMLHeadingElement>(null);
  useFocusOfPane(heading, phone);
  return (
    <header className={styles.head}>
      {phone && <IconButton icon={ArrowLeft} label={t("panel.close")} onClick={closePanel} />}
      <h2 ref={heading} className={styles.title} tabIndex={-1}>
        {t(`panel.${kind}`)}
      </h2>
      {!phone && <IconButton icon={X} label={t("panel.close")} onClick={closePanel} />}
    </header>
  );
}

/** Where it covers the room, the focus comes into it. What closed it with the focus inside gives it back to what opened it. */
function useFocusOfPane(heading: RefObject<HTMLElement | null>, covers: boolean): void {
  const opener = useRef<Element>(null);
  useEffect(() => {
    opener.current = document.activeElement;
    return () => {
      // After the button that closed it is gone, and what it covered is seen again.
      requestAnimationFrame(() => isLost() && returnTo(opener.current));
    };
  }, []);
  useEffect(() => {
    const inside = heading.current?.closest("aside")?.contains(document.activeElement) ?? false;
    if (covers && !inside) heading.current?.focus({ preventScroll: true });
  }, [heading, covers]);
}

const isLost = (): boolean => document.activeElement === null || document.activeElement === document.body;

function returnTo(opener: Element | null): void {
  const room = document.querySelector<HTMLElement>("[data-focus=heading]");
  const to = opener instanceof HTMLElement && opener !== document.body && opener.checkVisibility() ? opener : room;
  to?.focus({ preventScroll: true });
}
