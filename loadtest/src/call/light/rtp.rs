//! RTP headers (RFC 3550 5.1) with one-byte extensions (RFC 8285), written apart from the server's own reader.

const FIXED_BYTES: usize = 12;
const ONE_BYTE_PROFILE: u16 = 0xBEDE;
/// The identifiers of extensions in the offers of light clients.
pub(super) mod id {
    pub(in super::super) const AUDIO_LEVEL: u8 = 1;
    pub(in super::super) const TWCC: u8 = 3;
    pub(in super::super) const MID: u8 = 4;
    pub(in super::super) const RID: u8 = 10;
    pub(in super::super) const REPAIRED_RID: u8 = 11;
}

/// A header to write.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    pub(super) marker: bool,
    pub(super) payload_type: u8,
    pub(super) sequence: u16,
    pub(super) timestamp: u32,
    pub(super) ssrc: u32,
}

/// What was read of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) payload_type: u8,
    pub(super) sequence: u16,
    pub(super) ssrc: u32,
    /// Bytes up to the payload.
    pub(super) len: usize,
    /// The payload ends in padding.
    pub(super) padding: bool,
    /// The transport-wide sequence number.
    pub(super) twcc: Option<u16>,
}

impl Header {
    /// Writes the header with its extensions.
    pub(super) fn write(&self, out: &mut Vec<u8>, extensions: &[(u8, &[u8])]) {
        out.push(0x80 | u8::from(!extensions.is_empty()) << 4);
        out.push(u8::from(self.marker) << 7 | self.payload_type);
        out.extend_from_slice(&self.sequence.to_be_bytes());
        out.extend_from_slice(&self.timestamp.to_be_bytes());
        out.extend_from_slice(&self.ssrc.to_be_bytes());
        if extensions.is_empty() {
            return;
        }
        let bytes: usize = extensions.iter().map(|(_, value)| 1 + value.len()).sum();
        let words = u16::try_from(bytes.div_ceil(4)).expect("a few short extensions");
        out.extend_from_slice(&ONE_BYTE_PROFILE.to_be_bytes());
        out.extend_from_slice(&words.to_be_bytes());
        let end = out.len() + usize::from(words) * 4;
        for (id, value) in extensions {
            let len = u8::try_from(value.len()).expect("16 bytes at most");
            out.push(id << 4 | (len - 1));
            out.extend_from_slice(value);
        }
        out.resize(end, 0);
    }
}

/// Reads a header; `None` when it is cut short.
pub(super) fn read(packet: &[u8]) -> Option<Read> {
    let first = *packet.first()?;
    let mut len = FIXED_BYTES + usize::from(first & 0x0F) * 4;
    let mut twcc = None;
    if first & 0x10 != 0 {
        let words = u16::from_be_bytes(*packet.get(len + 2..)?.first_chunk()?);
        let end = len + 4 + usize::from(words) * 4;
        let one_byte = packet.get(len..len + 2)? == ONE_BYTE_PROFILE.to_be_bytes();
        if one_byte {
            twcc = find(packet.get(len + 4..end)?, id::TWCC)
                .and_then(|value| Some(u16::from_be_bytes(*value.first_chunk()?)));
        }
        len = end;
    }
    (packet.len() >= len).then_some(())?;
    Some(Read {
        payload_type: packet.get(1)? & 0x7F,
        sequence: u16::from_be_bytes(*packet.get(2..)?.first_chunk()?),
        ssrc: u32::from_be_bytes(*packet.get(8..)?.first_chunk()?),
        len,
        padding: first & 0x20 != 0,
        twcc,
    })
}

fn find(mut block: &[u8], wanted: u8) -> Option<&[u8]> {
    while let [head, rest @ ..] = block {
        if *head == 0 {
            block = rest;
            continue;
        }
        let len = usize::from(head & 0x0F) + 1;
        let value = rest.get(..len)?;
        if head >> 4 == wanted {
            return Some(value);
        }
        block = &rest[len..];
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let header = Header {
            marker: true,
            payload_type: 96,
            sequence: 65_535,
            timestamp: 1,
            ssrc: 0xDEAD_BEEF,
        };
        let mut out = Vec::new();
        header.write(&mut out, &[(id::MID, b"0"), (id::TWCC, &[1, 2])]);
        let len = out.len();
        out.extend_from_slice(b"payload");
        let read = read(&out).expect("whole");
        assert_eq!(
            (read.sequence, read.ssrc, read.len),
            (65_535, 0xDEAD_BEEF, len)
        );
        assert_eq!((read.payload_type, read.twcc), (96, Some(0x0102)));
        assert_eq!(super::read(&out[..len - 1]), None);
    }
}
