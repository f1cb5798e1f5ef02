import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { DotKey, TimelineView } from "@greenroom/client";
import { plainTextOf } from "../markdown/plain";
import { announce } from "../ui/announce";
import { nameOf, type People } from "./people";
import { arrivedSince } from "./rows";

/** More at once are counted, not read out. */
const READ_OUT_MAX = 3;
const LOOK_BACK_MAX = 100;
const EXCERPT_CHARS_MAX = 300;

/** Tells screen readers of new messages of others; not of history that is scrolled into. */
export const useAnnounceNew = (view: TimelineView, people: People, on: boolean): void => {
  const { t } = useTranslation("timeline");
  const known = useRef<DotKey>(undefined);
  useEffect(() => {
    if (view.state !== "ready" || view.after) {
      known.current = undefined;
      return;
    }
    const before = known.current;
    known.current = view.items.at(-1)?.key;
    if (!on || before === undefined || before === known.current) return;
    const arrived = arrivedSince(view.items, before, people.self, LOOK_BACK_MAX);
    if (arrived.length > READ_OUT_MAX) announce(t("announcedMany", { count: arrived.length }));
    else if (arrived.length > 0)
      announce(
        arrived
          .map((message) =>
            t("announced", {
              name: nameOf(people, message.author),
              text: plainTextOf(message, EXCERPT_CHARS_MAX),
            }),
          )
          .join("\n"),
      );
  }, [view, people, on, t]);
};
