import type { Call, CallNotice } from "@greenroom/client";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { peopleOf } from "../arrange/people";
import { happeningsOf, type Happening } from "../events/happenings";

/** Tells what others do, and what was done to oneself: in passing. */
export function useAnnouncements(call: Call, tell: (text: string) => void): void {
  const { t } = useTranslation("call");
  useEffect(() => {
    const say = (happening: Happening): string => {
      switch (happening.is) {
        case "many-joined":
          return t("said.manyJoined", { count: happening.count });
        case "many-left":
          return t("said.manyLeft", { count: happening.count });
        case "joined":
        case "left":
        case "hand":
        case "shares":
          return t(`said.${happening.is}`, { name: happening.name });
      }
    };
    const people = () => peopleOf(call.participants.get(), call.self);
    let before = people();
    const stops = [
      call.participants.subscribe(() => {
        // While joining anew everybody seems to leave and come.
        const after = people();
        if (call.phase.get().phase === "connected") for (const one of happeningsOf(before, after)) tell(say(one));
        before = after;
      }),
      call.mutedBy.subscribe(() => {
        const by = call.mutedBy.get();
        if (by === undefined) return;
        const name = call.participants.get().find(({ participant }) => participant === by)?.name;
        tell(name === undefined ? t("said.mutedBySomebody") : t("said.mutedBy", { name }));
      }),
      call.notice.subscribe(() => {
        const notice = call.notice.get();
        if (notice) tell(noticeText(notice, t));
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [call, t, tell]);
}

function noticeText(notice: CallNotice, t: ReturnType<typeof useTranslation<"call">>["t"]): string {
  if (notice.kind === "screen_ended") return t("said.screenEnded");
  if (notice.replacement === undefined) return t(`said.lost.${notice.device}`);
  return t(`said.replaced.${notice.device}`, { name: notice.replacement });
}
