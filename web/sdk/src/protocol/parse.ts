/** Reading what the server sends: the edge beyond which every value is what its type says. */

import { isCursor, isDevice, isDot, isEpoch, isHlc, isInteger, isInvite, isRoom, isUser, readRole } from "./check.js";
import { adviceFor, type Advice } from "./errors.js";
import {
  LIST_MAX,
  PAGE_OPS_MAX,
  PAUSE_MS_MAX,
  POST_OPS_MAX,
  SERVER_LIST_MAX,
  SERVER_MESSAGE_CHARS_MAX,
} from "./limits.js";
import { CALL_FRAMES } from "./parse-call.js";
import { readEntry } from "./parse-op.js";
import type { RoomInfo, ServerFrame } from "./server-frames.js";
import { boolean, is, list, map, mapWith, MalformedFrame, oneOf, text, type Read } from "./shape.js";
import type { Dot, Role, Stamp } from "./values.js";

/**
 * Reads one text message of the server. Unknown fields are left out (those of ops stay); names that a later version
 * may have added count as the nearest known one.
 *
 * @returns `undefined` for a frame of a type that this version does not know: ignore it.
 * @throws MalformedFrame for anything that is no frame of `greenroom.v1`.
 */
export const parseServerFrame = (message: string): ServerFrame | undefined => {
  if (message.length > SERVER_MESSAGE_CHARS_MAX) throw new MalformedFrame("its length");
  const value = parseJson(message);
  const { t } = readType(value, "");
  const read = FRAMES.get(t);
  return read && ({ t, ...(read(value, "") as object) } as ServerFrame);
};

const parseJson = (message: string): unknown => {
  try {
    return JSON.parse(message);
  } catch {
    throw new MalformedFrame("its JSON");
  }
};

const readType = map({ t: text });
const integer = is((value): value is number => isInteger(value));
const pauseMs: Read<number> = (value, where) => Math.min(PAUSE_MS_MAX, integer(value, where));
const positive = is((value): value is number => isInteger(value, 1));
const room = is(isRoom);
const user = is(isUser);
const role: Read<Role> = (value, where) => readRole(text(value, where));
const status = oneOf(["online", "away"], "online");
const readMarker: Read<readonly [Stamp, Dot]> = is(
  (value): value is readonly [Stamp, Dot] =>
    Array.isArray(value) && value.length === 2 && isHlc(value[0]) && isDot(value[1]),
);
const hex = (digits: number): Read<string> =>
  is((value): value is string => typeof value === "string" && value.length === digits && /^[0-9a-f]+$/.test(value));

/** An advice that this version does not know is replaced by its own for the code. */
const advised = <T extends { readonly code: string; readonly advice: Advice | undefined }>(
  read: Read<T>,
): Read<Omit<T, "advice"> & { readonly advice: Advice }> => {
  return (value, where) => {
    const frame = read(value, where);
    return { ...frame, advice: frame.advice ?? adviceFor(frame.code) };
  };
};
const advice = oneOf(["retry", "fix", "reconnect", "operator"], undefined);

const ROOM = {
  room,
  epoch: is(isEpoch),
  head: integer,
  name: text,
  visibility: oneOf(["public", "private", "direct"], "private"),
  members: integer,
};
const ROOM_MORE = { topic: text, retention_days: integer, role, read: readMarker, unread: integer };

/** `unread` may be left out for 0. */
const withUnread =
  <T extends { readonly unread?: number }>(read: Read<T>): Read<T & { readonly unread: number }> =>
  (value, where) => {
    const info = read(value, where);
    return { ...info, unread: info.unread ?? 0 };
  };
const roomInfo: Read<RoomInfo> = withUnread(mapWith(ROOM, ROOM_MORE));

const ack = map({ dot: is(isDot), stamp: is(isHlc), offset: positive });
const refusedOp = map({ dot: is(isDot), code: text, message: text, offset: positive });
const stopped = advised(mapWith({ code: text, advice, message: text }, { have: integer }));

const member = mapWith({ user, name: text, role }, { status, last_seen_ms: integer });
const invite = mapWith({ invite: is(isInvite), role, expires_ms: integer, by: user }, { uses: integer });
const presence = mapWith({ user }, { status, last_seen_ms: integer });

/** How each frame is read, its `t` aside. */
type Readers = {
  readonly [T in ServerFrame["t"]]: Read<Omit<Extract<ServerFrame, { readonly t: T }>, "t">>;
};

const READERS: Readers = {
  ...CALL_FRAMES,
  challenge: map({ nonce: hex(64), node: hex(16) }),
  welcome: mapWith(
    {
      node: hex(16),
      server: text,
      user,
      device: is(isDevice),
      name: text,
      heartbeat_ms: positive,
      now_ms: integer,
      expires_ms: integer,
    },
    { token: text },
  ),
  renewed: mapWith({ expires_ms: integer }, { token: text }),
  beat: map({}),
  ok: map({ id: integer }),
  error: advised(mapWith({ code: text, advice, message: text }, { id: integer, room, retry_after_ms: pauseMs })),
  opened: withUnread(mapWith(ROOM, { ...ROOM_MORE, id: integer, epoch_changed: boolean })),
  ops: mapWith({ room, ops: list(readEntry, PAGE_OPS_MAX) }, { id: integer, more: boolean }),
  synced: map({ room, cursor: is(isCursor) }),
  ack: mapWith(
    { id: integer, room, acks: list(ack, POST_OPS_MAX) },
    { refused: list(refusedOp, POST_OPS_MAX), stopped },
  ),
  closed: advised(map({ room, code: text, advice })),
  room: withUnread(mapWith({ ...ROOM, id: integer }, ROOM_MORE)),
  rooms: mapWith({ id: integer, rooms: list(roomInfo, LIST_MAX) }, { more: boolean }),
  members: mapWith({ id: integer, room, members: list(member, LIST_MAX) }, { more: boolean }),
  invites: map({ id: integer, room, invites: list(invite, SERVER_LIST_MAX) }),
  presence: mapWith({ room, online: integer }, { changes: list(presence, SERVER_LIST_MAX) }),
  typing: mapWith({ room }, { on: list(user, SERVER_LIST_MAX), off: list(user, SERVER_LIST_MAX) }),
  read: mapWith({ room, user, stamp: is(isHlc), dot: is(isDot) }, { unread: integer }),
  "rooms.changed": map({}),
  drain: map({ reason: text, reconnect_ms: pauseMs }),
};

/** A map, so that a frame called `constructor` finds nothing. */
const FRAMES: ReadonlyMap<string, Read<unknown>> = new Map(Object.entries(READERS));
