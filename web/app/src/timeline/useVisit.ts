import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { DotKey, RoomId } from "@greenroom/client";
import { route } from "../state/route";
import { toast } from "../ui/toasts";
import type { Scroll } from "./useScroll";

/** Goes to the message that the address names, and back to the newest when it names none any more. */
export const useVisit = (room: RoomId, scroll: Scroll, at: DotKey | undefined): void => {
  const { t } = useTranslation("timeline");
  const { toMessage, toLatest } = scroll;
  const visited = useRef<DotKey>(undefined);
  useEffect(() => {
    const visit = async (key: DotKey): Promise<void> => {
      if (!(await toMessage(key))) toast(t("notFound"), { tone: "error" });
    };
    if (at !== undefined && at !== visited.current) void visit(at);
    else if (at === undefined && visited.current !== undefined) toLatest();
    visited.current = at;
    // The same link again leads there again.
    return route.subscribe(() => {
      const now = route.get();
      if (now.at === "room" && now.room === room && at !== undefined && now.message === at) void visit(at);
    });
  }, [at, room, toMessage, toLatest, t]);
};
