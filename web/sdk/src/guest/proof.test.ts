import { createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { guestKey, guestUser, newSecretKey, proofText, signProof } from "./proof.js";

/** The server's own example (src/access/guest.rs): the key of the seed of 32 threes. */
const SECRET = new Uint8Array(32).fill(3);
const CHALLENGE = { node: "01".repeat(8), nonce: "02".repeat(32), name: "Ann" };

test("the text is the one of docs/PROTOCOL.md", () => {
  const page = readFileSync(new URL("../../../../docs/PROTOCOL.md", import.meta.url), "utf8");
  const [, example] = /```\n(greenroom guest v1\n[^`]*)\n```/.exec(page) ?? [];
  expect(proofText(CHALLENGE, guestKey(SECRET))).toBe(example);
});

test("the user follows from the key", () => {
  expect(guestUser(SECRET)).toBe("guest-b62e867fa2f33afe");
});

test("another implementation takes the signature, and not for another name", () => {
  const key = createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(guestKey(SECRET), "hex").toString("base64url") },
    format: "jwk",
  });
  const signature = Buffer.from(signProof(CHALLENGE, SECRET), "hex");
  const accepts = (name: string) =>
    verify(null, Buffer.from(proofText({ ...CHALLENGE, name }, guestKey(SECRET))), key, signature);
  expect(signature).toHaveLength(64);
  expect([accepts("Ann"), accepts("Ben")]).toEqual([true, false]);
});

test("a secret key is 32 random bytes", () => {
  expect(newSecretKey((into) => into.fill(7))).toEqual(new Uint8Array(32).fill(7));
});
