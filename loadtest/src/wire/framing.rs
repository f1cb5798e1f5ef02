//! RFC 6455 framing as a client sees it: no socket, no copy of a message that arrived whole.
//!
//! Written for the harness because thousands of clients share the machine with the server they measure: one read buffer
//! serves them all, and only a cut-off tail is kept per connection.

/// The longest message a client takes, bytes. A page of 256 ops is far below.
const MESSAGE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opcode {
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    const fn bits(self) -> u8 {
        match self {
            Self::Text => 1,
            Self::Binary => 2,
            Self::Close => 8,
            Self::Ping => 9,
            Self::Pong => 10,
        }
    }
}

/// A whole message or control frame from the server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Message<'a> {
    pub(crate) opcode: Opcode,
    pub(crate) payload: &'a [u8],
}

/// The server broke RFC 6455.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FramingError(pub(crate) &'static str);

/// Cuts a byte stream into messages.
#[derive(Debug, Default)]
pub(crate) struct Deframer {
    /// The start of a frame whose end has not arrived.
    tail: Vec<u8>,
    /// The fragments of a message so far, and what it is.
    fragments: Option<(Opcode, Vec<u8>)>,
}

impl Deframer {
    /// Takes bytes as they arrived and hands on every message they complete.
    ///
    /// # Errors
    /// [`FramingError`] at the first frame that breaks the protocol; the connection is then of no further use.
    pub(crate) fn feed(
        &mut self,
        bytes: &[u8],
        mut take: impl FnMut(Message<'_>),
    ) -> Result<(), FramingError> {
        if self.tail.is_empty() {
            let used = self.cut(bytes, &mut take)?;
            self.tail.extend_from_slice(&bytes[used..]);
            return Ok(());
        }
        let mut joined = std::mem::take(&mut self.tail);
        joined.extend_from_slice(bytes);
        let used = self.cut(&joined, &mut take)?;
        if used < joined.len() {
            joined.drain(..used);
            self.tail = joined;
        }
        Ok(())
    }

    /// Hands on the whole frames at the front; returns how many bytes they took.
    fn cut(
        &mut self,
        bytes: &[u8],
        take: &mut impl FnMut(Message<'_>),
    ) -> Result<usize, FramingError> {
        let mut used = 0;
        while let Some((first, header, len)) = header(&bytes[used..])? {
            let Some(payload) = bytes[used..].get(header..header + len) else {
                break;
            };
            self.frame(first, payload, take)?;
            used += header + len;
        }
        Ok(used)
    }

    fn frame(
        &mut self,
        first: u8,
        payload: &[u8],
        take: &mut impl FnMut(Message<'_>),
    ) -> Result<(), FramingError> {
        let fin = first & 0x80 != 0;
        let opcode = match first & 0x0f {
            0 => {
                let Some((opcode, mut message)) = self.fragments.take() else {
                    return Err(FramingError("a continuation of nothing"));
                };
                if message.len() + payload.len() > MESSAGE_BYTES_MAX {
                    return Err(FramingError("a message beyond all limits"));
                }
                message.extend_from_slice(payload);
                if fin {
                    take(Message {
                        opcode,
                        payload: &message,
                    });
                } else {
                    self.fragments = Some((opcode, message));
                }
                return Ok(());
            }
            1 => Opcode::Text,
            2 => Opcode::Binary,
            8 => Opcode::Close,
            9 => Opcode::Ping,
            10 => Opcode::Pong,
            _ => return Err(FramingError("a reserved opcode")),
        };
        let control = first & 0x08 != 0;
        if control && (!fin || payload.len() > 125) {
            return Err(FramingError("a control frame in parts or beyond 125 bytes"));
        }
        if !control && self.fragments.is_some() {
            return Err(FramingError("a new message inside another"));
        }
        if fin {
            take(Message { opcode, payload });
        } else {
            self.fragments = Some((opcode, payload.to_vec()));
        }
        Ok(())
    }
}

/// Reads a header: first byte, its own length, the payload's. `None` while it is incomplete.
fn header(bytes: &[u8]) -> Result<Option<(u8, usize, usize)>, FramingError> {
    let [first, second, ..] = *bytes else {
        return Ok(None);
    };
    if first & 0x70 != 0 {
        return Err(FramingError("a reserved bit without an extension"));
    }
    if second & 0x80 != 0 {
        return Err(FramingError("a masked frame from the server"));
    }
    let (header, len) = match second {
        126 => match bytes.get(2..4) {
            Some(len) => (4, u64::from(u16::from_be_bytes([len[0], len[1]]))),
            None => return Ok(None),
        },
        127 => match bytes.get(2..10) {
            Some(len) => {
                let len = len.try_into().expect("eight bytes were taken");
                (10, u64::from_be_bytes(len))
            }
            None => return Ok(None),
        },
        len => (2, u64::from(len)),
    };
    match usize::try_from(len) {
        Ok(len) if len <= MESSAGE_BYTES_MAX => Ok(Some((first, header, len))),
        _ => Err(FramingError("a frame beyond all limits")),
    }
}

/// Appends one whole masked frame to `out`.
pub(crate) fn write_frame(out: &mut Vec<u8>, opcode: Opcode, payload: &[u8], mask: [u8; 4]) {
    out.push(0x80 | opcode.bits());
    match payload.len() {
        len @ 0..=125 => out.push(0x80 | len as u8),
        len @ 126..=0xffff => {
            out.push(0x80 | 126);
            out.extend_from_slice(&(len as u16).to_be_bytes());
        }
        len => {
            out.push(0x80 | 127);
            out.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&mask);
    let start = out.len();
    out.extend_from_slice(payload);
    for (byte, key) in out[start..].iter_mut().zip(mask.iter().cycle()) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server_frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut masked = Vec::new();
        write_frame(&mut masked, Opcode::Text, payload, [0; 4]);
        masked[0] = first;
        masked[1] &= 0x7f;
        let mask_at = masked.len() - payload.len() - 4;
        masked.drain(mask_at..mask_at + 4);
        masked
    }

    fn collect(chunks: &[&[u8]]) -> Result<Vec<(Opcode, Vec<u8>)>, FramingError> {
        let mut deframer = Deframer::default();
        let mut got = Vec::new();
        for chunk in chunks {
            deframer.feed(chunk, |m| got.push((m.opcode, m.payload.to_vec())))?;
        }
        Ok(got)
    }

    #[test]
    fn any_cut_of_the_stream_gives_the_same_messages() {
        let long = vec![b'x'; 70_000];
        let stream: Vec<u8> = [
            server_frame(0x81, b"one"),
            server_frame(0x82, &vec![7; 300]),
            server_frame(0x01, b"in "),
            server_frame(0x89, b"ping"),
            server_frame(0x80, b"parts"),
            server_frame(0x81, &long),
            server_frame(0x88, &[3, 232]),
        ]
        .concat();
        let whole = collect(&[&stream]).expect("legal");
        assert_eq!(whole.len(), 6);
        assert_eq!(whole[3], (Opcode::Text, b"in parts".to_vec()));
        for size in [1, 2, 3, 7, 64, 1_000, 65_536] {
            let chunks: Vec<&[u8]> = stream.chunks(size).collect();
            assert_eq!(collect(&chunks).expect("legal"), whole, "chunks of {size}");
        }
    }

    #[test]
    fn breaches_are_refused() {
        assert!(collect(&[&[0x81, 0x80, 0, 0, 0, 0]]).is_err(), "masked");
        assert!(collect(&[&[0xc1, 0]]).is_err(), "reserved bit");
        assert!(collect(&[&[0x80, 0]]).is_err(), "continuation of nothing");
        assert!(collect(&[&[0x83, 0]]).is_err(), "reserved opcode");
        assert!(collect(&[&[0x81, 127, 0xff, 0, 0, 0, 0, 0, 0, 0]]).is_err());
    }

    #[test]
    fn a_frame_is_masked_as_the_rfc_shows() {
        // RFC 6455 §5.7: a single-frame masked text message "Hello".
        let mut out = Vec::new();
        write_frame(&mut out, Opcode::Text, b"Hello", [0x37, 0xfa, 0x21, 0x3d]);
        let expected = [
            0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
        ];
        assert_eq!(out, expected);
    }
}
