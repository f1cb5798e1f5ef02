/** Random ops for property tests: not part of what is published. */

import fc from "fast-check";
import type { Stamped } from "../protocol/op.js";
import type { Dot, Hlc, ReplicaId, UserId } from "../protocol/values.js";

// Small ranges, so that dots, clocks, stamps and targets clash.
const replica = fc.constantFrom("00000000000000aa", "00000000000000bb", "f0000000000000cc") as fc.Arbitrary<ReplicaId>;
const dot: fc.Arbitrary<Dot> = fc.tuple(replica, fc.integer({ min: 1, max: 4 }));
export const clock: fc.Arbitrary<Hlc> = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 1 }));
const user = fc.constantFrom("ann", "bob", "Zed") as fc.Arbitrary<UserId>;
/** On both sides of U+FFFF, where UTF-16 order is not that of bytes. */
const word = fc.constantFrom("", "a", "é", "\u{fffd}", "👋", "👍\u{fe0f}");
const field = fc.oneof(
  fc.constantFrom(null, true, 0, -0, 1.5, -(2 ** 53) + 1, "👋", [], {}),
  fc.dictionary(word, fc.array(fc.integer(), { maxLength: 2 }), { maxKeys: 3 }),
);

const message = fc.oneof(
  { weight: 4, arbitrary: fc.record({ text: word, mentions: fc.array(user, { minLength: 1, maxLength: 2 }) }) },
  { weight: 2, arbitrary: fc.record({ text: word, "\u{fffd}": field, "👋": field }) },
  { weight: 1, arbitrary: fc.constant({ purged: true }) },
);
const post = fc
  .tuple(message, fc.option(dot, { nil: undefined }))
  .map(([content, thread]) => ({ kind: "post", ...content, ...(thread && { thread }) }));
const about = fc.oneof(
  fc.tuple(message, dot).map(([content, target]) => ({ kind: "edit", target, ...content })),
  fc.record({ kind: fc.constant("delete"), target: dot }),
  fc.record({ kind: fc.constant("reaction"), target: dot, emoji: word, on: fc.boolean() }),
  fc.record({ kind: fc.constant("pin"), target: dot, on: fc.boolean() }),
);
const ofRoom = fc.oneof(
  fc.record({ kind: fc.constant("topic"), text: word, later: field }),
  fc.record({
    kind: fc.constant("member"),
    user,
    name: word,
    standing: fc.constantFrom("joined", "left", "kicked", "banned"),
    role: fc.constantFrom("guest", "member", "moderator", "owner"),
  }),
  fc.record({
    kind: fc.constant("room"),
    name: word,
    visibility: fc.constantFrom("public", "private", "direct"),
    retention_days: fc.constantFrom(null, 30),
  }),
  fc.record({ kind: fc.constant("purge"), up_to: clock }),
  fc.record({ kind: fc.constant("void"), code: fc.constantFrom("forbidden", "too_large", "invalid") }),
  fc.record({ kind: fc.constant("poll"), options: field }),
);
const body = fc.oneof(
  { weight: 4, arbitrary: post },
  { weight: 5, arbitrary: about },
  { weight: 2, arbitrary: ofRoom },
);

/** Any pair, clones of a replica among them: other contents, stamps and voids under one dot. */
export const pair: fc.Arbitrary<Stamped> = fc
  .record({ dot, hlc: clock, author: user, body, stamp: clock })
  .map(({ dot, hlc, author, body, stamp }) => ({ op: { dot, hlc, author, ...body }, stamp }));
export const pairs = fc.array(pair, { maxLength: 40 });
