//! A message on its way in: fragments put together, inflated, checked for size and UTF-8 as they come.

use super::failure::Failure;
use super::inflate::Inflater;
use super::mask::Mask;

/// Room made at once for a payload whose header announces more than has arrived: an announcement costs the peer
/// nothing, so it buys little memory.
const ANNOUNCED_BYTES_MAX: usize = 4 * 1024;

/// A complete message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Text or binary.
    pub kind: MessageKind,
    /// The payload, uncompressed; valid UTF-8 when it is text.
    pub payload: Vec<u8>,
}

/// The two kinds of message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    /// UTF-8.
    Text,
    /// Bytes.
    Binary,
}

/// A message so far.
#[derive(Debug)]
pub(super) struct Assembly {
    kind: MessageKind,
    payload: Vec<u8>,
    /// Bytes of `payload` known to be whole characters.
    utf8_checked: usize,
    inflater: Option<Inflater>,
    bytes_max: usize,
}

impl Assembly {
    pub(super) fn new(kind: MessageKind, compressed: bool, bytes_max: usize) -> Self {
        Self {
            kind,
            payload: Vec::new(),
            utf8_checked: 0,
            inflater: compressed.then(Inflater::take),
            bytes_max,
        }
    }

    /// Refuses a fragment by its header. What a compressed one becomes is only known while it inflates.
    pub(super) fn announce(&self, len: u64) -> Result<(), Failure> {
        let room = (self.bytes_max - self.payload.len()) as u64;
        if self.inflater.is_none() && len > room {
            return Err(Failure::TooBig);
        }
        Ok(())
    }

    /// Appends a piece of a fragment; `announced` bytes of it are yet to come.
    pub(super) fn push(
        &mut self,
        piece: &[u8],
        mask: &mut Mask,
        announced: u64,
    ) -> Result<(), Failure> {
        if let Some(inflater) = &mut self.inflater {
            let inflated = inflater.push(piece, mask, &mut self.payload, self.bytes_max);
            // Text that came out before a fault is judged first, so that the verdict does not depend on how the bytes
            // were cut.
            return self.check_utf8().and(inflated);
        } else {
            let start = self.payload.len();
            if start == 0 {
                let announced = usize::try_from(announced).unwrap_or(usize::MAX);
                self.payload
                    .reserve_exact(piece.len() + announced.min(ANNOUNCED_BYTES_MAX));
            }
            self.payload.extend_from_slice(piece);
            mask.apply(&mut self.payload[start..]);
        }
        self.check_utf8()
    }

    /// The message, after its last fragment.
    pub(super) fn finish(mut self) -> Result<Message, Failure> {
        if let Some(inflater) = self.inflater.take() {
            inflater.finish(&mut self.payload, self.bytes_max)?;
            self.check_utf8()?;
        }
        if self.kind == MessageKind::Text && self.utf8_checked < self.payload.len() {
            return Err(Failure::Utf8);
        }
        Ok(Message {
            kind: self.kind,
            payload: self.payload,
        })
    }

    /// Fails on the first byte that cannot be part of a character; a character may still be incomplete.
    fn check_utf8(&mut self) -> Result<(), Failure> {
        if self.kind == MessageKind::Binary {
            return Ok(());
        }
        match str::from_utf8(&self.payload[self.utf8_checked..]) {
            Ok(text) => self.utf8_checked += text.len(),
            Err(error) if error.error_len().is_none() => {
                self.utf8_checked += error.valid_up_to();
            }
            Err(_) => return Err(Failure::Utf8),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assemble(pieces: &[&[u8]]) -> Result<Message, (usize, Failure)> {
        let mut assembly = Assembly::new(MessageKind::Text, false, 1024);
        for (at, piece) in pieces.iter().enumerate() {
            assembly
                .push(piece, &mut Mask::default(), 0)
                .map_err(|failure| (at, failure))?;
        }
        assembly.finish().map_err(|failure| (pieces.len(), failure))
    }

    #[test]
    fn a_character_may_be_cut_anywhere() {
        let text = "κόσμε ߿ ࠀ 𐀀 􏿿".as_bytes();
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(assemble(&bytes).expect("valid").payload, text);
    }

    #[test]
    fn bad_utf8_fails_at_the_first_impossible_byte() {
        // Beyond U+10FFFF, a surrogate, an overlong form, a lone continuation, 0xfe.
        for (bytes, at) in [
            (&b"\xf4\x90\x80\x80"[..], 1),
            (b"\xed\xa0\x80", 1),
            (b"\xc0\xaf", 0),
            (b"\xe0\x80\xaf", 1),
            (b"a\x80", 1),
            (b"\xfe", 0),
        ] {
            let pieces: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(assemble(&pieces), Err((at, Failure::Utf8)), "{bytes:02x?}");
        }
    }

    #[test]
    fn a_message_must_not_end_inside_a_character() {
        assert_eq!(assemble(&[b"\xce\xba\xe1\xbd"]), Err((1, Failure::Utf8)));
    }
}
