import type { Message, RoomId } from "@greenroom/client";
import type { Route } from "../state/route";

/** Where a message is read: in its room; an answer in its thread. */
export const placeOfMessage = (room: RoomId, message: Message): Route =>
  message.thread === undefined
    ? { at: "room", room, message: message.key }
    : { at: "room", room, thread: message.thread };
