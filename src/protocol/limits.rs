//! Every size the wire allows. `docs/PROTOCOL.md` repeats them.

/// A message from a client, after decompression, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 256 * 1024;
/// How deep a MessagePack message may nest, so that no message can exhaust a stack (JSON's reader stops at 128).
pub const MESSAGE_DEPTH_MAX: usize = 64;
/// The text of a post, edit or topic, in bytes of UTF-8.
pub const TEXT_BYTES_MAX: usize = 16 * 1024;
/// A whole op in canonical JSON, in bytes; a stored record stays below 32 KiB.
pub const OP_BYTES_MAX: usize = 24 * 1024;
/// Ops in one `post`.
pub const POST_OPS_MAX: usize = 256;
/// Entries in one page of a sync or of history.
pub const PAGE_OPS_MAX: usize = 256;
/// Mentions in one message.
pub const MENTIONS_MAX: usize = 64;
/// An emoji, in bytes.
pub const EMOJI_BYTES_MAX: usize = 64;
/// A room's or a guest's name, in bytes of UTF-8.
pub const NAME_BYTES_MAX: usize = 128;
/// Rooms followed by one connection.
pub const OPEN_ROOMS_MAX: usize = 512;
/// Members of a room.
pub const MEMBERS_MAX: usize = 100_000;
/// Members or rooms in one page of a list.
pub const LIST_MAX: usize = 200;
/// Replicas in a version vector from the wire.
pub const VECTOR_REPLICAS_MAX: usize = 4_096;
/// Heartbeat interval bounds, milliseconds.
pub const HEARTBEAT_MS: std::ops::RangeInclusive<u32> = 1_000..=60_000;
/// Longest life of an invite, seconds.
pub const INVITE_S_MAX: u64 = 30 * 24 * 3600;
/// An op's clock may be this far ahead of the server's, milliseconds. (Behind is fine: it was written offline.)
pub const CLOCK_AHEAD_MS_MAX: u64 = 24 * 3600 * 1000;
/// An SDP offer, in bytes.
pub const SDP_BYTES_MAX: usize = 64 * 1024;
/// Lines (`m=`) of an SDP offer.
pub const SDP_LINES_MAX: usize = 64;
/// Publications of one participant.
pub const PUBLICATIONS_MAX: usize = 16;
/// A line's `mid` in an SDP offer, in bytes.
pub const MID_BYTES_MAX: usize = 16;
