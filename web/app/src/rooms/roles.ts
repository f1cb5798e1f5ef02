import type { Role } from "@greenroom/client";

const ASCENDING: readonly Role[] = ["guest", "member", "moderator", "owner"];

/** Roles that somebody of a role may give. */
export const rolesUpTo = (own: Role): readonly Role[] => ASCENDING.slice(0, ASCENDING.indexOf(own) + 1);

/** Whether a role reaches another. */
export const atLeast = (own: Role | undefined, needed: Role): boolean =>
  own !== undefined && ASCENDING.indexOf(own) >= ASCENDING.indexOf(needed);
