import { createContext, useContext, useMemo, useState } from "react";
import type { DotKey, Member, RoomHandle, UserId } from "@greenroom/client";
import { useAccount, useSlice } from "../state/client";
import type { Named } from "../markdown/mentions";
import { useWords } from "./words";

/** Names of the people of a room, as its lines show them. */
export interface People {
  readonly self: UserId;
  readonly names: ReadonlyMap<UserId, string>;
  /** Notices of being put out that lifted a ban. */
  readonly lifted: ReadonlySet<DotKey>;
  /** Whether they are the two of a direct room. */
  readonly direct: boolean;
}

export const PeopleContext = createContext<People | undefined>(undefined);

/** The people of the room around. @throws Error outside of one. */
export const usePeople = (): People => {
  const people = useContext(PeopleContext);
  if (people === undefined) throw new Error("there is no room around this component");
  return people;
};

/** Their name, or their id while none is known. */
export const nameOf = (people: People, user: UserId): string => people.names.get(user) ?? user;

/** The names of several, those beyond `max` counted. Within a list of messages. */
export const useNameList = (): ((users: readonly UserId[], max: number, self?: string) => string) => {
  const people = usePeople();
  const { t, format } = useWords();
  return (users, max, self) => {
    const named = users
      .slice(0, max)
      .map((user) => (self !== undefined && user === people.self ? self : nameOf(people, user)));
    const others = users.length - named.length;
    return format.list(others > 0 ? [...named, t("andMore", { count: others })] : named);
  };
};

/** The people of a room: the same value until a name or a ban changes, whoever comes online. */
export const usePeopleOf = (room: RoomHandle): People => {
  const members = useSlice(room.members);
  const { user, name } = useAccount();
  const direct = useSlice(room.summary)?.visibility === "direct";
  const [names, setNames] = useState(() => namesOf(members, user, name));
  // Members change with every presence; rows must not.
  if (!sameNames(names, members)) setNames(namesOf(members, user, name));
  const [lifted, setLifted] = useState(() => liftedOf(members));
  if (members.some((member) => member.lifted.some((key) => !lifted.has(key)))) setLifted(liftedOf(members));
  return useMemo(() => ({ self: user, names, lifted, direct }), [user, names, lifted, direct]);
};

/** Those of `users` whose names are known. */
export const namedOf = (people: People, users: readonly UserId[]): readonly Named[] =>
  users.map((user) => ({ user, name: nameOf(people, user) }));

const namesOf = (members: readonly Member[], self: UserId, own: string): ReadonlyMap<UserId, string> =>
  new Map([[self, own], ...members.map(({ user, name }): [UserId, string] => [user, name])]);

const liftedOf = (members: readonly Member[]): ReadonlySet<DotKey> =>
  new Set(members.flatMap((member) => member.lifted));

const sameNames = (names: ReadonlyMap<UserId, string>, members: readonly Member[]): boolean =>
  members.every(({ user, name }) => names.get(user) === name);
