/** What the SDK is asked to show: the sizes of visible tiles in device pixels. */

import type { Tile } from "@greenroom/client";
import type { Placed } from "./arrangement";
import type { Person, Screen, TileName } from "./people";

const PRIORITY = { focus: 255, speaking: 160, grid: 120, beside: 80 } as const;

export interface Visible {
  readonly placed: readonly Placed[];
  readonly people: readonly Person[];
  readonly screens: readonly Screen[];
  readonly speaking: ReadonlySet<number>;
  readonly pinned: TileName | undefined;
  readonly pixelRatio: number;
}

/** The pictures wanted: one's own and those without a camera are not asked for. */
export function tilesWanted(visible: Visible): Tile[] {
  const { people, screens } = visible;
  const persons = new Map(people.map((person) => [person.tile, person]));
  const shared = new Map(screens.map((screen) => [screen.tile, screen]));
  return visible.placed.flatMap((placed): Tile[] => {
    const person = persons.get(placed.tile);
    const screen = shared.get(placed.tile);
    const track = screen && !screen.by.self ? screen.track : person && !person.self ? person.camera : undefined;
    if (track === undefined) return [];
    const speaking = person !== undefined && visible.speaking.has(person.participant);
    return [
      {
        tile: placed.tile,
        show: { track },
        widthPx: Math.round(placed.widthPx * visible.pixelRatio),
        heightPx: Math.round(placed.heightPx * visible.pixelRatio),
        priority: placed.part !== "focus" && speaking ? PRIORITY.speaking : PRIORITY[placed.part],
        pinned: placed.tile === visible.pinned,
      },
    ];
  });
}
