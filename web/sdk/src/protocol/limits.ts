/** Sizes of the wire: docs/PROTOCOL.md, "Limits". `Bytes` of text are bytes of UTF-8. */

/** A message from a client; beyond it the server closes with 1009. */
export const MESSAGE_BYTES_MAX = 256 * 1024;
/** How deep unknown fields of an op nest. */
export const FIELD_DEPTH_MAX = 32;
/** The text of a post, edit or topic. */
export const TEXT_BYTES_MAX = 16 * 1024;
/** A whole op in canonical form. */
export const OP_BYTES_MAX = 24 * 1024;
/** Ops in one `post`. */
export const POST_OPS_MAX = 256;
/** Entries in one `ops`, and the largest `limit` of `history`. */
export const PAGE_OPS_MAX = 256;
/** People whom one post or edit mentions. */
export const MENTIONS_MAX = 64;
/** The name of an op's kind. */
export const KIND_BYTES_MAX = 64;
/** A room's or a guest's name. */
export const NAME_BYTES_MAX = 128;
/** A guest's name, in characters (code points). */
export const GUEST_NAME_CHARS_MAX = 64;
/** Rooms followed by one connection, and in one `hello`. */
export const ROOMS_FOLLOWED_MAX = 512;
/** Entries of a `rooms` or `members` page. */
export const LIST_MAX = 200;
/** The longest life of an invite, seconds. */
export const INVITE_S_MAX = 30 * 24 * 3600;
/** `typing` is sent again so often while it lasts. */
export const TYPING_AGAIN_MS = 4_000;
/** `typing` ends by itself after this. */
export const TYPING_ENDS_MS = 6_000;

/** A pause that a server asks for counts as this at most: longer ones are beyond what timers take. */
export const PAUSE_MS_MAX = 3_600_000;

/** What this client reads at most in one list of a server's frame that the protocol does not bound itself. */
export const SERVER_LIST_MAX = 10_000;
/** The longest message of a server, in UTF-16 units: a full page of the largest ops, every character escaped. */
export const SERVER_MESSAGE_CHARS_MAX = (PAGE_OPS_MAX + 1) * OP_BYTES_MAX * 6;
