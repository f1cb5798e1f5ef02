//! A look at SCTP packets (RFC 9260 §3) on their way in and out: the library trusts its peer with more memory than we do.

/// Bytes of the common header.
const HEADER_LEN: usize = 12;

/// Bytes of a chunk's header.
const CHUNK_HEADER_LEN: usize = 4;

/// Bytes of a DATA chunk before its content.
const DATA_HEADER_LEN: usize = 16;

/// What an accepted chunk costs beside its content, about.
const CHUNK_COST: usize = 256;

/// Bytes of an INIT chunk before its parameters.
const INIT_HEADER_LEN: usize = 20;

const DATA: u8 = 0;
const INIT: u8 = 1;
const SACK: u8 = 3;
const ABORT: u8 = 6;
const ERROR: u8 = 9;
const RE_CONFIG: u8 = 130;
const FORWARD_TSN: u8 = 192;

/// What an incoming packet holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Contents {
    /// Its DATA chunks.
    pub(super) data_chunks: u32,
    /// What they cost to keep, in bytes.
    pub(super) data_cost: usize,
    /// Its requests and answers of stream resets (RFC 6525).
    pub(super) resets: u32,
    /// The first TSN that the peer will send, if this is an INIT.
    pub(super) initial_tsn: Option<u32>,
    /// Up to where the peer gives up (RFC 3758).
    pub(super) forward_to: Option<u32>,
}

/// What an outgoing packet acknowledges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Acknowledged {
    /// The last TSN before the first gap.
    pub(super) cumulative_tsn: u32,
    /// The receive window, in bytes.
    pub(super) window: u32,
}

/// Looks through an incoming packet. `None`: a chunk is malformed in a way the library is not ready for, a DATA chunk is
/// empty (which no window would bound) or belongs to a stream beyond `streams_max`.
pub(super) fn contents(packet: &[u8], streams_max: u16) -> Option<Contents> {
    let mut contents = Contents::default();
    for chunk in chunks(packet)? {
        let chunk = chunk?;
        match chunk[0] {
            DATA => {
                let stream = u16::from_be_bytes([*chunk.get(8)?, *chunk.get(9)?]);
                if chunk.len() <= DATA_HEADER_LEN || stream >= streams_max {
                    return None;
                }
                contents.data_chunks += 1;
                contents.data_cost += chunk.len() + CHUNK_COST;
            }
            INIT => contents.initial_tsn = Some(u32_at(chunk, INIT_HEADER_LEN - 4)?),
            RE_CONFIG => contents.resets += 1,
            FORWARD_TSN if contents.forward_to.is_some() => return None,
            FORWARD_TSN => contents.forward_to = Some(u32_at(chunk, 4)?),
            ABORT | ERROR => check_causes(&chunk[CHUNK_HEADER_LEN..])?,
            _ => {}
        }
    }
    Some(contents)
}

/// What an outgoing packet acknowledges, if anything.
pub(super) fn acknowledged(packet: &[u8]) -> Option<Acknowledged> {
    chunks(packet)?
        .flatten()
        .filter(|chunk| chunk[0] == SACK)
        .filter_map(|sack| {
            Some(Acknowledged {
                cumulative_tsn: u32_at(sack, 4)?,
                window: u32_at(sack, 8)?,
            })
        })
        .last()
}

/// Error causes must not be cut off: the library would slice beyond the end.
fn check_causes(mut causes: &[u8]) -> Option<()> {
    while causes.len() >= CHUNK_HEADER_LEN {
        let length = usize::from(u16::from_be_bytes([causes[2], causes[3]]));
        if length < CHUNK_HEADER_LEN {
            return None;
        }
        causes = causes.get(length..)?;
    }
    Some(())
}

fn u32_at(chunk: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(chunk.get(at..at + 4)?.try_into().ok()?))
}

