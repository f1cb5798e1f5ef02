/** What a client says. docs/PROTOCOL.md; frames of calls are in `call-frames.ts`. */

import type { ClientCallRequest } from "./call-frames.js";
import type { WireOp } from "./op.js";
import type { ServerFrame } from "./server-frames.js";
import type { Cursor, Dot, InviteId, Role, RoomId, Stamp, UserId } from "./values.js";

/** A version vector on the wire. */
export type WireVector = Readonly<Record<string, number>>;

/** Where to go on in a room: "Following rooms". The first of `cursor`, `vv`, `tail` that fits is in force. */
export type PlaceInRoom = {
  readonly room: RoomId;
  readonly cursor?: Cursor;
  readonly vv?: WireVector;
  readonly tail?: number;
};

/** The first frame: "Logging in". */
export type Hello = {
  readonly t: "hello";
  readonly heartbeat_ms: number;
  readonly token?: string;
  /** `key`: the device's Ed25519 public key, 64 hexadecimal digits. */
  readonly guest?: { readonly name: string; readonly key: string };
  readonly rooms?: readonly PlaceInRoom[];
  readonly client?: string;
};

/** Frames that are not answered with an `id`. */
export type ClientNotice =
  | Hello
  /** A guest's answer to `challenge`: 128 hexadecimal digits. */
  | { readonly t: "prove"; readonly signature: string }
  | { readonly t: "renew"; readonly token?: string }
  | { readonly t: "beat" }
  | { readonly t: "typing"; readonly room: RoomId; readonly on: boolean }
  | { readonly t: "presence"; readonly status: "online" | "away" }
  | { readonly t: "read"; readonly room: RoomId; readonly stamp: Stamp; readonly dot: Dot };

type OfRoom<T extends string> = { readonly t: T; readonly room: RoomId };
type OfMember<T extends string> = OfRoom<T> & { readonly user: UserId };
type OfInvite<T extends string> = OfRoom<T> & { readonly invite: InviteId };

/** Frames that exactly one frame answers, as the connection is given them: it adds the `id`. */
export type ClientRequest =
  | (PlaceInRoom & { readonly t: "open" })
  | OfRoom<"close">
  | (OfRoom<"post"> & { readonly ops: readonly WireOp[] })
  | (OfRoom<"history"> & { readonly before: number; readonly limit: number })
  | {
      readonly t: "room.create";
      readonly name: string;
      readonly visibility: "public" | "private";
      readonly retention_days?: number;
    }
  | (OfRoom<"room.update"> & {
      readonly name?: string;
      readonly visibility?: "public" | "private";
      /** 0: for ever. */
      readonly retention_days?: number;
    })
  | { readonly t: "room.direct"; readonly user: UserId }
  | { readonly t: "room.list"; readonly public?: boolean; readonly after?: RoomId }
  | OfRoom<"join">
  | OfRoom<"leave">
  | (OfRoom<"members"> & { readonly after?: UserId })
  | (OfMember<"member.role"> & { readonly role: Role })
  | (OfMember<"member.kick"> & { readonly ban?: boolean })
  | OfMember<"member.unban">
  | (OfRoom<"invite.create"> & { readonly role: Role; readonly expires_s: number; readonly uses?: number })
  | OfRoom<"invite.list">
  | OfInvite<"invite.revoke">
  | OfInvite<"invite.accept">
  | ClientCallRequest;

/** A frame as it is sent. */
export type ClientFrame = ClientNotice | (ClientRequest & { readonly id: number });

/** The frame that answers a request (or `error` does). */
export interface Answers {
  readonly open: "opened";
  readonly close: "ok";
  readonly post: "ack";
  readonly history: "ops";
  readonly "room.create": "room";
  readonly "room.update": "ok";
  readonly "room.direct": "room";
  readonly "room.list": "rooms";
  readonly join: "room";
  readonly leave: "ok";
  readonly members: "members";
  readonly "member.role": "ok";
  readonly "member.kick": "ok";
  readonly "member.unban": "ok";
  readonly "invite.create": "invites";
  readonly "invite.list": "invites";
  readonly "invite.revoke": "ok";
  readonly "invite.accept": "room";
  readonly "call.join": "call.joined";
  readonly "call.offer": "call.answer";
  readonly "call.layout": "ok";
  readonly "call.mute": "ok";
  readonly "call.hand": "ok";
  readonly "call.unpublish": "ok";
  readonly "call.leave": "ok";
  readonly "call.remove": "ok";
  readonly "call.end": "ok";
}

/** The frame that answers a request of this kind, unless it is refused. */
export type AnswerTo<R extends { readonly t: keyof Answers }> = Extract<ServerFrame, { readonly t: Answers[R["t"]] }>;
