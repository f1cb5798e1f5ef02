/** The digest of a room: docs/DIGEST.md, "The canonical bytes of a state". Equal wherever the same ops were accepted. */

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes } from "@noble/hashes/utils.js";
import { Canonical } from "./canonical.js";
import type { AcceptedMessage, State } from "./state.js";

/** SHA-256 over the state's canonical bytes: 64 lowercase hexadecimal digits. */
export const digest = (state: State): string => {
  const hash = sha256.create();
  writeState(state, (bytes) => hash.update(bytes));
  return bytesToHex(hash.digest());
};

/** The bytes that the digest is taken over. */
export const canonicalState = (state: State): Uint8Array => {
  const parts: Uint8Array[] = [];
  writeState(state, (bytes) => parts.push(bytes));
  return concatBytes(...parts);
};

const DOMAIN = new TextEncoder().encode("greenroom.digest.v1");

/** Hands the bytes over message by message, so that a large room is not written twice. */
const writeState = (state: State, take: (bytes: Uint8Array) => void): void => {
  const timeline = state.timeline();
  const out = new Canonical();
  out.raw(DOMAIN);
  out.list([...state.versionVector()], (dot) => out.dot(dot));
  out.option(state.purgedUpTo(), (stamp) => out.hlc(stamp));
  out.option(state.settings(), (room) => out.settings(room.name, room.visibility, room.retentionDays));
  out.option(state.topic(), (topic) => out.text(topic));
  out.list(state.members(), (member) => {
    out.text(member.user);
    out.member(member.name, member.standing, member.role);
  });
  out.u32(timeline.length);
  take(out.bytes());
  for (const message of timeline) take(canonicalMessage(message));
};

const STATE_TAG = { present: 0, purged: 1, deleted: 2 } as const;

const canonicalMessage = (message: AcceptedMessage): Uint8Array => {
  const { body } = message;
  const out = new Canonical();
  out.dot(message.dot);
  out.hlc(message.stamp);
  out.hlc(message.hlc);
  out.option(message.author, (author) => out.text(author));
  out.option(message.thread, (thread) => out.dot(thread));
  out.u8(STATE_TAG[body.state]);
  if (body.state === "deleted") return out.bytes();
  out.option(body.edit, (edit) => out.dot(edit.dot));
  if (body.state === "present") out.content(body.content, body.from);
  out.u8(message.pinned ? 1 : 0);
  const reactions = message.reactions.flatMap(({ emoji, users }) => users.map((user) => [emoji, user] as const));
  out.list(reactions, ([emoji, user]) => {
    out.text(emoji);
    out.text(user);
  });
  return out.bytes();
};
