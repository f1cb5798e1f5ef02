/** Older history, in the background: the liveliest rooms first, one page at a time, with pauses. */

import { PAGE_OPS_MAX } from "../protocol/limits.js";
import type { RoomId } from "../protocol/values.js";
import type { LocalStore } from "../store/local-store.js";
import type { Intake } from "./intake.js";
import { askPatiently, pause, type Ask } from "./patience.js";

/** Between two pages, so that people's own requests go first. */
const PAGE_PAUSE_MS = 100;
/** While the page is hidden it is asked so often whether it still is. */
const HIDDEN_PAUSE_MS = 5_000;

/** What fetching needs. */
export interface HistoryOptions {
  readonly store: LocalStore;
  readonly intake: Intake;
  readonly ask: Ask;
  /** Whether there is somebody to load for. */
  readonly watched: () => boolean;
}

/** The history of one login. */
export class History {
  readonly #options: HistoryOptions;
  /** When something last happened in a room. Unix milliseconds. */
  readonly #active = new Map<RoomId, number>();
  #ended = false;
  #filling = false;
  #again = false;

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /** Something was stamped in the room then. */
  active(room: RoomId, ms: number): void {
    this.#active.set(room, Math.max(ms, this.#active.get(room) ?? 0));
  }

  end(): void {
    this.#ended = true;
  }

  /** Fetches a page into the store. `more`: there is older history still; `undefined`: it could not be fetched. */
  async page(room: RoomId, before: number, limit: number): Promise<{ readonly more: boolean } | undefined> {
    const { store, intake, ask } = this.#options;
    try {
      const request = { t: "history", room, before, limit: Math.min(limit, PAGE_OPS_MAX) } as const;
      const answer = await askPatiently(ask, request, () => !this.#ended);
      intake.entries(room, answer.ops, "history");
      const more = answer.more === true;
      if (!more) intake.step(room, () => store.reachedStart(room));
      await intake.settled(room);
      return { more };
    } catch {
      return undefined;
    }
  }

  /** Fetches all that is missing, until the login ends; again when there is a new room. */
  async fill(): Promise<void> {
    this.#again = true;
    if (this.#filling) return;
    this.#filling = true;
    try {
      while (this.#again && !this.#ended) {
        this.#again = false;
        const tried = new Set<RoomId>();
        for (let room = await this.#next(tried); room !== undefined; room = await this.#next(tried)) {
          tried.add(room);
          await this.#fillRoom(room);
        }
      }
    } catch {
      // A store that is closed meanwhile; what is missing is fetched with the next login.
    } finally {
      this.#filling = false;
    }
  }

  async #next(tried: ReadonlySet<RoomId>): Promise<RoomId | undefined> {
    if (this.#ended) return undefined;
    const places = await this.#options.store.places();
    const missing = places.filter(({ room, lowest }) => lowest !== undefined && lowest > 1 && !tried.has(room));
    missing.sort((a, b) => (this.#active.get(b.room) ?? 0) - (this.#active.get(a.room) ?? 0));
    return missing[0]?.room;
  }

  async #fillRoom(room: RoomId): Promise<void> {
    while (!this.#ended) {
      await pause(this.#options.watched() ? PAGE_PAUSE_MS : HIDDEN_PAUSE_MS);
      if (!this.#options.watched()) continue;
      const places = await this.#options.store.places();
      const lowest = places.find((place) => place.room === room)?.lowest;
      if (this.#ended || lowest === undefined || lowest <= 1) return;
      const page = await this.page(room, lowest, PAGE_OPS_MAX);
      if (page?.more !== true) return;
    }
  }
}