/// The chunks with their headers, without padding; `None` and the end where one is cut off.
fn chunks(packet: &[u8]) -> Option<impl Iterator<Item = Option<&[u8]>>> {
    let mut rest = packet.get(HEADER_LEN..)?;
    Some(std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let length = rest.get(2..CHUNK_HEADER_LEN).map_or(0, |length| {
            usize::from(u16::from_be_bytes([length[0], length[1]]))
        });
        if length < CHUNK_HEADER_LEN || length > rest.len() {
            rest = &[];
            return Some(None);
        }
        let chunk = &rest[..length];
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or(&[]);
        Some(Some(chunk))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packet(chunks: &[(u8, &[u8])]) -> Vec<u8> {
        let mut packet = vec![0; HEADER_LEN];
        for (kind, body) in chunks {
            packet.extend([*kind, 3]);
            packet.extend((body.len() as u16 + 4).to_be_bytes());
            packet.extend(*body);
            packet.resize(packet.len().next_multiple_of(4), 0);
        }
        packet
    }

    fn data(stream: u16, content: &[u8]) -> Vec<u8> {
        let mut body = vec![0, 0, 0, 1];
        body.extend(stream.to_be_bytes());
        body.extend([0; 6]);
        body.extend(content);
        body
    }

    #[test]
    fn contents_are_counted() {
        let packet = packet(&[
            (DATA, &data(3, b"abcde")),
            (RE_CONFIG, &[0; 8]),
            (DATA, &data(0, b"x")),
            (FORWARD_TSN, &[0, 0, 1, 2]),
        ]);
        let expected = Contents {
            data_chunks: 2,
            data_cost: 2 * (DATA_HEADER_LEN + CHUNK_COST) + 6,
            resets: 1,
            initial_tsn: None,
            forward_to: Some(258),
        };
        assert_eq!(contents(&packet, 4), Some(expected));
        assert_eq!(contents(&packet, 3), None, "a stream beyond");
    }

    #[test]
    fn empty_and_cut_chunks_are_refused() {
        assert_eq!(contents(&packet(&[(DATA, &data(0, b""))]), 9), None);
        let whole = packet(&[(DATA, &data(0, b"abcd"))]);
        for len in HEADER_LEN + 1..whole.len() {
            assert_eq!(contents(&whole[..len], 9), None, "{len}");
        }
        assert_eq!(contents(&whole[..5], 9), None);
    }

    #[test]
    fn the_window_is_read() {
        let mut sack = vec![0, 0, 0, 9];
        sack.extend(7000u32.to_be_bytes());
        sack.extend([0; 4]);
        let expected = Acknowledged {
            cumulative_tsn: 9,
            window: 7000,
        };
        assert_eq!(acknowledged(&packet(&[(SACK, &sack)])), Some(expected));
        assert_eq!(acknowledged(&packet(&[(DATA, &data(0, b"x"))])), None);
    }

    #[test]
    fn the_first_tsn_is_read() {
        let mut init = [0; 20];
        init[12..16].copy_from_slice(&77u32.to_be_bytes());
        let read = contents(&packet(&[(INIT, &init)]), 1).unwrap();
        assert_eq!(read.initial_tsn, Some(77));
        assert_eq!(contents(&packet(&[(INIT, &init[..15])]), 1), None);
    }

    #[test]
    fn what_the_library_would_stumble_over_is_refused() {
        let forward = (FORWARD_TSN, &[0, 0, 1, 2][..]);
        assert_eq!(contents(&packet(&[forward, forward]), 1), None);
        for kind in [ABORT, ERROR] {
            assert!(contents(&packet(&[(kind, &[0, 1, 0, 4])]), 1).is_some());
            for causes in [[0, 1, 0, 5], [0, 1, 0, 3], [9, 9, 9, 9]] {
                assert_eq!(contents(&packet(&[(kind, &causes)]), 1), None);
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_looked_at(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            contents(&bytes, 10);
            acknowledged(&bytes);
        }
    }
}
