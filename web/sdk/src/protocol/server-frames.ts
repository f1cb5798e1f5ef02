/** What the server says. docs/PROTOCOL.md; frames of calls are in `call-frames.ts`. */

import type { ServerCallFrame } from "./call-frames.js";
import type { Advice } from "./errors.js";
import type { Entry, VoidCode } from "./op.js";
import type { Cursor, DeviceId, Dot, Epoch, InviteId, Role, RoomId, Stamp, UserId, Visibility } from "./values.js";

/** Asks a guest to sign: "Logging in". */
export type Challenge = {
  readonly t: "challenge";
  /** 64 hexadecimal digits. */
  readonly nonce: string;
  /** 16 hexadecimal digits. */
  readonly node: string;
};

/** The client is logged in. */
export type Welcome = {
  readonly t: "welcome";
  readonly node: string;
  /** Its version. */
  readonly server: string;
  readonly user: UserId;
  readonly device: DeviceId;
  readonly name: string;
  readonly heartbeat_ms: number;
  readonly now_ms: number;
  readonly expires_ms: number;
  /** A guest's, to come back with instead of proving again. */
  readonly token?: string;
};

/** The token was replaced. */
export type Renewed = { readonly t: "renewed"; readonly expires_ms: number; readonly token?: string };

/** The request was done, or was so already. */
export type Ok = { readonly t: "ok"; readonly id: number };

/** A request, or (without `id`) the connection, was refused: "Errors". */
export type ErrorFrame = {
  readonly t: "error";
  readonly id?: number;
  readonly room?: RoomId;
  readonly code: string;
  readonly advice: Advice;
  readonly message: string;
  readonly retry_after_ms?: number;
};

/** Room information of `opened`, `room` and `rooms`: "Rooms, members, invites". */
export type RoomInfo = {
  readonly room: RoomId;
  readonly epoch: Epoch;
  /** The newest fsynced offset. */
  readonly head: number;
  readonly name: string;
  readonly visibility: Visibility;
  readonly topic?: string;
  readonly retention_days?: number;
  readonly members: number;
  /** One's own; absent when not a member. */
  readonly role?: Role;
  readonly unread: number;
  readonly read?: readonly [Stamp, Dot];
};

/** A room is followed from here on: "Following rooms". */
export type Opened = RoomInfo & { readonly t: "opened"; readonly id?: number; readonly epoch_changed?: boolean };

/** Entries in offset order, of a sync, live, or (with `id`) of history. */
export type Ops = {
  readonly t: "ops";
  readonly id?: number;
  readonly room: RoomId;
  readonly ops: readonly Entry[];
  readonly more?: boolean;
};

/** Everything up to the cursor was sent. */
export type Synced = { readonly t: "synced"; readonly room: RoomId; readonly cursor: Cursor };

/** An op that is on the server's disk. */
export type Ack = { readonly dot: Dot; readonly stamp: Stamp; readonly offset: number };

/** An op that was refused for good; `offset` is the void's. */
export type RefusedOp = {
  readonly dot: Dot;
  readonly code: VoidCode | (string & {});
  readonly message: string;
  readonly offset: number;
};

/** Why a batch ended early; the op in question and those after it left no trace. */
export type Stopped = {
  readonly code: string;
  readonly advice: Advice;
  readonly message: string;
  /** Of `gap`: the server has the replica up to here. */
  readonly have?: number;
};

/** What became of the ops of a `post`: "Posting". */
export type AckFrame = {
  readonly t: "ack";
  readonly id: number;
  readonly room: RoomId;
  readonly acks: readonly Ack[];
  readonly refused?: readonly RefusedOp[];
  readonly stopped?: Stopped;
};

/** The server ended the following of a room. */
export type Closed = {
  readonly t: "closed";
  readonly room: RoomId;
  readonly code: string;
  readonly advice: Advice;
};

/** One room. */
export type RoomFrame = RoomInfo & { readonly t: "room"; readonly id: number };

/** A page of rooms, in id order. */
export type Rooms = {
  readonly t: "rooms";
  readonly id: number;
  readonly rooms: readonly RoomInfo[];
  readonly more?: boolean;
};

/** A member, as lists have it; `status` absent is offline. */
export type MemberInfo = {
  readonly user: UserId;
  readonly name: string;
  readonly role: Role;
  readonly status?: "online" | "away";
  readonly last_seen_ms?: number;
};

/** A page of members, in id order. */
export type Members = {
  readonly t: "members";
  readonly id: number;
  readonly room: RoomId;
  readonly members: readonly MemberInfo[];
  readonly more?: boolean;
};

/** An invite that is valid. */
export type InviteInfo = {
  readonly invite: InviteId;
  readonly role: Role;
  readonly expires_ms: number;
  /** Uses left; absent: any number. */
  readonly uses?: number;
  readonly by: UserId;
};

/** Invites of a room. */
export type Invites = {
  readonly t: "invites";
  readonly id: number;
  readonly room: RoomId;
  readonly invites: readonly InviteInfo[];
};

/** Who came, went and how many are online: "Presence, typing, read markers". `status` absent is offline. */
export type PresenceFrame = {
  readonly t: "presence";
  readonly room: RoomId;
  readonly changes?: readonly {
    readonly user: UserId;
    readonly status?: "online" | "away";
    readonly last_seen_ms?: number;
  }[];
  readonly online: number;
};

/** Who started and who stopped typing. */
export type TypingFrame = {
  readonly t: "typing";
  readonly room: RoomId;
  readonly on?: readonly UserId[];
  readonly off?: readonly UserId[];
};

/** A read marker moved. */
export type ReadFrame = {
  readonly t: "read";
  readonly room: RoomId;
  readonly user: UserId;
  readonly stamp: Stamp;
  readonly dot: Dot;
  /** On the user's own devices. */
  readonly unread?: number;
};

/** The server goes away: reconnect after a random part of `reconnect_ms`. */
export type Drain = { readonly t: "drain"; readonly reason: string; readonly reconnect_ms: number };

/** Every frame of the server that this version knows. */
export type ServerFrame =
  | Challenge
  | Welcome
  | Renewed
  | { readonly t: "beat" }
  | Ok
  | ErrorFrame
  | Opened
  | Ops
  | Synced
  | AckFrame
  | Closed
  | RoomFrame
  | Rooms
  | Members
  | Invites
  | PresenceFrame
  | TypingFrame
  | ReadFrame
  /** The user's set of rooms changed: ask `room.list` again. */
  | { readonly t: "rooms.changed" }
  | Drain
  | ServerCallFrame;
