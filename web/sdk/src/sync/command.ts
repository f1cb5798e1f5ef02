/** What a tab asks of whoever holds the connection: plain data, so that it passes between tabs. */

import type { Credentials } from "../api.js";
import type { Account } from "../model.js";
import type { AnswerTo, ClientRequest } from "../protocol/client-frames.js";
import type { Dot, RoomId, Stamp } from "../protocol/values.js";

/** A wish. `request` passes a request of the protocol on. */
export type Command =
  | { readonly do: "request"; readonly request: ClientRequest }
  | { readonly do: "sign-in"; readonly credentials: Credentials }
  | { readonly do: "sign-out" }
  | { readonly do: "reconnect" }
  | { readonly do: "dismiss-report" }
  | { readonly do: "presence"; readonly tab: string; readonly status: "online" | "away" | "gone" }
  | { readonly do: "typing"; readonly room: RoomId; readonly on: boolean }
  | { readonly do: "read"; readonly room: RoomId; readonly stamp: Stamp; readonly dot: Dot }
  | { readonly do: "history"; readonly room: RoomId; readonly before: number; readonly limit: number }
  /** The room is on screen: follow it, also when there are too many. */
  | { readonly do: "follow"; readonly room: RoomId }
  /** The room's members are on screen. */
  | { readonly do: "members"; readonly room: RoomId }
  /** Send again what the room refused. */
  | { readonly do: "resend"; readonly room: RoomId };

/** What fulfils a command. */
export type Fulfilled<C extends Command> = C extends { readonly do: "request"; readonly request: infer R }
  ? R extends ClientRequest
    ? AnswerTo<R>
    : never
  : C extends { readonly do: "sign-in" }
    ? Account
    : C extends { readonly do: "history" }
      ? boolean
      : undefined;

/** Whoever runs commands: the leader itself, or the way to it. Rejects with a `RefusedRequest`. */
export type Run = <C extends Command>(command: C) => Promise<Fulfilled<C>>;

/** Requests that may be sent twice without harm: known dots are acked again, and what is done already is `ok`. */
export const mayRepeat = (command: Command): boolean => {
  if (command.do === "sign-in") return false;
  if (command.do !== "request") return true;
  const { t } = command.request;
  return !(t === "room.create" || t === "invite.create" || t === "invite.accept" || t.startsWith("call."));
};
