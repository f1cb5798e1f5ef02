/**
 * What the connection knows of the moment, for every tab: whoever holds the connection posts here, and each posting is
 * plain data that the other tabs put on their own boards.
 */

import type { ConnectionState, Presence, RoomCall, SyncReport } from "../model.js";
import { tellAll } from "../listeners.js";
import type { RoomId, UserId } from "../protocol/values.js";
import { Cell, type Slice } from "../slice.js";

/** One thing that changed. */
export type Posting =
  | { readonly about: "connection"; readonly value: ConnectionState }
  | { readonly about: "skew"; readonly value: number }
  | { readonly about: "report"; readonly value: SyncReport | undefined }
  | { readonly about: "running"; readonly value: ReadonlyMap<RoomId, RoomCall> }
  | { readonly about: "typing"; readonly room: RoomId; readonly value: readonly UserId[] }
  | { readonly about: "presence"; readonly room: RoomId; readonly value: ReadonlyMap<UserId, Presence> }
  | { readonly about: "online"; readonly room: RoomId; readonly value: number };

const NOBODY: readonly UserId[] = [];
const NO_PRESENCE: ReadonlyMap<UserId, Presence> = new Map();

/** The board of one tab. */
export class Board {
  readonly connection = new Cell<ConnectionState>({ phase: "connecting", attempt: 0 });
  readonly skew = new Cell(0);
  readonly report = new Cell<SyncReport | undefined>(undefined);
  readonly running = new Cell<ReadonlyMap<RoomId, RoomCall>>(new Map());
  readonly #typing = new Map<RoomId, Cell<readonly UserId[]>>();
  readonly #presence = new Map<RoomId, Cell<ReadonlyMap<UserId, Presence>>>();
  readonly #online = new Map<RoomId, Cell<number>>();
  readonly #listeners = new Set<(posting: Posting) => void>();

  typing(room: RoomId): Slice<readonly UserId[]> {
    return cellOf(this.#typing, room, NOBODY);
  }

  presence(room: RoomId): Slice<ReadonlyMap<UserId, Presence>> {
    return cellOf(this.#presence, room, NO_PRESENCE);
  }

  online(room: RoomId): Slice<number> {
    return cellOf(this.#online, room, 0);
  }

  /** Puts it up here, and tells whoever passes postings on. */
  post(posting: Posting): void {
    this.take(posting);
    tellAll(this.#listeners, posting);
  }

  /** Puts up what another tab posted. */
  take(posting: Posting): void {
    switch (posting.about) {
      case "connection":
        return this.connection.set(posting.value);
      case "skew":
        return this.skew.set(posting.value);
      case "report":
        return this.report.set(posting.value);
      case "running":
        return this.running.set(posting.value);
      case "typing":
        return cellOf(this.#typing, posting.room, NOBODY).set(posting.value);
      case "presence":
        return cellOf(this.#presence, posting.room, NO_PRESENCE).set(posting.value);
      case "online":
        return cellOf(this.#online, posting.room, 0).set(posting.value);
    }
  }

  /** Everything, for a tab that just came. */
  all(): readonly Posting[] {
    return [
      { about: "connection", value: this.connection.get() },
      { about: "skew", value: this.skew.get() },
      { about: "report", value: this.report.get() },
      { about: "running", value: this.running.get() },
      ...[...this.#typing].map(([room, cell]) => ({ about: "typing", room, value: cell.get() }) as const),
      ...[...this.#presence].map(([room, cell]) => ({ about: "presence", room, value: cell.get() }) as const),
      ...[...this.#online].map(([room, cell]) => ({ about: "online", room, value: cell.get() }) as const),
    ];
  }

  /** Calls the listener for each {@link Board.post}, until the function it returns is called. */
  onPost(listener: (posting: Posting) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

const cellOf = <T>(cells: Map<RoomId, Cell<T>>, room: RoomId, empty: T): Cell<T> => {
  let cell = cells.get(room);
  if (cell === undefined) {
    cell = new Cell(empty);
    cells.set(room, cell);
  }
  return cell;
};
