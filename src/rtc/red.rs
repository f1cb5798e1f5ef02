//! Redundant audio (RFC 2198): split what a client sends, make what a server adds.

/// The most blocks of one packet that are read; the primary is the last.
pub const BLOCKS_MAX: usize = 8;
/// How many earlier payloads a server repeats.
pub const DISTANCE_MAX: usize = 2;
/// The largest payload that [`join`] makes, in bytes; what would exceed it is left out, the oldest first.
pub const PAYLOAD_BYTES_MAX: usize = 1_100;

/// Why bytes are no RED payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RedError {
    /// The payload ends within a header or a block.
    #[error("the payload is shorter than it says")]
    Short,
    /// There are more than [`BLOCKS_MAX`] blocks.
    #[error("too many blocks")]
    TooManyBlocks,
}

/// One block of a RED payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block<'a> {
    /// What the block is, as negotiated.
    pub payload_type: u8,
    /// How much earlier than the packet's timestamp it is, 14 bits; 0 of the primary.
    pub timestamp_offset: u16,
    /// The encoded sound.
    pub bytes: &'a [u8],
}

/// The blocks of a payload: the oldest first, the primary last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blocks<'a> {
    blocks: [Block<'a>; BLOCKS_MAX],
    count: usize,
}

impl<'a> Blocks<'a> {
    /// The newest block: what the packet would carry without redundancy.
    #[must_use]
    pub fn primary(&self) -> Block<'a> {
        todo!()
    }

    /// All blocks: the oldest first, the primary last.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Block<'a>> + '_ {
        self.blocks[..self.count].iter().copied()
    }
}

/// Splits a payload.
///
/// # Errors
/// When it is cut off or has too many blocks.
pub fn split(payload: &[u8]) -> Result<Blocks<'_>, RedError> {
    let _ = payload;
    todo!()
}

/// An earlier payload that a packet repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earlier<'a> {
    /// How much earlier it was, in units of the clock.
    pub timestamp_offset: u32,
    /// The encoded sound.
    pub bytes: &'a [u8],
}

/// Appends a RED payload to `out`: up to [`DISTANCE_MAX`] `earlier` payloads (the oldest first) and `current`, all of
/// `payload_type` (that of Opus, not of RED). Returns how many earlier payloads went in: those too old (14 bits) or too
/// large (10 bits) are left out, and so are the oldest when [`PAYLOAD_BYTES_MAX`] would be exceeded.
pub fn join(payload_type: u8, current: &[u8], earlier: &[Earlier<'_>], out: &mut Vec<u8>) -> usize {
    let _ = (payload_type, current, earlier, out);
    todo!()
}
