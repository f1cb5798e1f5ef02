/** What a message allows whom. The server decides; this only spares people what it would refuse. */

import type { Message, Role, UserId } from "@greenroom/client";

export interface May {
  readonly edit: boolean;
  readonly delete: boolean;
  readonly pin: boolean;
  readonly react: boolean;
}

const RANK: Readonly<Record<Role, number>> = { guest: 0, member: 1, moderator: 2, owner: 3 };

/** `role`: one's own in the room; `undefined` when not a member. */
export const mayWith = (message: Message, self: UserId, role: Role | undefined): May => {
  const present = message.body.state === "present";
  const rank = role === undefined ? -1 : RANK[role];
  const sound = present && rank >= RANK.guest && message.delivery.state !== "failed";
  const own = message.author === self;
  return {
    edit: sound && own,
    delete: sound && (own || rank >= RANK.moderator),
    pin: sound && rank >= RANK.member,
    react: sound,
  };
};
