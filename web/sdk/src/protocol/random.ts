/** Random ids. */

import { bytesToHex } from "@noble/hashes/utils.js";

/** Fills the array with random bytes: `(into) => crypto.getRandomValues(into)`. */
export type Random = (into: Uint8Array<ArrayBuffer>) => unknown;

/** Bytes of a replica id. */
export const REPLICA_BYTES = 8;

/** So many random bytes in lowercase hexadecimal. */
export const randomId = (bytes: number, random: Random): string => {
  const into = new Uint8Array(bytes);
  random(into);
  return bytesToHex(into);
};
