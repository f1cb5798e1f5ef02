//! Frame headers (RFC 6455 §5.2), parsed as their bytes arrive and judged as early as they allow.

use super::failure::Failure;

/// The longest payload of a control frame (§5.5).
pub(super) const CONTROL_BYTES_MAX: u64 = 125;
const HEADER_BYTES_MAX: usize = 14;
const FIN: u8 = 0x80;
const RSV1: u8 = 0x40;
const RSV2_AND_3: u8 = 0x30;
const MASKED: u8 = 0x80;

/// Which side of the connection reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Reads a client's frames: every one is masked.
    Server,
    /// Reads a server's frames: none is masked.
    Client,
}

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpCode {
    /// The next fragment of a message.
    Continuation,
    /// A text message, or its first fragment.
    Text,
    /// A binary message, or its first fragment.
    Binary,
    /// The closing handshake.
    Close,
    /// Asks for a pong.
    Ping,
    /// Answers a ping.
    Pong,
}

impl OpCode {
    /// The four bits on the wire.
    #[must_use]
    pub const fn bits(self) -> u8 {
        match self {
            Self::Continuation => 0,
            Self::Text => 1,
            Self::Binary => 2,
            Self::Close => 8,
            Self::Ping => 9,
            Self::Pong => 10,
        }
    }

    /// Close, ping or pong.
    #[must_use]
    pub const fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }

    const fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return None,
        })
    }
}

/// A whole header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) opcode: OpCode,
    pub(super) last: bool,
    /// RSV1: the message is compressed.
    pub(super) compressed: bool,
    pub(super) mask: [u8; 4],
    pub(super) len: u64,
}

/// A header so far. Holds at most 14 bytes, inline.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct HeaderBytes {
    bytes: [u8; HEADER_BYTES_MAX],
    len: u8,
}

impl HeaderBytes {
    /// Takes bytes until there are `count`; false when the input ran out first.
    pub(super) fn fill(&mut self, input: &mut &[u8], count: usize) -> bool {
        let have = usize::from(self.len);
        let take = count.saturating_sub(have).min(input.len());
        let (bytes, rest) = input.split_at(take);
        self.bytes[have..have + take].copy_from_slice(bytes);
        self.len += take as u8;
        *input = rest;
        usize::from(self.len) >= count
    }

    /// How long the whole header is, once two bytes are known.
    pub(super) const fn whole(&self) -> usize {
        let length = match self.bytes[1] & !MASKED {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        2 + length + if self.bytes[1] & MASKED != 0 { 4 } else { 0 }
    }

    /// Judges the first two bytes: opcode, reserved bits, masking and control frames.
    pub(super) fn start(&self, role: Role, deflate: bool) -> Result<(OpCode, bool), Failure> {
        let [first, second, ..] = self.bytes;
        if first & RSV2_AND_3 != 0 {
            return Err(Failure::ReservedBit);
        }
        let opcode = OpCode::from_bits(first & 0x0f).ok_or(Failure::ReservedOpCode)?;
        let starts_message = matches!(opcode, OpCode::Text | OpCode::Binary);
        if first & RSV1 != 0 && !(deflate && starts_message) {
            return Err(Failure::ReservedBit);
        }
        if opcode.is_control() && first & FIN == 0 {
            return Err(Failure::FragmentedControl);
        }
        if opcode.is_control() && u64::from(second & !MASKED) > CONTROL_BYTES_MAX {
            return Err(Failure::LongControl);
        }
        if (second & MASKED != 0) != (role == Role::Server) {
            return Err(Failure::Masking);
        }
        Ok((opcode, first & RSV1 != 0))
    }

    /// The header, when all of it is there and [`Self::start`] accepted its beginning.
    pub(super) fn finish(&self, opcode: OpCode, compressed: bool) -> Result<Header, Failure> {
        let len = self.payload_len();
        let shortest = match self.bytes[1] & !MASKED {
            126 => len > CONTROL_BYTES_MAX,
            127 => len > u64::from(u16::MAX) && len >> 63 == 0,
            _ => true,
        };
        if !shortest {
            return Err(Failure::LengthForm);
        }
        Ok(Header {
            opcode,
            last: self.bytes[0] & FIN != 0,
            compressed,
            mask: self.mask(),
            len,
        })
    }

    /// Whether this is a close frame, whatever else is wrong with it.
    pub(super) const fn is_close(&self) -> bool {
        self.bytes[0] & 0x0f == OpCode::Close.bits()
    }

    /// The payload's length in any form.
    pub(super) const fn payload_len(&self) -> u64 {
        let b = &self.bytes;
        match b[1] & !MASKED {
            126 => u16::from_be_bytes([b[2], b[3]]) as u64,
            127 => u64::from_be_bytes([b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9]]),
            short => short as u64,
        }
    }

