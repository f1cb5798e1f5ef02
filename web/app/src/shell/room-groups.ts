import type { RoomSummary } from "@greenroom/client";

/** One's rooms as the list shows them. */
export interface RoomGroups {
  readonly rooms: readonly RoomSummary[];
  readonly direct: readonly RoomSummary[];
  /** Left or put out of; still readable. */
  readonly past: readonly RoomSummary[];
}

/** Sorts rooms into groups; each keeps the order it came in. */
export function groupRooms(all: readonly RoomSummary[]): RoomGroups {
  const past = all.filter(isPast);
  const present = all.filter((room) => !isPast(room));
  return {
    rooms: present.filter((room) => room.visibility !== "direct"),
    direct: present.filter((room) => room.visibility === "direct"),
    past,
  };
}

/** The rooms from top to bottom, as the keys go through them. */
export const inOrder = ({ rooms, direct, past }: RoomGroups): readonly RoomSummary[] => [...rooms, ...direct, ...past];

/** The next room up or down from the present one, around the ends; `undefined` when there is none to go to. */
export function neighbour(
  order: readonly RoomSummary[],
  present: string | undefined,
  step: 1 | -1,
  which: "any" | "unread",
): RoomSummary | undefined {
  const from = order.findIndex((room) => room.room === present);
  for (let away = 1; away <= order.length; away++) {
    const start = from === -1 ? (step === 1 ? -1 : order.length) : from;
    const at = (((start + step * away) % order.length) + order.length) % order.length;
    const room = order[at];
    if (room === undefined || room.room === present) continue;
    if (which === "any" || room.unread > 0) return room;
  }
  return undefined;
}

/** What the badges of the app and the title count: mentions and direct messages loudly, all unread quietly. */
export function countUnread(all: readonly RoomSummary[]): { readonly unread: number; readonly loud: number } {
  let unread = 0;
  let loud = 0;
  for (const room of all) {
    if (isPast(room)) continue;
    unread += room.unread;
    loud += room.visibility === "direct" ? room.unread : room.mentioned;
  }
  return { unread, loud };
}

const isPast = (room: RoomSummary): boolean => room.role === undefined;
