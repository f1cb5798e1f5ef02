/** Searching what is stored: newest first, a chunk at a time, without an index. */

import type { SearchQuery } from "../api.js";
import { folded } from "../folded.js";
import type { Found } from "../model.js";
import type { RoomId } from "../protocol/values.js";
import type { Database } from "./database.js";
import { messageOf, textOf } from "./present.js";
import { positionOf, type ItemRecord, type Lane, type Position, type RoomRecord } from "./records.js";
import { laneSpan, wholeRoom } from "./schema.js";

const CHUNK = 1_000;
const FOUND_MAX = 200;

/** Calls `onFound` as it finds; resolves when everything was read, enough was found, or the signal says stop. */
export const search = async (
  db: Database,
  query: SearchQuery,
  onFound: (found: readonly Found[]) => void,
): Promise<void> => {
  const wanted = folded(query.text.trim());
  if (wanted === "") return;
  const rooms = (await db.run(["rooms"], { mode: "readonly" }, (tx) => tx.getAll("rooms")))
    .filter(({ room }) => query.room === undefined || query.room === room)
    .sort((a, b) => (b.lastPostMs ?? 0) - (a.lastPostMs ?? 0));
  const scan: Scan = { query, wanted, left: query.limit ?? FOUND_MAX };
  for (const room of rooms) {
    for (const lane of [room.room, ...(await threadLanes(db, room.room))]) {
      await searchLane(db, room, lane, scan, onFound);
      if (scan.left <= 0 || query.signal?.aborted === true) return;
    }
  }
};

interface Scan {
  readonly query: SearchQuery;
  readonly wanted: string;
  left: number;
}

const searchLane = async (
  db: Database,
  room: RoomRecord,
  lane: Lane,
  scan: Scan,
  onFound: (found: readonly Found[]) => void,
): Promise<void> => {
  let before: Position | undefined;
  while (scan.left > 0 && scan.query.signal?.aborted !== true) {
    const chunk = await chunkBefore(db, lane, before);
    const found = chunk.flatMap((item) => matching(item, room, scan)).slice(0, scan.left);
    scan.left -= found.length;
    if (found.length > 0) onFound(found);
    const last = chunk.at(-1);
    if (last === undefined || chunk.length < CHUNK) return;
    before = positionOf(last);
  }
};

/** Newest first. */
const chunkBefore = async (db: Database, lane: Lane, before: Position | undefined): Promise<readonly ItemRecord[]> => {
  const span = laneSpan(lane, undefined, before);
  return (await db.run(["items"], { mode: "readonly" }, (tx) => tx.getLast("items", span, CHUNK))).reverse();
};

const matching = (item: ItemRecord, room: RoomRecord, { query, wanted }: Scan): Found[] => {
  if (query.from !== undefined && item.op.author !== query.from) return [];
  const text = textOf(item, room.purgedUpTo);
  if (text === undefined || !folded(text).includes(wanted)) return [];
  const message = messageOf(item, { room, sent: () => false });
  return message === undefined ? [] : [{ room: room.room, message }];
};

/** The lanes of a room's threads, the way from one to the next being a single step. */
const threadLanes = (db: Database, room: RoomId): Promise<readonly Lane[]> =>
  db.run(["items"], { mode: "readonly" }, async (tx) => {
    const lanes: Lane[] = [];
    for (let from = `${room}/`; ;) {
      const [next] = await tx.getAll("items", { ...wholeRoom(room), from: [from] }, 1);
      if (next === undefined) return lanes;
      lanes.push(next.lane);
      from = `${next.lane}\u0000`;
    }
  });
