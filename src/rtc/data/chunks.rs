//! A look at SCTP packets (RFC 9260 §3) on their way in and out: the library trusts its peer with more memory than we do.

/// Bytes of the common header.
const HEADER_LEN: usize = 12;

/// Bytes of a chunk's header.
const CHUNK_HEADER_LEN: usize = 4;

/// Bytes of a DATA chunk before its content.
const DATA_HEADER_LEN: usize = 16;

/// What an accepted chunk costs beside its content, about.
const CHUNK_COST: usize = 256;

const DATA: u8 = 0;
const SACK: u8 = 3;
const RE_CONFIG: u8 = 130;

/// What an incoming packet holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Contents {
    /// What its DATA chunks cost to keep, in bytes.
    pub(super) data_cost: usize,
    /// Its requests and answers of stream resets (RFC 6525).
    pub(super) resets: u32,
}

/// Looks through an incoming packet. `None`: a chunk is cut off, a DATA chunk is empty (which no window would bound) or
/// belongs to a stream beyond `streams_max`.
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
                contents.data_cost += chunk.len() + CHUNK_COST;
            }
            RE_CONFIG => contents.resets += 1,
            _ => {}
        }
    }
    Some(contents)
}

/// The receive window that an outgoing packet announces, if it acknowledges anything.
pub(super) fn announced_window(packet: &[u8]) -> Option<u32> {
    chunks(packet)?
        .flatten()
        .filter(|chunk| chunk[0] == SACK)
        .filter_map(|sack| Some(u32::from_be_bytes(sack.get(8..12)?.try_into().ok()?)))
        .last()
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
        ]);
        let expected = Contents {
            data_cost: 2 * (DATA_HEADER_LEN + CHUNK_COST) + 6,
            resets: 1,
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
        assert_eq!(announced_window(&packet(&[(SACK, &sack)])), Some(7000));
        assert_eq!(announced_window(&packet(&[(DATA, &data(0, b"x"))])), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_looked_at(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            contents(&bytes, 10);
            announced_window(&bytes);
        }
    }
}
