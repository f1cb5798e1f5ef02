/** What was written here and is not committed yet, under the dots it will most probably get: shown within a frame. */

import { tellAll } from "../listeners.js";
import type { WireOp } from "../protocol/op.js";
import type { ReplicaId, RoomId } from "../protocol/values.js";
import { randomReplica, type Context } from "./context.js";
import type { OpBody } from "./local-store.js";
import type { RoomRecord } from "./records.js";

/** Ops of one `write`. */
interface Batch {
  readonly room: RoomId;
  readonly ops: readonly WireOp[];
}

/** See the head of this file. */
export class Pending {
  readonly #context: Pick<Context, "nowMs" | "randomBytes">;
  readonly #batches = new Set<Batch>();
  readonly #listeners = new Set<(room: RoomId) => void>();
  /** Where each room's replica stands, as far as this tab knows. */
  readonly #places = new Map<RoomId, { readonly replica: ReplicaId; readonly counter: number }>();

  constructor(context: Context) {
    this.#context = context;
  }

  /**
   * Shows them from now on, until `settle`: quietly when the commit, of which views are told next, has them.
   * `replica` is the room's, or one for its first op.
   */
  add(
    room: RoomId,
    bodies: readonly OpBody[],
  ): { readonly replica: ReplicaId; readonly settle: (how: "committed" | "failed") => void } {
    const place = this.#places.get(room) ?? { replica: randomReplica(this.#context), counter: 0 };
    this.#places.set(room, place);
    const from = place.counter + this.of(room).length;
    const hlc = [this.#context.nowMs(), 0] as const;
    const ops = bodies.map((body, index): WireOp => ({ ...body, dot: [place.replica, from + index + 1], hlc }));
    const batch = { room, ops };
    this.#batches.add(batch);
    this.#tell(room);
    return {
      replica: place.replica,
      settle: (how) => {
        if (this.#batches.delete(batch) && how === "failed") this.#tell(room);
      },
    };
  }

  /** Everything pending in a room, in the order of writing. */
  of(room: RoomId): readonly WireOp[] {
    return [...this.#batches].flatMap((batch) => (batch.room === room ? batch.ops : []));
  }

  /** Calls back at once after each change. */
  onChange(listener: (room: RoomId) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes note of rooms as they are stored now. */
  learn(rooms: readonly RoomRecord[]): void {
    for (const { room, replica, counter } of rooms) {
      if (replica !== undefined) this.#places.set(room, { replica, counter });
    }
  }

  forget(): void {
    this.#places.clear();
  }

  #tell(room: RoomId): void {
    tellAll(this.#listeners, room);
  }
}
