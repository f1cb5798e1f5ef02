/** The stage of a call apart from React: what is on it now, gathered once a frame, and asked of the server. */

import { Cell, type Call, type ParticipantId, type Slice, type Tile } from "@greenroom/client";
import { arrange, gridCapacity, type Placed, type ViewMode } from "../arrange/arrangement";
import { focusOf, lastSpeaker, mayFloat, orderOf } from "../arrange/attention";
import type { Box } from "../arrange/grid";
import { peopleOf, screensOf, type Person, type Screen, type TileName } from "../arrange/people";
import { tilesWanted } from "../arrange/shown";

/** What the person wants to see, and how large the stage is. */
export interface StageWish {
  readonly box: Box;
  readonly mode: ViewMode;
  readonly pinned: TileName | undefined;
  /** A screen put back among the others. */
  readonly demoted: TileName | undefined;
  readonly page: number;
  /** One's own picture floats above the others instead of standing among them. */
  readonly selfFloats: boolean;
}

/** What is on the stage. Its parts are the same objects as before where nothing changed. */
export interface StageView {
  readonly people: readonly Person[];
  readonly screens: readonly Screen[];
  readonly self: Person | undefined;
  readonly placed: readonly Placed[];
  readonly page: number;
  readonly pages: number;
  readonly focus: TileName | undefined;
  readonly speaking: ReadonlySet<ParticipantId>;
  /** Whether one's own picture floats now, and whether it could. */
  readonly selfFloats: boolean;
  readonly canFloat: boolean;
}

/** What the model needs of the page. */
export interface Page {
  /** Runs it before the next frame is painted. */
  readonly beforeFrame: (run: () => void) => void;
  readonly pixelRatio: () => number;
}

const GAP_PX = 8;

export class StageModel {
  readonly #call: Call;
  readonly #page: Page;
  readonly #view = new Cell<StageView>({
    people: [],
    screens: [],
    self: undefined,
    placed: [],
    page: 0,
    pages: 1,
    focus: undefined,
    speaking: new Set(),
    selfFloats: false,
    canFloat: false,
  });
  readonly #wish: Cell<StageWish>;
  #scheduled = false;
  #open = false;
  #order: readonly TileName[] = [];
  #speaker: ParticipantId | undefined;
  /** When somebody was last heard, as a count of changes; who has left is dropped. */
  #heard = new Map<ParticipantId, number>();
  #changes = 0;
  #asked = "";

  constructor(call: Call, page: Page, mode: ViewMode) {
    this.#call = call;
    this.#page = page;
    this.#wish = new Cell<StageWish>({
      box: { widthPx: 0, heightPx: 0 },
      mode,
      pinned: undefined,
      demoted: undefined,
      page: 0,
      selfFloats: true,
    });
  }

  get view(): Slice<StageView> {
    return this.#view;
  }

  get wish(): Slice<StageWish> {
    return this.#wish;
  }

  /** Follows the call until the function it returns is called. */
  open(): () => void {
    this.#open = true;
    const { participants, speakers, audioOnly } = this.#call;
    const stops = [participants, speakers, audioOnly].map((slice) => slice.subscribe(this.#later));
    this.#now();
    return () => {
      this.#open = false;
      this.#asked = "";
      for (const stop of stops) stop();
    };
  }

  change(wish: Partial<StageWish>): void {
    this.#wish.set({ ...this.#wish.get(), ...wish });
    this.#later();
  }

  pin(tile: TileName): void {
    this.change({ pinned: this.#wish.get().pinned === tile ? undefined : tile });
  }

  /** Puts a screen back among the others. */
  demote(tile: TileName): void {
    const { pinned } = this.#wish.get();
    this.change({ demoted: tile, pinned: pinned === tile ? undefined : pinned });
  }

  readonly #later = (): void => {
    if (this.#scheduled || !this.#open) return;
    this.#scheduled = true;
    this.#page.beforeFrame(() => {
      this.#scheduled = false;
      if (this.#open) this.#now();
    });
  };

  #now(): void {
    const before = this.#view.get();
    const wish = this.#wish.get();
    const speakers = this.#call.speakers.get();
    const people = same(before.people, peopleOf(this.#call.participants.get(), this.#call.self));
    // Without pictures a screen is nothing to look at.
    const screens = same(before.screens, this.#call.audioOnly.get() ? [] : screensOf(people));
    this.#speaker = lastSpeaker(this.#speaker, speakers, people);
    this.#hear(speakers, people);
    const focus = focusOf({ ...wish, people, screens, speaker: this.#speaker });
    const others = screens.filter(({ by }) => !by.self).length;
    const canFloat = mayFloat(people.length, focus, others);
    const selfFloats = wish.selfFloats && canFloat;
    const tiles = this.#tiles(people, screens, wish.box, selfFloats);
    const arrangement = arrange({
      ...wish,
      tiles,
      focus: focus && tiles.includes(focus) ? focus : undefined,
      gapPx: GAP_PX,
    });
    const placed = same(before.placed, arrangement.placed);
    const speaking = sameSet(before.speaking, new Set(speakers));
    const self = people.find((person) => person.self);
    const { page, pages } = arrangement;
    const pixelRatio = this.#page.pixelRatio();
    this.#view.set({ people, screens, self, placed, page, pages, focus, speaking, selfFloats, canFloat });
    // Behind something else there is no stage, and what is shown instead does the asking.
    if (wish.box.widthPx === 0) this.#asked = "";
    else this.#ask(tilesWanted({ placed, people, screens, speaking, pinned: wish.pinned, pixelRatio }));
  }

  #tiles(people: readonly Person[], screens: readonly Screen[], box: Box, selfFloats: boolean): TileName[] {
    const standing = people.filter((person) => !(person.self && selfFloats));
    // Before the first measure nobody is crowded out.
    const capacity = box.widthPx === 0 ? standing.length : gridCapacity(box, GAP_PX);
    this.#order = orderOf(this.#order, standing, capacity, this.#heard);
    return [...screens.filter(({ by }) => !by.self).map(({ tile }) => tile), ...this.#order];
  }

  #hear(speakers: readonly ParticipantId[], people: readonly Person[]): void {
    this.#changes += 1;
    const heard = new Map(this.#heard);
    for (const speaker of speakers) heard.set(speaker, this.#changes);
    this.#heard = new Map(people.flatMap(({ participant }) => pair(participant, heard.get(participant))));
  }

  #ask(tiles: readonly Tile[]): void {
    const asked = JSON.stringify(tiles);
    if (asked === this.#asked) return;
    this.#asked = asked;
    this.#call.show(tiles);
  }
}

const pair = <K, V>(key: K, value: V | undefined): [K, V][] => (value === undefined ? [] : [[key, value]]);

/** The new list with the old objects where they say the same, so that only what changed is drawn again. */
function same<T extends { readonly tile: string }>(before: readonly T[], after: readonly T[]): readonly T[] {
  const old = new Map(before.map((one) => [one.tile, one]));
  const kept = after.map((one) => {
    const known = old.get(one.tile);
    return known && JSON.stringify(known) === JSON.stringify(one) ? known : one;
  });
  return kept.length === before.length && kept.every((one, index) => one === before[index]) ? before : kept;
}

const sameSet = <T>(before: ReadonlySet<T>, after: ReadonlySet<T>): ReadonlySet<T> =>
  before.size === after.size && [...after].every((one) => before.has(one)) ? before : after;
