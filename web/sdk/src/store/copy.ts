/** What goes along when a full or failing disk forces the store into memory. */

import type { ItemRecord, MetaValues, RoomRecord } from "./records.js";
import { laneSpan, STORES, wholeRoom } from "./schema.js";
import type { Tx } from "./transaction.js";

/** A room with more items than this takes only the newest along. */
const ROOM_ITEMS_MAX = 500;
/** Ops about messages, of all rooms: beyond it none are taken along. */
const OPS_MAX = 50_000;

/** Reads what goes along, and gives what writes it into an empty database. */
export const copyOf = async (from: Tx): Promise<(to: Tx) => void> => {
  const [rooms, outbox, members, drafts, ops, account, clock, skewMs] = await Promise.all([
    from.getAll("rooms"),
    from.getAll("outbox"),
    from.getAll("members"),
    from.getAll("drafts"),
    from.getAll("ops", undefined, OPS_MAX + 1),
    from.get("meta", "account"),
    from.get("meta", "clock"),
    from.get("meta", "skewMs"),
  ]);
  const parts = await Promise.all(rooms.map((room) => partOf(from, room, ops.length <= OPS_MAX)));
  return (to) => {
    for (const store of STORES) to.clear(store);
    for (const { room, items } of parts) {
      to.put("rooms", room);
      for (const item of items) to.put("items", item);
    }
    for (const record of outbox) to.put("outbox", record);
    for (const record of members) to.put("members", record);
    for (const record of drafts) to.put("drafts", record);
    // Unacked ones go along in any case.
    for (const record of ops) if (ops.length <= OPS_MAX || record.stamp === undefined) to.put("ops", record);
    for (const [key, value] of Object.entries({ account, clock, skewMs })) {
      if (value !== undefined) to.put("meta", value, key as keyof MetaValues);
    }
  };
};

/** A room with its newest items. Unless that is all of them its offsets are void: the server is asked for the rest again. */
const partOf = async (
  from: Tx,
  room: RoomRecord,
  whole: boolean,
): Promise<{ readonly room: RoomRecord; readonly items: readonly ItemRecord[] }> => {
  const all = await from.getAll("items", wholeRoom(room.room), ROOM_ITEMS_MAX + 1);
  if (whole && all.length <= ROOM_ITEMS_MAX) return { room, items: all };
  const items = await from.getLast("items", laneSpan(room.room), ROOM_ITEMS_MAX);
  const { cursor: _cursor, lowest: _lowest, ...rest } = room;
  return { room: { ...rest, known: [], total: items.length }, items };
};
