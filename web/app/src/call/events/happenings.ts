/** What happened in a call between two looks at it, to be said aloud and shown for a moment. */

import type { ParticipantId } from "@greenroom/client";
import type { Person } from "../arrange/people";

export type Happening =
  | { readonly is: "joined" | "left" | "hand" | "shares"; readonly name: string }
  | { readonly is: "many-joined" | "many-left"; readonly count: number };

/** More people than this at once are counted instead of named. */
const NAMED_MAX = 3;

/** What others did; what one does oneself one knows. */
export function happeningsOf(before: readonly Person[], after: readonly Person[]): Happening[] {
  const were = byId(before);
  const are = byId(after);
  const came = after.filter((person) => !person.self && !were.has(person.participant));
  const left = before.filter((person) => !person.self && !are.has(person.participant));
  const stayed = after.filter((person) => !person.self && were.has(person.participant));
  return [
    ...gathered("joined", "many-joined", came),
    ...gathered("left", "many-left", left),
    ...stayed.flatMap(({ participant, hand, name }): Happening[] =>
      hand && !were.get(participant)?.hand ? [{ is: "hand", name }] : [],
    ),
    ...stayed.flatMap(({ participant, screen, name }): Happening[] =>
      screen !== undefined && were.get(participant)?.screen === undefined ? [{ is: "shares", name }] : [],
    ),
  ];
}

function gathered(one: "joined" | "left", many: "many-joined" | "many-left", people: readonly Person[]): Happening[] {
  if (people.length > NAMED_MAX) return [{ is: many, count: people.length }];
  return people.map(({ name }) => ({ is: one, name }));
}

const byId = (people: readonly Person[]): ReadonlyMap<ParticipantId, Person> =>
  new Map(people.map((person) => [person.participant, person]));
