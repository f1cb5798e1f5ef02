/** Whether a value from outside is of a kind: docs/PROTOCOL.md, "Messages and values". */

import type { CallId, Cursor, DeviceId, Dot, Epoch, Hlc, InviteId, ReplicaId, Role, RoomId, UserId } from "./values.js";

/** The largest count of an {@link Hlc}. */
export const HLC_COUNT_MAX = 2 ** 32 - 1;

const HEX_32 = /^[0-9a-f]{32}$/;
const HEX_16 = /^[0-9a-f]{16}$/;
const NAME = /^[A-Za-z0-9._~@:-]{1,64}$/;
const ROLES: readonly string[] = ["guest", "member", "moderator", "owner"] satisfies Role[];

const matches =
  <T extends string>(pattern: RegExp) =>
  (value: unknown): value is T =>
    typeof value === "string" && pattern.test(value);

export const isRoom = matches<RoomId>(HEX_32);
export const isInvite = matches<InviteId>(HEX_32);
export const isCall = matches<CallId>(HEX_32);
export const isReplica = matches<ReplicaId>(HEX_16);
export const isEpoch = matches<Epoch>(HEX_16);
export const isUser = matches<UserId>(NAME);
export const isDevice = matches<DeviceId>(NAME);

/** A whole number from `min` to `max`, both included. */
export const isInteger = (value: unknown, min = 0, max = Number.MAX_SAFE_INTEGER): value is number =>
  Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;

const isPair = (value: unknown): value is readonly [unknown, unknown] => Array.isArray(value) && value.length === 2;

export const isDot = (value: unknown): value is Dot => isPair(value) && isReplica(value[0]) && isInteger(value[1], 1);

/** Also of a stamp. */
export const isHlc = (value: unknown): value is Hlc =>
  isPair(value) && isInteger(value[0]) && isInteger(value[1], 0, HLC_COUNT_MAX);

export const isCursor = (value: unknown): value is Cursor => isPair(value) && isEpoch(value[0]) && isInteger(value[1]);

/** A role; `guest` for those of later versions ("Compatibility"). */
export const readRole = (text: string): Role => (ROLES.includes(text) ? (text as Role) : "guest");
