/** How ops about a room itself change what is known of it. Pure. docs/DIGEST.md, "From ops to state", 4 and 5. */

import { contentGone } from "../crdt/message.js";
import { effective, HLC_ZERO } from "../crdt/hlc.js";
import { compareDot, compareHlc, comparePlace } from "../crdt/order.js";
import { readBody, type WireOp } from "../protocol/op.js";
import { dotKey, type Dot, type DotKey, type Stamp, type UserId } from "../protocol/values.js";
import { TURNS_MAX, type Mark, type MemberRecord, type RoomRecord, type TopicMark, type Turn } from "./records.js";

/** How many topics are remembered, for when the newest turns out to be refused. */
const TOPICS_MAX = 8;

/** The topic before any that is known by its op. */
const NO_DOT: Dot = ["" as Dot[0], 0];

/** After a topic. `told`: the server's own word on the room is newer, so what is shown stays. */
export const withTopic = (room: RoomRecord, op: WireOp, stamp: Stamp | undefined, told: boolean): RoomRecord => {
  const body = readBody(op);
  if (body.kind !== "topic") return room;
  const written = stamp === undefined ? op.hlc : effective(op.hlc, stamp);
  const mark: TopicMark = { text: body.text, written, dot: op.dot };
  const base: TopicMark = { text: room.topic, written: HLC_ZERO, dot: NO_DOT };
  const others = room.topics.length === 0 ? [base] : room.topics.filter(({ dot }) => compareDot(dot, op.dot) !== 0);
  const topics = [...others, mark].sort(byWritten).slice(0, TOPICS_MAX);
  return { ...room, topics, topic: told ? room.topic : (topics[0]?.text ?? "") };
};

/** After a topic of one's own was refused. */
export const withoutTopic = (room: RoomRecord, dot: Dot): RoomRecord => {
  const topics = room.topics.filter((topic) => compareDot(topic.dot, dot) !== 0);
  return { ...room, topics, topic: topics[0]?.text ?? "" };
};

/** After the room's settings were set. */
export const withSettings = (room: RoomRecord, op: WireOp, stamp: Stamp, told: boolean): RoomRecord => {
  const body = readBody(op);
  const at: Mark = [stamp, op.dot];
  if (told || body.kind !== "room") return room;
  if (room.settingsAt !== undefined && comparePlace(at, room.settingsAt) <= 0) return room;
  const { retentionDays: _before, ...rest } = room;
  return {
    ...rest,
    name: body.name,
    visibility: body.visibility,
    ...(body.retentionDays !== undefined && { retentionDays: body.retentionDays }),
    settingsAt: at,
  };
};

/** After a purge: what it covers is unreadable at once, and scrubbed in the background. */
export const withPurge = (room: RoomRecord, op: WireOp): RoomRecord => {
  const body = readBody(op);
  if (body.kind !== "purge" || contentGone(body.upTo, room.purgedUpTo)) return room;
  return { ...room, purgedUpTo: body.upTo, purging: true };
};

/** What is known of a member after an op about them. One that is older than what is known changes only their turns. */
export const withMember = (
  known: MemberRecord | undefined,
  room: RoomRecord,
  op: WireOp,
  stamp: Stamp,
): MemberRecord | undefined => {
  const body = readBody(op);
  if (body.kind !== "member") return known;
  const at: Mark = [stamp, op.dot];
  const { user, name, role, standing } = body;
  const turns = withTurn(known?.turns ?? [], [stamp, op.dot, standing]);
  if (known?.at !== undefined && comparePlace(at, known.at) <= 0) return { ...known, turns };
  const read = known?.read && { read: known.read };
  return { room: room.room, user, name, role, standing, at, turns, known: true, ...read };
};

const withTurn = (turns: readonly Turn[], turn: Turn): readonly Turn[] =>
  [...turns.filter(([, dot]) => compareDot(dot, turn[1]) !== 0), turn]
    .sort((a, b) => comparePlace([a[0], a[1]], [b[0], b[1]]))
    .slice(-TURNS_MAX);

/** The ops that lifted a ban: being put out is what does. */
export const liftedBans = (turns: readonly Turn[]): readonly DotKey[] =>
  turns.flatMap(([, dot, standing], at) =>
    standing === "kicked" && turns[at - 1]?.[2] === "banned" ? [dotKey(dot)] : [],
  );

/** The room after a member changed: how many there are, one's own role, the other one of a direct room. */
export const withMembership = (
  room: RoomRecord,
  before: MemberRecord | undefined,
  after: MemberRecord,
  me: UserId | undefined,
  told: boolean,
): RoomRecord => {
  const peer = room.visibility === "direct" && after.user !== me ? { peer: after.user, peerName: after.name } : {};
  if (told) return { ...room, ...peer };
  const was = before?.known === true && before.standing === "joined" ? 1 : 0;
  const is = after.standing === "joined" ? 1 : 0;
  const members = Math.max(0, room.members + is - was);
  if (after.user !== me) return { ...room, ...peer, members };
  const { role: _role, ...rest } = room;
  return { ...rest, ...(is === 1 && { role: after.role }), members };
};

const byWritten = (a: TopicMark, b: TopicMark): number => compareHlc(b.written, a.written) || compareDot(b.dot, a.dot);