    const fn mask(&self) -> [u8; 4] {
        if self.bytes[1] & MASKED == 0 {
            return [0; 4];
        }
        let at = self.whole() - 4;
        let b = &self.bytes;
        [b[at], b[at + 1], b[at + 2], b[at + 3]]
    }
}

/// Writes a header; `mask` only from clients.
pub(super) fn put(
    out: &mut Vec<u8>,
    opcode: OpCode,
    compressed: bool,
    len: usize,
    mask: Option<[u8; 4]>,
) {
    let masked = if mask.is_some() { MASKED } else { 0 };
    out.push(FIN | if compressed { RSV1 } else { 0 } | opcode.bits());
    match (u8::try_from(len), u16::try_from(len)) {
        (Ok(short), _) if u64::from(short) <= CONTROL_BYTES_MAX => out.push(masked | short),
        (_, Ok(middle)) => {
            out.push(masked | 126);
            out.extend_from_slice(&middle.to_be_bytes());
        }
        _ => {
            out.push(masked | 127);
            out.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    if let Some(key) = mask {
        out.extend_from_slice(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(bytes: &[u8], role: Role, deflate: bool) -> Result<Header, Failure> {
        let mut input = bytes;
        let mut header = HeaderBytes::default();
        assert!(header.fill(&mut input, 2));
        let (opcode, compressed) = header.start(role, deflate)?;
        assert!(header.fill(&mut input, header.whole()), "a whole header");
        assert!(input.is_empty());
        header.finish(opcode, compressed)
    }

    #[test]
    fn what_is_written_is_read_at_every_length_form() {
        for len in [0, 1, 125, 126, 127, 65_535, 65_536, 1 << 40] {
            for mask in [None, Some([1, 2, 3, 4])] {
                let mut bytes = Vec::new();
                put(&mut bytes, OpCode::Binary, true, len, mask);
                let role = if mask.is_some() {
                    Role::Server
                } else {
                    Role::Client
                };
                let header = parse(&bytes, role, true).expect("a header");
                assert_eq!(header.len, len as u64);
                assert_eq!(header.mask, mask.unwrap_or_default());
                assert!(header.last && header.compressed);
            }
        }
    }

    #[test]
    fn the_first_two_bytes_are_enough_to_refuse() {
        let cases: [(&[u8], Failure); 9] = [
            (&[0xa1, 0x80], Failure::ReservedBit),
            (&[0x91, 0x80], Failure::ReservedBit),
            (&[0xc1, 0x80], Failure::ReservedBit),
            (&[0xc9, 0x80], Failure::ReservedBit),
            (&[0x83, 0x80], Failure::ReservedOpCode),
            (&[0x8b, 0x80], Failure::ReservedOpCode),
            (&[0x09, 0x80], Failure::FragmentedControl),
            (&[0x88, 0xfe], Failure::LongControl),
            (&[0x81, 0x05], Failure::Masking),
        ];
        for (bytes, failure) in cases {
            assert_eq!(
                parse(bytes, Role::Server, false),
                Err(failure),
                "{bytes:02x?}"
            );
        }
        assert_eq!(
            parse(&[0x81, 0x80], Role::Client, false),
            Err(Failure::Masking)
        );
    }

    #[test]
    fn a_length_has_one_form_only() {
        for bytes in [
            &[0x82, 126, 0, 125][..],
            &[0x82, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff],
            &[0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert_eq!(
                parse(bytes, Role::Client, false),
                Err(Failure::LengthForm),
                "{bytes:02x?}"
            );
        }
    }
}
