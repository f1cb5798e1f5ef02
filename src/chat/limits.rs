//! Every size a room allows. `docs/PROTOCOL.md` repeats those a client meets.

/// The text of a post, edit or topic, in bytes of UTF-8.
pub const TEXT_BYTES_MAX: usize = 16 * 1024;
/// A whole op in canonical form ([`crate::crdt::Canonical`]), in bytes; a stored record stays below 32 KiB.
pub const OP_BYTES_MAX: usize = 24 * 1024;
/// Ops in one `Post`.
pub const POST_OPS_MAX: usize = 256;
/// Mentions in one message.
pub const MENTIONS_MAX: usize = 64;
/// An emoji, in bytes.
pub const EMOJI_BYTES_MAX: usize = 64;
/// The name of an op kind this version does not know, in bytes.
pub const KIND_BYTES_MAX: usize = 64;
/// A room's or a user's name, in bytes of UTF-8.
pub const NAME_BYTES_MAX: usize = 128;
/// Joined members of a room.
pub const MEMBERS_MAX: usize = 100_000;
/// Member records of a room, those who left or are banned included.
pub const MEMBER_RECORDS_MAX: usize = 200_000;
/// Replicas one user may bind in a room (a restored or cloned client takes a new one).
pub const REPLICAS_PER_USER_MAX: usize = 256;
/// Replicas bound in a room.
pub const REPLICAS_MAX: usize = 400_000;
/// Members in one page of a list.
pub const LIST_MAX: usize = 200;
/// Invites of a room that are valid at one time.
pub const INVITES_MAX: usize = 256;
/// Longest life of an invite, milliseconds.
pub const INVITE_MS_MAX: u64 = 30 * 24 * 3600 * 1000;
/// Longest retention, days.
pub const RETENTION_DAYS_MAX: u32 = 36_500;
/// A purge moves at least so far, milliseconds: retention writes at most an op an hour.
pub const RETENTION_STEP_MS: u64 = 3600 * 1000;
/// An op's clock may be this far ahead of the server's, milliseconds. (Behind is fine: it was written offline.)
pub const CLOCK_AHEAD_MS_MAX: u64 = 24 * 3600 * 1000;
/// Entries appended but not yet settled on disk; beyond it a room takes no posts.
pub const UNSETTLED_MAX: usize = 4_096;
/// Settled entries that a room remembers, to spare storage a lookup.
pub const REMEMBERED_MAX: usize = 256;
/// Read markers and last-seen times are written this often at most, milliseconds.
pub const MARKER_INTERVAL_MS: u64 = 2_000;
/// Above so many members presence is a count, and typing is not shown.
pub const PRESENCE_MEMBERS_MAX: usize = 200;
/// Presence and typing go out this often at most, milliseconds.
pub const PRESENCE_INTERVAL_MS: u64 = 1_000;
/// Typing ends by itself after so many milliseconds.
pub const TYPING_MS: u64 = 6_000;
/// Users shown typing at one time; further ones are not shown.
pub const TYPING_USERS_MAX: usize = 32;
/// Connections of one user that presence counts; further ones change nothing.
pub const LINKS_PER_USER_MAX: usize = 64;
