/** What the database holds: one interface a record. Positions order a lane, docs/PROTOCOL.md, "What a client must do", 4. */

import type { WireOp } from "../protocol/op.js";
import { dotKey } from "../protocol/values.js";
import type { Dot, DotKey, Epoch, Hlc, ReplicaId, Role, RoomId, Stamp, Standing, UserId } from "../protocol/values.js";
import type { StoredAccount } from "./local-store.js";
import type { Ranges } from "./offsets.js";

/** Where an item stands in its lane: its stamp and dot; of unacked ones {@link UNSTAMPED_MS}, the order of writing and the dot. */
export type Position = readonly [ms: number, n: number, replica: ReplicaId, counter: number];

/** Milliseconds of what has no stamp yet: behind everything that has one. */
export const UNSTAMPED_MS = Number.MAX_SAFE_INTEGER;

/** A sequence of items: a room's (its id), or the answers to one root. Texts, so that they are keys. */
export type Lane = string;

/** A line of a timeline: a post with what it comes to, or the op behind a notice. */
export interface ItemRecord {
  readonly lane: Lane;
  readonly ms: number;
  readonly n: number;
  readonly replica: ReplicaId;
  readonly counter: number;
  readonly room: RoomId;
  /** A post without its content once that is gone. */
  readonly op: WireOp;
  /** What ops about the post made of it; absent when there are none. */
  readonly fold?: Fold;
  /** Present (1) while pinned: for the index. */
  readonly pinned?: 1;
  /** Answers to it, when there are any. */
  readonly replies?: Replies;
  /** The server refused it, or the newest edit of it, for good. */
  readonly failed?: Failure;
}

/** The ops about a message, folded. */
export interface Fold {
  readonly deleted: boolean;
  readonly edit?: EditFold;
  readonly reactions: readonly { readonly emoji: string; readonly users: readonly UserId[] }[];
}

/** The winning edit. Without a stamp it is unacked; without an op its content is gone. */
export interface EditFold {
  readonly dot: Dot;
  readonly hlc: Hlc;
  readonly stamp?: Stamp;
  readonly op?: WireOp;
}

/** What roots know of their answers. */
export interface Replies {
  readonly count: number;
  /** Stamp of the last one; 0 while none has one. */
  readonly lastMs: number;
  /** In the order of their ids, at most {@link REPLY_USERS_MAX}. */
  readonly users: readonly UserId[];
}

/** How many of those who answered a root keeps. */
export const REPLY_USERS_MAX = 12;

/** Why something was refused for good, and which op it was. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  /** An edit that was refused: shown as if it counted, so that its text is not lost. Absent: the post itself. */
  readonly edit?: WireOp;
}

/** An op that is no item: about a message, void, or of an unknown kind. */
export interface OpRecord {
  readonly room: RoomId;
  readonly replica: ReplicaId;
  readonly counter: number;
  readonly op: WireOp;
  readonly stamp?: Stamp;
  /** The message it is about: for the index. */
  readonly targetReplica?: ReplicaId;
  readonly targetCounter?: number;
}

/** An op that the server has not acked. */
export interface OutboxRecord {
  readonly room: RoomId;
  readonly replica: ReplicaId;
  readonly counter: number;
  readonly op: WireOp;
}

/** What is known of a room. */
export interface RoomRecord {
  readonly room: RoomId;
  /** In the account's list of rooms. */
  readonly listed: boolean;
  readonly name: string;
  readonly visibility: "public" | "private" | "direct";
  readonly topic: string;
  readonly retentionDays?: number;
  readonly members: number;
  readonly role?: Role;
  /** The other one of a direct room, by whose name the room goes. */
  readonly peer?: UserId;
  readonly peerName?: string;
  /** Settings as placed up to here count as older than those known. */
  readonly settingsAt?: Mark;
  /** The last written topics, newest first; unacked ones among them. */
  readonly topics: readonly TopicMark[];

  readonly epoch?: Epoch;
  /** Of {@link epoch}: everything up to it is known, as far as `lowest`. */
  readonly cursor?: number;
  /** The smallest offset from which everything up to the cursor is known. */
  readonly lowest?: number;
  /** Offsets that are known, of {@link epoch}. */
  readonly known: Ranges;
  /** The log's newest offset when it was opened last. */
  readonly head: number;

  readonly purgedUpTo?: Stamp;
  /** A purge that storage has not caught up with. */
  readonly purging?: boolean;

  /** Items in the room's own lane. */
  readonly total: number;
  readonly unread: number;
  /** Offsets up to here were in the server's count of unread posts. */
  readonly countedTo: number;
  readonly mentioned: number;
  /** Answers in threads that mention the account and are unread, oldest first: counted again without their lanes. */
  readonly threadMentions?: readonly Mark[];
  /** The account's read marker. */
  readonly read?: Mark;
  readonly lastPostMs?: number;
  /** The greatest stamp seen. */
  readonly lastStamp?: Stamp;

  /** The device's own sequence of ops here: the next op's counter is one more. */
  readonly replica?: ReplicaId;
  readonly counter: number;
  /** Ordinal of the last thing written here. */
  readonly written: number;
  readonly waiting: number;
  readonly failed: number;
  readonly refusal?: { readonly code: string; readonly message: string };
  readonly closed?: string;
}

/** A place in a timeline. */
export type Mark = readonly [Stamp, Dot];

/** A topic and when it was written, as far as that counts. */
export interface TopicMark {
  readonly text: string;
  readonly written: Hlc;
  readonly dot: Dot;
}

/** Somebody in a room. */
export interface MemberRecord {
  readonly room: RoomId;
  readonly user: UserId;
  readonly name: string;
  readonly role: Role;
  readonly standing: Standing;
  /** What is placed at or before it is older. */
  readonly at?: Mark;
  /** The last {@link TURNS_MAX} ops about them and the standing each gave, by place. */
  readonly turns?: readonly Turn[];
  readonly read?: Mark;
  /** False while only a read marker is known. */
  readonly known: boolean;
}

/** A standing and what gave it. */
export type Turn = readonly [Stamp, Dot, Standing];

/** How many of a member's turns are remembered. */
export const TURNS_MAX = 16;

export interface DraftRecord {
  readonly room: RoomId;
  readonly text: string;
}

/** One value for a name: see `MetaValues`. */
export interface MetaValues {
  readonly account: StoredAccount;
  readonly clock: Hlc;
  readonly skewMs: number;
  /** The last notes that were written, each as `number replica:counter`, the dot of its first op: see `journal.ts`. */
  readonly noted: readonly string[];
}

/** Lane of a room, or of the answers to a root. */
export const laneOf = (room: RoomId, root?: DotKey): Lane => (root === undefined ? room : `${room}/${root}`);

export const positionOf = ({ ms, n, replica, counter }: ItemRecord): Position => [ms, n, replica, counter];

export const stampOf = ({ ms, n }: ItemRecord): Stamp | undefined => (ms === UNSTAMPED_MS ? undefined : [ms, n]);

export const keyOf = ({ replica, counter }: ItemRecord): DotKey => dotKey([replica, counter]);

/** By position; negative when `a` is first. */
export const comparePosition = (a: Position, b: Position): number =>
  a[0] - b[0] || a[1] - b[1] || (a[2] < b[2] ? -1 : a[2] > b[2] ? 1 : a[3] - b[3]);
