import { Suspense, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { part } from "../pwa/parts";
import { BrokenInvite, InvitePage } from "../rooms/InvitePage";
import { useClient, useSlice } from "../state/client";
import { closePanel, openPanel, usePanel } from "../state/panel";
import { go, useRoute, type Route } from "../state/route";
import { Spinner } from "../ui/Spinner";
import { Dialogs } from "./Dialogs";
import { ErrorBoundary } from "./ErrorBoundary";
import { PHONE, useMedia } from "./media";
import { Notices } from "./Notices";
import { RoomPane } from "./RoomPane";
import { usePanelHistory, useReturn } from "./phone";
import { CallDock } from "../call";
import { Sidebar } from "./Sidebar";
import { Start } from "./Start";
import { useCommands } from "./useCommands";
import { useNews } from "./useNews";
import { useUnsaved } from "./useUnsaved";
import styles from "./Workspace.module.css";

const SidePane = part(() => import("./SidePane").then(({ SidePane }) => SidePane));
const SearchPane = part(() => import("./SearchPane").then(({ SearchPane }) => SearchPane));

/** The app once somebody is signed in: rooms, the conversation, and what stands beside it. */
export function Workspace() {
  const { t } = useTranslation("shell");
  const route = useRoute();
  const panel = usePanel();
  useCommands();
  useNews();
  useUnsaved();
  usePanelOfRoute(route);
  useFirstRoom(route);
  const beside = route.at === "room" && panel !== undefined;
  const pane = beside ? "side" : route.at === "home" ? "list" : "main";
  const phone = useMedia(PHONE);
  usePanelHistory(phone && pane === "side");
  useReturn(phone && pane === "list", route);
  useStart();
  return (
    <div className={styles.layout} data-pane={pane}>
      <a className={styles.skip} href="#main" onClick={skipToMain}>
        {t("skip")}
      </a>
      <Notices className={styles.notices ?? ""} />
      {/* The only pane there is, is the main one. */}
      <div className={styles.sidebar} role={phone && pane === "list" ? "main" : undefined}>
        <nav className={styles.rooms} aria-label={t("landmarks.rooms")} data-landmark tabIndex={-1}>
          <Sidebar />
        </nav>
      </div>
      <main id="main" className={styles.main} data-landmark tabIndex={-1}>
        <ErrorBoundary resetKey={location.hash}>
          <Main route={route} />
        </ErrorBoundary>
      </main>
      {beside && (
        <aside className={styles.side} aria-label={t("landmarks.side")} data-landmark tabIndex={-1}>
          <ErrorBoundary resetKey={JSON.stringify(panel)}>
            <Suspense fallback={null}>
              <SidePane room={route.room} panel={panel} />
            </Suspense>
          </ErrorBoundary>
        </aside>
      )}
      <div className={styles.floating}>
        <CallDock />
      </div>
      <Dialogs />
    </div>
  );
}

function Main({ route }: { readonly route: Route }) {
  const { t } = useTranslation("ui");
  switch (route.at) {
    case "home":
      return <Start />;
    case "invite":
      return <InvitePage room={route.room} invite={route.invite} />;
    case "broken-invite":
      return <BrokenInvite />;
    case "search":
      return (
        <Suspense fallback={<Spinner label={t("loading")} />}>
          <SearchPane />
        </Suspense>
      );
    case "room":
      return <RoomPane key={route.room} room={route.room} at={route.message} />;
  }
}

/** Links into threads open them; a panel of one room does not stay for the next. */
function usePanelOfRoute(route: Route): void {
  const room = route.at === "room" ? route.room : undefined;
  const thread = route.at === "room" ? route.thread : undefined;
  const message = route.at === "room" ? route.message : undefined;
  const before = useRef(room);
  useEffect(() => {
    if (thread !== undefined) openPanel({ kind: "thread", root: thread });
    else if (before.current !== room) closePanel();
    before.current = room;
  }, [room, thread]);
  useEffect(() => {
    // Where the panel covers the room, a link in it leads out of it.
    if (message !== undefined && matchMedia(PHONE).matches) closePanel();
  }, [message]);
}

/** With space for both, one's latest room stands beside the list from the start. */
function useFirstRoom(route: Route): void {
  const rooms = useSlice(useClient().rooms);
  const settled = useRef(route.at !== "home");
  const first = rooms.find((room) => room.role !== undefined)?.room;
  useEffect(() => {
    if (settled.current || first === undefined) return;
    settled.current = true;
    if (!matchMedia(PHONE).matches) go({ at: "room", room: first }, "replace");
  }, [first]);
}

/** Whoever comes from the page for signing in, whose button is gone, goes on in the app. */
function useStart(): void {
  useEffect(() => {
    if (document.activeElement === document.body) document.getElementById("main")?.focus({ preventScroll: true });
  }, []);
}

function skipToMain(event: React.MouseEvent): void {
  event.preventDefault(); // the fragment is where one is in the app
  document.getElementById("main")?.focus();
}
