//! Redundant audio (RFC 2198): split what a client sends, make what a server adds.

/// The most blocks of one packet that are read; the primary is the last.
pub const BLOCKS_MAX: usize = 8;
/// How many earlier payloads a server repeats.
pub const DISTANCE_MAX: usize = 2;
/// The largest payload that [`join`] makes, in bytes; what would exceed it is left out, the oldest first.
pub const PAYLOAD_BYTES_MAX: usize = 1_100;

/// More blocks follow this header.
const FOLLOWS: u8 = 0x80;
const TIMESTAMP_OFFSET_MAX: u32 = (1 << 14) - 1;
const BLOCK_BYTES_MAX: usize = (1 << 10) - 1;
/// Of every block but the primary, which has one byte.
const HEADER_BYTES: usize = 4;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Block<'a> {
    /// What the block is, as negotiated.
    pub payload_type: u8,
    /// How much earlier than the packet's timestamp it is, 14 bits; 0 of the primary.
    pub timestamp_offset: u16,
    /// The encoded sound.
    pub bytes: &'a [u8],
}

/// The blocks of a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blocks<'a> {
    earlier: [Block<'a>; BLOCKS_MAX - 1],
    count: usize,
    primary: Block<'a>,
}

impl<'a> Blocks<'a> {
    /// The newest block: what the packet would carry without redundancy.
    #[must_use]
    pub const fn primary(&self) -> Block<'a> {
        self.primary
    }

    /// All blocks: the oldest first, the primary last.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Block<'a>> + '_ {
        let earlier = self.earlier[..self.count].iter().copied();
        earlier.chain(std::iter::once(self.primary))
    }
}

/// Splits a payload.
///
/// # Errors
/// When it is cut off or has too many blocks.
pub fn split(payload: &[u8]) -> Result<Blocks<'_>, RedError> {
    let mut earlier = [Block::default(); BLOCKS_MAX - 1];
    let mut lengths = [0; BLOCKS_MAX - 1];
    let mut count = 0;
    let mut rest = payload;
    let payload_type = loop {
        let (first, after) = rest.split_first().ok_or(RedError::Short)?;
        if first & FOLLOWS == 0 {
            rest = after;
            break *first;
        }
        let (header, after) = rest
            .split_first_chunk::<HEADER_BYTES>()
            .ok_or(RedError::Short)?;
        rest = after;
        let block = earlier.get_mut(count).ok_or(RedError::TooManyBlocks)?;
        block.payload_type = first & !FOLLOWS;
        block.timestamp_offset = u16::from_be_bytes([header[1], header[2]]) >> 2;
        lengths[count] = usize::from(u16::from_be_bytes([header[2] & 3, header[3]]));
        count += 1;
    };
    for (block, length) in earlier.iter_mut().zip(lengths).take(count) {
        (block.bytes, rest) = rest.split_at_checked(length).ok_or(RedError::Short)?;
    }
    Ok(Blocks {
        earlier,
        count,
        primary: Block {
            payload_type,
            timestamp_offset: 0,
            bytes: rest,
        },
    })
}

/// An earlier payload that a packet repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earlier<'a> {
    /// How much earlier it was, in units of the clock.
    pub timestamp_offset: u32,
    /// The encoded sound.
    pub bytes: &'a [u8],
}

