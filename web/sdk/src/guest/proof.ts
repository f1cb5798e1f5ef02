/**
 * Guests: a name and a key of the device. docs/PROTOCOL.md, "Logging in". In JavaScript rather than WebCrypto, which
 * browsers withhold from pages that came over plain HTTP.
 */

import { getPublicKey, hashes, sign } from "@noble/ed25519";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { DeviceId, UserId } from "../protocol/values.js";

/** Fills the array with random bytes: `(into) => crypto.getRandomValues(into)`. */
export type Random = (into: Uint8Array<ArrayBuffer>) => unknown;

/** What a guest is asked to sign. */
export interface GuestChallenge {
  /** 16 hexadecimal digits, of `challenge`. */
  readonly node: string;
  /** 64 hexadecimal digits, of `challenge`. */
  readonly nonce: string;
  /** Exactly as sent in `hello`; when renewing, as `welcome` said it. */
  readonly name: string;
}

const SECRET_BYTES = 32;
const USER_DIGITS = 16;

/** A new Ed25519 secret key (RFC 8032): 32 random bytes. Whoever has it is the guest: it stays on the device. */
export const newSecretKey = (random: Random): Uint8Array => {
  const secret = new Uint8Array(SECRET_BYTES);
  random(secret);
  return secret;
};

/** The key as `hello` sends it, which is also the guest's device id: 64 hexadecimal digits. */
export const guestKey = (secretKey: Uint8Array): DeviceId => {
  useSha512();
  return bytesToHex(getPublicKey(secretKey)) as DeviceId; // 64 digits are a device id
};

/** The user that a key is: `guest-` and the first 16 hexadecimal digits of its SHA-256. */
export const guestUser = (secretKey: Uint8Array): UserId => {
  useSha512();
  const hash = bytesToHex(sha256(getPublicKey(secretKey)));
  return `guest-${hash.slice(0, USER_DIGITS)}` as UserId; // a prefix and digits are a user id
};

/** The text that is signed: five lines, no line feed after the last. */
export const proofText = ({ node, nonce, name }: GuestChallenge, key: string): string =>
  ["greenroom guest v1", node, nonce, name, key].join("\n");

/** The `signature` of `prove`: 128 hexadecimal digits. */
export const signProof = (challenge: GuestChallenge, secretKey: Uint8Array): string => {
  useSha512();
  const text = proofText(challenge, guestKey(secretKey));
  return bytesToHex(sign(new TextEncoder().encode(text), secretKey));
};

/** The signature library leaves the choice of its hash to its user. */
const useSha512 = (): void => {
  hashes.sha512 ??= sha512;
};
