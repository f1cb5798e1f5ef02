/** What the notices of a timeline mean beside each other; one alone says less. */

import type { DotKey, Notice, TimelineItem } from "@greenroom/client";

/** `silent`: goes without saying. `unbanned`: says so, as being put out after a ban is what lifts it. */
export type Telling = "silent" | "unbanned";

/**
 * The notices that are told in another way than their own event says. `direct`: of a room of two. `lifted`: those known to
 * have lifted a ban that may be none of these items.
 */
export const tellingsOf = (
  items: readonly TimelineItem[],
  direct: boolean,
  lifted: ReadonlySet<DotKey>,
): ReadonlyMap<DotKey, Telling> => {
  const tellings = new Map<DotKey, Telling>();
  let before: Notice | undefined;
  for (const item of items) {
    if (item.kind !== "notice") {
      before = undefined;
      continue;
    }
    const { event } = item;
    if (direct && (event.is === "created" || (event.is === "member" && event.standing === "joined")))
      tellings.set(item.key, "silent");
    if (event.is === "member") {
      if (isFounder(item, before)) tellings.set(item.key, "silent");
      if (lifted.has(item.key)) tellings.set(item.key, "unbanned");
    }
    before = item;
  }
  return tellings;
};

/** Whoever makes a room is in it. */
const isFounder = ({ event }: Notice, before: Notice | undefined): boolean =>
  before?.event.is === "created" &&
  event.is === "member" &&
  event.standing === "joined" &&
  event.user === before.author;
