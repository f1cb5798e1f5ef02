//! Datagrams on a byte stream: a length of two bytes before each (RFC 4571 §2), as ICE-TCP carries them (RFC 6544 §3).

use thiserror::Error;

/// Bytes before each frame.
pub const FRAME_HEADER_LEN: usize = 2;

/// Longest frame that is taken: what a UDP datagram of an Ethernet could carry, with some room. A frame is buffered only as far as it has arrived.
pub const FRAME_LEN_MAX: usize = 2048;

/// The peer announced a frame longer than [`FRAME_LEN_MAX`]: close the connection, its frames are lost for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a frame of {len} bytes is longer than allowed")]
pub struct FrameTooLong {
    /// What was announced, in bytes.
    pub len: usize,
}