/// Appends a RED payload to `out`: the newest [`DISTANCE_MAX`] of the `earlier` payloads (the oldest first) and `current`,
/// all of `payload_type` (that of Opus, not of RED). Returns how many earlier payloads went in: one that is empty, too
/// old (14 bits) or too large (10 bits) is left out, and so are the oldest when [`PAYLOAD_BYTES_MAX`] would be exceeded.
pub fn join(payload_type: u8, current: &[u8], earlier: &[Earlier<'_>], out: &mut Vec<u8>) -> usize {
    let newest = &earlier[earlier.len().saturating_sub(DISTANCE_MAX)..];
    let mut chosen = [None; DISTANCE_MAX];
    let mut bytes = 1 + current.len();
    let mut count = 0;
    for (place, block) in chosen.iter_mut().zip(newest).rev() {
        let fits = (1..=BLOCK_BYTES_MAX).contains(&block.bytes.len())
            && (1..=TIMESTAMP_OFFSET_MAX).contains(&block.timestamp_offset)
            && bytes + HEADER_BYTES + block.bytes.len() <= PAYLOAD_BYTES_MAX;
        if fits {
            bytes += HEADER_BYTES + block.bytes.len();
            count += 1;
            *place = Some(block);
        }
    }
    let payload_type = payload_type & !FOLLOWS;
    for block in chosen.iter().flatten() {
        let length = u32::try_from(block.bytes.len()).expect("BLOCK_BYTES_MAX");
        let [_, rest @ ..] = (block.timestamp_offset << 10 | length).to_be_bytes();
        out.push(FOLLOWS | payload_type);
        out.extend(rest);
    }
    out.push(payload_type);
    for block in chosen.iter().flatten() {
        out.extend(block.bytes);
    }
    out.extend(current);
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_golden_payload_is_split() {
        // Opus 111: 1,920 earlier (40 ms) two bytes, 960 earlier one byte, then the primary.
        let payload = [
            0xef, 0x1e, 0x00, 0x02, 0xef, 0x0f, 0x00, 0x01, 0x6f, 1, 2, 3, 4, 5,
        ];
        let blocks: Vec<_> = split(&payload).unwrap().iter().collect();
        let block = |timestamp_offset, bytes| Block {
            payload_type: 111,
            timestamp_offset,
            bytes,
        };
        assert_eq!(
            blocks,
            [
                block(1_920, &[1, 2][..]),
                block(960, &[3]),
                block(0, &[4, 5])
            ]
        );
        assert_eq!(split(&payload).unwrap().primary(), blocks[2]);
        let earlier =
            [(1_920, &[1, 2][..]), (960, &[3])].map(|(timestamp_offset, bytes)| Earlier {
                timestamp_offset,
                bytes,
            });
        let mut joined = Vec::new();
        assert_eq!(join(111, &[4, 5], &earlier, &mut joined), 2);
        assert_eq!(joined, payload);
    }

    #[test]
    fn cut_payloads_are_refused() {
        let payload = [0xef, 0x0f, 0x00, 0x02, 0x6f, 1, 2];
        for length in 0..payload.len() {
            assert_eq!(split(&payload[..length]), Err(RedError::Short), "{length}");
        }
        // The primary may be empty.
        assert_eq!(split(&payload).unwrap().primary().bytes, &[] as &[u8]);
        let many = [0xef, 0, 0, 0].repeat(BLOCKS_MAX);
        assert_eq!(split(&many), Err(RedError::TooManyBlocks));
    }

    #[test]
    fn what_does_not_fit_is_left_out() {
        let (old, large) = ([1; 10], [2; BLOCK_BYTES_MAX + 1]);
        let earlier = |timestamp_offset, bytes| Earlier {
            timestamp_offset,
            bytes,
        };
        let mut out = Vec::new();
        assert_eq!(
            join(
                111,
                &[9],
                &[earlier(1 << 14, &old[..]), earlier(960, &large)],
                &mut out
            ),
            0
        );
        assert_eq!(out, [111, 9]);
        out.clear();
        let half = [3; 600];
        assert_eq!(
            join(
                111,
                &[9],
                &[earlier(1_920, &half[..]), earlier(960, &half)],
                &mut out
            ),
            1
        );
        assert_eq!(
            split(&out).unwrap().iter().next().unwrap().timestamp_offset,
            960
        );
        out.clear();
        let three = [1_920, 1_440, 960].map(|offset| earlier(offset, &old[..]));
        assert_eq!(join(111, &[9], &three, &mut out), DISTANCE_MAX);
        assert_eq!(
            split(&out).unwrap().iter().next().unwrap().timestamp_offset,
            1_440
        );
    }

    proptest! {
        #[test]
        fn what_is_joined_is_split(
            current in prop::collection::vec(any::<u8>(), 0..300),
            earlier in prop::collection::vec((1_u32..1 << 14, prop::collection::vec(any::<u8>(), 1..300)), 0..3),
        ) {
            let blocks: Vec<_> = earlier.iter()
                .map(|(timestamp_offset, bytes)| Earlier { timestamp_offset: *timestamp_offset, bytes })
                .collect();
            let mut out = Vec::new();
            let count = join(96, &current, &blocks, &mut out);
            prop_assert_eq!(count, earlier.len().min(DISTANCE_MAX));
            prop_assert!(out.len() <= PAYLOAD_BYTES_MAX);
            let read = split(&out).unwrap();
            prop_assert_eq!(read.primary().bytes, &current);
            prop_assert_eq!(read.iter().count(), count + 1);
            for (read, written) in read.iter().rev().skip(1).zip(blocks.iter().rev()) {
                prop_assert_eq!((u32::from(read.timestamp_offset), read.bytes), (written.timestamp_offset, written.bytes));
            }
        }

        #[test]
        fn garbage_does_not_panic(payload in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(blocks) = split(&payload) {
                prop_assert!(blocks.iter().map(|block| block.bytes.len()).sum::<usize>() < payload.len());
            }
        }
    }
}
