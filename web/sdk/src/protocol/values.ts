/** The values frames are made of: docs/PROTOCOL.md, "Messages and values". */

declare const brand: unique symbol;
/** A text that was checked to be of its kind, so that no id is taken for another. */
type Brand<Name extends string> = string & { readonly [brand]: Name };

/** 32 lowercase hexadecimal digits. */
export type RoomId = Brand<"RoomId">;
/** 32 lowercase hexadecimal digits. */
export type InviteId = Brand<"InviteId">;
/** 32 lowercase hexadecimal digits. */
export type CallId = Brand<"CallId">;
/** 16 lowercase hexadecimal digits: a device's own sequence of ops in one room. */
export type ReplicaId = Brand<"ReplicaId">;
/** 16 lowercase hexadecimal digits: one life of a room's log. */
export type Epoch = Brand<"Epoch">;
/** 1 to 64 characters of `A–Z a–z 0–9 . _ ~ @ : -`. */
export type UserId = Brand<"UserId">;
/** As {@link UserId}. */
export type DeviceId = Brand<"DeviceId">;

/** Identity of an op, for ever: its replica and that replica's count. */
export type Dot = readonly [replica: ReplicaId, counter: number];
/** A dot as one text, `replica:counter`: for keys of maps, lists and links. */
export type DotKey = Brand<"DotKey">;
/** Hybrid logical clock: Unix milliseconds and a count below 2^32. */
export type Hlc = readonly [ms: number, count: number];
/** The clock that the first server to accept an op gave it. */
export type Stamp = Hlc;
/** Everything up to this offset in the log of this epoch is known. */
export type Cursor = readonly [epoch: Epoch, offset: number];
/** Per replica the highest counter up to which all ops are known. */
export type VersionVector = ReadonlyMap<ReplicaId, number>;

/** What a member may do in a room, ascending. */
export type Role = "guest" | "member" | "moderator" | "owner";
/** Who may find a room. */
export type Visibility = "public" | "private" | "direct";
/** How a user stands to a room. */
export type Standing = "joined" | "left" | "kicked" | "banned";

/** The dot as one text. */
export const dotKey = ([replica, counter]: Dot): DotKey => `${replica}:${counter}` as DotKey;

/** The dot that a text of {@link dotKey} names; `undefined` when it names none. */
export const parseDotKey = (text: string): Dot | undefined => {
  const [, replica, counter] = /^([0-9a-f]{16}):([1-9][0-9]{0,15})$/.exec(text) ?? [];
  return replica === undefined ? undefined : [replica as ReplicaId, Number(counter)];
};
