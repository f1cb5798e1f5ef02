/** What views are given: state derived from the op log, and what the server says of the moment. */

import type {
  CallId,
  Dot,
  DotKey,
  Hlc,
  InviteId,
  Role,
  RoomId,
  Stamp,
  Standing,
  UserId,
  Visibility,
} from "./protocol/values.js";

/** Who this device is. */
export interface Account {
  readonly user: UserId;
  readonly name: string;
  /** `guest` proves a key of this device; `token` carries what the operator's login issued. */
  readonly kind: "guest" | "token";
}

/** What the connection is doing. Ops are written and kept in every phase. */
export type ConnectionState =
  /** Nobody is signed in on this device. */
  | { readonly phase: "signed-out" }
  | { readonly phase: "connecting"; readonly attempt: number }
  /** Logged in; `syncing` until every followed room is current. */
  | { readonly phase: "online"; readonly syncing: boolean; readonly server: string }
  /** Tries again at `retryAtMs` (of `performance.now()`'s clock); `reason` says what was seen. */
  | { readonly phase: "waiting"; readonly retryAtMs: number; readonly reason: WaitReason }
  /** Does not try again by itself: somebody must act. */
  | { readonly phase: "refused"; readonly reason: RefusalReason; readonly message: string };

/** `offline`: the device has no network. `silent`: the server stopped answering. `draining`: it restarts. */
export type WaitReason = "offline" | "unreachable" | "silent" | "draining" | "overloaded";
/** `incompatible`: the server speaks another version of the protocol; the outbox is kept. */
export type RefusalReason =
  "name_taken" | "unauthorized" | "token_expired" | "token_revoked" | "guests_refused" | "incompatible" | "other";

/** One finished return from being offline: "12 sent, 240 received, complete". */
export interface SyncReport {
  readonly sent: number;
  readonly received: number;
  readonly refused: number;
  /** How long the connection had been away. */
  readonly awayMs: number;
}

/** Where what is written is kept. */
export type Persistence =
  { readonly kind: "disk" } | { readonly kind: "memory"; readonly reason: "blocked" | "full" | "chosen" };

/** A room as lists show it. */
export interface RoomSummary {
  readonly room: RoomId;
  /** Of a direct room: the name of the other one. */
  readonly name: string;
  readonly visibility: Visibility;
  readonly topic: string;
  /** The other one of a direct room. */
  readonly peer?: UserId;
  /** One's own role; absent when not a member (yet, or any more). */
  readonly role?: Role;
  readonly members: number;
  readonly retentionDays?: number;
  /** Posts after one's read marker, by others. */
  readonly unread: number;
  /** Of these, those that mention the account. */
  readonly mentioned: number;
  /** The newest post, for order in lists. Unix milliseconds. */
  readonly lastPostMs?: number;
  readonly draft: boolean;
  /** Written here and not stored by the server yet; failed ones not counted. */
  readonly waiting: number;
  readonly failed: number;
  /** The room's call, when there is one. */
  readonly call?: RoomCall;
  /** Why the server ended following it: put out, left, unavailable. */
  readonly closed?: string;
}

/** A running call, as the room shows it. */
export interface RoomCall {
  readonly call: CallId;
  readonly startedBy: UserId;
  /** Unix milliseconds. */
  readonly startedMs: number;
  /** How many. */
  readonly participants: number;
}

/** What became of a message that was written on this device. */
export type Delivery =
  /** Kept here; the server has not been asked, or not answered. */
  | { readonly state: "waiting" }
  /** On its way. */
  | { readonly state: "sent" }
  /** Acked: on the server's disk. All messages of others are. */
  | { readonly state: "stored" }
  /** Refused. `retry`: {@link RoomHandle.retry} writes it again; else it can only be copied or discarded. */
  | { readonly state: "failed"; readonly code: string; readonly message: string; readonly retry: boolean };

/** A reaction with everybody who set it. */
export interface Reaction {
  readonly emoji: string;
  readonly users: readonly UserId[];
}

/** A post with all that was done to it. */
export interface Message {
  readonly kind: "message";
  readonly key: DotKey;
  readonly dot: Dot;
  /** Place in the timeline; absent until the server stored it. */
  readonly stamp?: Stamp;
  /** When its author wrote it, by their clock. */
  readonly hlc: Hlc;
  readonly author: UserId;
  readonly body:
    | { readonly state: "present"; readonly text: string; readonly mentions: readonly UserId[] }
    | { readonly state: "purged" }
    | { readonly state: "deleted" };
  /** The last edit that counts. */
  readonly edited?: { readonly hlc: Hlc };
  readonly pinned: boolean;
  readonly reactions: readonly Reaction[];
  /** The root it answers in a thread. */
  readonly thread?: DotKey;
  /** Of a root: its answers. */
  readonly replies: { readonly count: number; readonly lastMs: number; readonly users: readonly UserId[] };
  readonly delivery: Delivery;
  /** Written so long before it was stored that people should be told when. Unix milliseconds. */
  readonly writtenLateMs?: number;
}

/** Something that happened in a room and is no message. */
export interface Notice {
  readonly kind: "notice";
  readonly key: DotKey;
  readonly stamp: Stamp;
  readonly author?: UserId;
  readonly event:
    | { readonly is: "created"; readonly name: string }
    | { readonly is: "renamed"; readonly name: string }
    | { readonly is: "topic"; readonly topic: string }
    | {
        readonly is: "member";
        readonly user: UserId;
        readonly name: string;
        readonly standing: Standing;
        readonly role: Role;
      }
    | {
        readonly is: "call";
        readonly call: CallId;
        readonly started: boolean;
        readonly durationMs?: number;
        readonly users: readonly UserId[];
      }
    | { readonly is: "purged" };
}

/** A line of a timeline. */
export type TimelineItem = Message | Notice;

/** A window of a timeline, oldest first. */
export interface TimelineView {
  readonly items: readonly TimelineItem[];
  /** `loading`: the local store is being read for the first time. */
  readonly state: "loading" | "ready";
  /** What lies before `items`: more here, more at the server (being fetched or offline), or nothing. */
  readonly before: "local" | "server" | "start";
  /** Whether newer items follow that the window does not show. */
  readonly after: boolean;
  /** The window's place among all known items, for the scroll bar: items before it and in all. */
  readonly offset: number;
  readonly total: number;
  /** The first unread item when the room was opened, for the divider. */
  readonly firstUnread?: DotKey;
}

/** Whether somebody is there. */
export interface Presence {
  readonly status: "online" | "away" | "offline";
  /** Unix milliseconds. */
  readonly lastSeenMs?: number;
}

/** Somebody in a room. */
export interface Member extends Presence {
  readonly user: UserId;
  readonly name: string;
  readonly role: Role;
  readonly standing: Standing;
  /** Keys of the latest notices that say `kicked` of them and lifted a ban by it. */
  readonly lifted: readonly DotKey[];
  /** Everything up to this is read, as far as is known. */
  readonly read?: readonly [Stamp, Dot];
}

/** An invite that is valid. */
export interface Invite {
  readonly invite: InviteId;
  readonly role: Role;
  /** Unix milliseconds. */
  readonly expiresMs: number;
  /** Uses left; absent: any number. */
  readonly uses?: number;
  /** Who made it. */
  readonly by: UserId;
}

/** A version of a message. */
export interface Version {
  /** When its author wrote it, by their clock. */
  readonly hlc: Hlc;
  readonly text: string;
}

/** A message that was found. */
export interface Found {
  readonly room: RoomId;
  readonly message: Message;
}
