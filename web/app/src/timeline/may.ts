/** What a message allows whom. The server decides; this only spares people what it would refuse. */

import type { Message, Role, UserId } from "@greenroom/client";
import { atLeast } from "../rooms/roles";

export interface May {
  readonly edit: boolean;
  readonly delete: boolean;
  readonly pin: boolean;
  readonly react: boolean;
}

/** `role`: one's own in the room; `undefined` when not a member. */
export const mayWith = (message: Message, self: UserId, role: Role | undefined): May => {
  const present = message.body.state === "present";
  const sound = present && role !== undefined && message.delivery.state !== "failed";
  const own = message.author === self;
  return {
    edit: sound && own,
    delete: sound && (own || atLeast(role, "moderator")),
    pin: sound && atLeast(role, "member"),
    react: sound,
  };
};
