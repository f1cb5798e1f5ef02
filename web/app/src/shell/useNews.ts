import { useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Client, Found, RoomId } from "@greenroom/client";
import { plainTextOf } from "../markdown/plain";
import { faviconOf, titleOf } from "../pwa/favicon";
import { clearNotifications, holdView, NOTICE_CHARS_MAX, notify } from "../pwa/notify";
import { playTone } from "../pwa/tone";
import { useClient, useSlice } from "../state/client";
import { nameOf } from "../state/people";
import { preferences } from "../state/preferences";
import { route, useRoute } from "../state/route";
import { isAttended } from "../timeline/useAttention";
import { announce } from "../ui/announce";
import { countUnread } from "./room-groups";
import { useSeen } from "./useSeen";

/** Tells of what is new outside of the conversation: title, icon, badge, notifications, screen readers. */
export function useNews(): void {
  useTitle();
  useMessages();
  useView();
}

function useTitle(): void {
  const { t } = useTranslation("shell");
  const rooms = useSlice(useClient().rooms);
  const here = useRoute();
  const { unread, loud } = useMemo(() => countUnread(rooms), [rooms]);
  const place = here.at === "room" ? rooms.find((room) => room.room === here.room)?.name : undefined;
  useEffect(() => {
    document.title = titleOf(here.at === "search" ? t("list.search") : place, { unread }, t("app"));
  }, [here.at, place, unread, t]);
  useEffect(() => {
    document.querySelector("link[rel=icon]")?.setAttribute("href", faviconOf({ unread, loud }));
    if ("setAppBadge" in navigator) void navigator.setAppBadge(loud).catch(() => undefined);
  }, [unread, loud]);
}

function useMessages(): void {
  const { t } = useTranslation("shell");
  const client = useClient();
  useEffect(
    () =>
      client.onMessage((found) => {
        void tell(client, found, (name, room) => announce(t("announce.mention", { name, room })));
      }),
    [client, t],
  );
}

/** Tells of a message elsewhere; those of the room in view are the timeline's to announce. */
async function tell(
  client: Client,
  { room, message }: Found,
  onMention: (name: string, room: string) => void,
): Promise<void> {
  if (message.body.state !== "present" || isInView(room)) return;
  const own = client.account.get()?.user;
  const summary = client.rooms.get().find((one) => one.room === room);
  if (summary === undefined || message.author === own) return;
  const name = await nameOf(client, room, message.author);
  if (own !== undefined && message.body.mentions.includes(own)) onMention(name, summary.name);
  const { notifications, sounds } = preferences.get();
  if (!notifications) return;
  const title = summary.visibility === "direct" ? name : `${name} · ${summary.name}`;
  const text = plainTextOf(message, NOTICE_CHARS_MAX);
  if ((await notify({ room, key: message.key, title, text })) && sounds) playTone();
}

const isInView = (room: RoomId): boolean => {
  const here = route.get();
  return here.at === "room" && here.room === room && isAttended();
};

/** Says that one is there or away, and which room one looks at. */
function useView(): void {
  const client = useClient();
  const here = useRoute();
  const seen = useSeen();
  const room = here.at === "room" ? here.room : undefined;
  useEffect(() => client.setPresence(seen === "here" ? "online" : "away"), [client, seen]);
  useEffect(() => {
    if (seen !== "here" || room === undefined) return;
    void clearNotifications(room);
    return holdView(room);
  }, [seen, room]);
}
