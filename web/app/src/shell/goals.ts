import {
  Compass,
  Keyboard,
  MessageCirclePlus,
  Settings,
  SquarePen,
  TextSearch,
  Ticket,
  type LucideIcon,
} from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Client, RoomSummary } from "@greenroom/client";
import { useAccount, useClient, useSlice } from "../state/client";
import { useAttempt } from "../state/errors";
import { openDialog } from "../state/panel";
import { useKnownPeople } from "../state/people";
import { go } from "../state/route";
import { best } from "./fuzzy";

/** Somewhere the switcher leads. */
export interface Goal {
  readonly id: string;
  readonly name: string;
  readonly icon: "avatar" | "public" | "private" | "elsewhere" | LucideIcon;
  /** Whose colour. */
  readonly avatar?: string;
  readonly unread: number;
  readonly hint?: string;
  readonly reach: () => void;
}

export interface GoalGroup {
  readonly key: "rooms" | "people" | "public" | "actions";
  readonly goals: readonly Goal[];
}

/** Lines of one group; who wants more types more. */
const ROOMS_MAX = 8;
const OTHERS_MAX = 5;

/** What fits, by kind; kinds without any left out. */
export function useGoals(typed: string): readonly GoalGroup[] {
  const sources = useSources();
  return useMemo(() => {
    const pick = (key: GoalGroup["key"], goals: readonly Goal[], max: number): GoalGroup => ({
      key,
      goals: best(typed, goals, (goal) => goal.name, max),
    });
    const groups = [
      pick("rooms", sources.rooms, ROOMS_MAX),
      pick("people", typed.trim() === "" ? [] : sources.people, OTHERS_MAX),
      pick("public", typed.trim() === "" ? [] : sources.open, OTHERS_MAX),
      pick("actions", sources.actions, OTHERS_MAX),
    ];
    return groups.filter(({ goals }) => goals.length > 0);
  }, [typed, sources]);
}

function useSources() {
  const { t } = useTranslation("shell");
  const client = useClient();
  const own = useAccount().user;
  const rooms = useSlice(client.rooms);
  const attempt = useAttempt();
  const people = useKnownPeople();
  const open = usePublicRooms(client);
  return useMemo(() => {
    const mine = rooms.map(goalOfRoom);
    const known = new Set(rooms.map((room) => room.room));
    const direct = new Set(rooms.map((room) => room.peer));
    return {
      rooms: mine,
      people: (people ?? [])
        .filter(({ user }) => user !== own && !direct.has(user))
        .map((person): Goal => ({
          id: person.user,
          name: person.name,
          icon: "avatar",
          avatar: person.user,
          unread: 0,
          hint: t("switcher.message"),
          reach: () => void attempt(client.openDirect(person.user).then((room) => go({ at: "room", room }))),
        })),
      open: open
        .filter(({ room }) => !known.has(room))
        .map((room): Goal => ({
          id: room.room,
          name: room.name,
          icon: "elsewhere",
          unread: 0,
          hint: t("switcher.join"),
          reach: () => void attempt(client.join(room.room).then(() => go({ at: "room", room: room.room }))),
        })),
      actions: actions(t),
    };
  }, [attempt, client, open, own, people, rooms, t]);
}

const goalOfRoom = (room: RoomSummary): Goal => ({
  id: room.room,
  name: room.name,
  icon: room.visibility === "direct" ? "avatar" : room.visibility,
  ...(room.peer === undefined ? {} : { avatar: room.peer }),
  unread: room.unread,
  reach: () => go({ at: "room", room: room.room }),
});

function actions(t: ReturnType<typeof useTranslation<"shell">>["t"]): readonly Goal[] {
  const action = (name: string, icon: LucideIcon, reach: () => void): Goal => ({
    id: name,
    name,
    icon,
    unread: 0,
    reach,
  });
  return [
    action(t("list.createRoom"), SquarePen, () => openDialog({ kind: "create-room" })),
    action(t("list.browseRooms"), Compass, () => openDialog({ kind: "browse-rooms" })),
    action(t("list.newDirect"), MessageCirclePlus, () => openDialog({ kind: "new-direct" })),
    action(t("list.search"), TextSearch, () => go({ at: "search" })),
    action(t("list.enterInvite"), Ticket, () => openDialog({ kind: "enter-invite" })),
    action(t("list.settings"), Settings, () => openDialog({ kind: "settings" })),
    action(t("shortcuts.title"), Keyboard, () => openDialog({ kind: "shortcuts" })),
  ];
}

/** The first page of public rooms; offline there are none. */
function usePublicRooms(client: Client): readonly RoomSummary[] {
  const [open, setOpen] = useState<readonly RoomSummary[]>([]);
  useEffect(() => {
    let gone = false;
    client.browse().then(
      (found) => gone || setOpen(found.rooms),
      () => undefined,
    );
    return () => {
      gone = true;
    };
  }, [client]);
  return open;
}
