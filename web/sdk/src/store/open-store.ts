/** Opening the local op log. */

import { Database } from "./database.js";
import { IndexedStore } from "./indexed-store.js";
import type { Store } from "./store.js";

/** Where to keep it, and what tests replace. */
export interface StoreOptions {
  /** Name of the database; tabs that share it share the account. Default `greenroom`. */
  readonly database?: string;
  /** `memory` keeps nothing on the device. Default `disk`. */
  readonly storage?: "disk" | "memory";
  /** Unix milliseconds by the device's clock. Default `Date.now`. */
  readonly nowMs?: () => number;
  /** As many random bytes as asked for. Default: WebCrypto's. */
  readonly randomBytes?: (count: number) => Uint8Array;
}

/**
 * Opens the store. Never rejects: when the disk cannot be used (blocked, missing, or no answer within five seconds) it
 * works in memory, and `persistence` says so.
 */
export const openStore = async (options: StoreOptions = {}): Promise<Store> => {
  const { database = "greenroom", storage = "disk", nowMs = Date.now, randomBytes = random } = options;
  const db = await Database.open(database, storage);
  const store = new IndexedStore(db, database, { nowMs, randomBytes });
  await store.writeLeftNotes();
  void store.resume();
  return store;
};

const random = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count));
