/** The pinned messages of a room, in the order of its timeline. */

import type { TimelineItem } from "../model.js";
import type { DotKey, RoomId } from "../protocol/values.js";
import type { Slice } from "../slice.js";
import type { Store } from "../store/store.js";
import { comparePosition, keyOf, positionOf, type ItemRecord, type RoomRecord } from "../store/records.js";
import { Presenter } from "./presenter.js";
import { ReadCell } from "./read-cell.js";

/** See the head of this file. */
export class PinsView implements Slice<readonly TimelineItem[]> {
  readonly #items: ReadCell<readonly TimelineItem[]>;
  #keys: ReadonlySet<DotKey> = new Set();

  constructor(store: Store, room: RoomId, record: () => RoomRecord | undefined) {
    const presenter = new Presenter();
    this.#items = new ReadCell<readonly TimelineItem[]>([], async () => {
      const pinned = [...(await store.reads.pinned(room))];
      pinned.sort((a, b) => comparePosition(positionOf(a), positionOf(b)));
      this.#keys = new Set(pinned.map(keyOf));
      const around = { room: record() ?? {}, sent: store.isSent };
      return presenter.present(pinned, [], { root: undefined, atEnd: true }, around, undefined);
    });
  }

  get(): readonly TimelineItem[] {
    return this.#items.get();
  }

  subscribe(listener: () => void): () => void {
    return this.#items.subscribe(listener);
  }

  /** Messages changed: these, or some that have to be read. */
  changed(records: ReadonlyMap<DotKey, ItemRecord | undefined> | undefined): void {
    if (records === undefined) return this.#items.changed();
    for (const [key, record] of records) {
      if (record?.pinned === 1 || record?.op.kind === "purge" || this.#keys.has(key)) return this.#items.changed();
    }
  }
}
