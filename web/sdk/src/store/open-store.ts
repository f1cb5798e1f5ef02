/** Opening the local op log. */

import type { LocalStore } from "./local-store.js";

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

/** The local op log, with what views read of it. */
export interface Store extends LocalStore {
  /** Asks the browser to keep the database when space runs short; `false` when it does not promise to. */
  persist(): Promise<boolean>;
}

/**
 * Opens the store. Never rejects: when the disk cannot be used (blocked, missing, or no answer within three seconds) it
 * works in memory, and `persistence` says so.
 */
export const openStore = (_options: StoreOptions = {}): Promise<Store> => {
  throw new Error("the store is being built");
};
