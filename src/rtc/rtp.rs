//! RTP headers (RFC 3550 §5.1) with header extensions (RFC 8285), read in place and written without allocation.

/// The largest header that [`HeaderOut::write`] makes, in bytes.
pub const HEADER_BYTES_MAX: usize = FIXED_BYTES + 4 + 4 + EXTENSION_BYTES_MAX + 3;
/// The largest padding of one packet (RFC 3550 §5.1: its count is one byte), in bytes.
pub const PADDING_BYTES_MAX: usize = 255;

const FIXED_BYTES: usize = 12;
/// Room for the extensions of one outgoing header, each with its two bytes of id and length.
const EXTENSION_BYTES_MAX: usize = 320;
const VERSION: u8 = 2;
const PADDING_BIT: u8 = 0x20;
const EXTENSION_BIT: u8 = 0x10;
const ONE_BYTE_PROFILE: u16 = 0xbede;
const TWO_BYTE_PROFILE: u16 = 0x1000;
/// The low four bits of the two-byte profile are for the application (RFC 8285 §4.3).
const TWO_BYTE_MASK: u16 = 0xfff0;

/// Why bytes are no RTP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RtpError {
    /// The packet ends within its header, or its padding is larger than what it pads.
    #[error("the packet is shorter than it says")]
    Short,
    /// The version is not 2.
    #[error("the version is not 2")]
    Version,
}

/// A header read in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header<'a> {
    /// The last packet of a picture; of audio, the first after silence.
    pub marker: bool,
    /// The payload ends in padding, counted by its last byte. See [`unpad`].
    pub padding: bool,
    /// 0 to 127.
    pub payload_type: u8,
    /// Sequence number.
    pub sequence: u16,
    /// Media time in units of the codec's clock.
    pub timestamp: u32,
    /// The stream.
    pub ssrc: u32,
    csrcs: &'a [u8],
    profile: u16,
    extensions: &'a [u8],
    length: usize,
}

impl<'a> Header<'a> {
    /// Reads the header at the start of `packet`, whose payload may still be encrypted.
    ///
    /// # Errors
    /// When the header does not fit into the packet or is of another version.
    pub fn parse(packet: &'a [u8]) -> Result<Self, RtpError> {
        let (fixed, rest) = packet
            .split_first_chunk::<FIXED_BYTES>()
            .ok_or(RtpError::Short)?;
        if fixed[0] >> 6 != VERSION {
            return Err(RtpError::Version);
        }
        let csrc_bytes = 4 * usize::from(fixed[0] & 0x0f);
        let (csrcs, mut rest) = rest.split_at_checked(csrc_bytes).ok_or(RtpError::Short)?;
        let (mut profile, mut extensions) = (0, &[][..]);
        if fixed[0] & EXTENSION_BIT != 0 {
            let (word, after) = rest.split_first_chunk::<4>().ok_or(RtpError::Short)?;
            let bytes = 4 * usize::from(u16::from_be_bytes([word[2], word[3]]));
            profile = u16::from_be_bytes([word[0], word[1]]);
            (extensions, rest) = after.split_at_checked(bytes).ok_or(RtpError::Short)?;
        }
        Ok(Self {
            marker: fixed[1] & 0x80 != 0,
            padding: fixed[0] & PADDING_BIT != 0,
            payload_type: fixed[1] & 0x7f,
            sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
            timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
            ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
            csrcs,
            profile,
            extensions,
            length: packet.len() - rest.len(),
        })
    }

    /// The header's length in bytes: where the payload begins.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a header is never empty")]
    pub const fn len(&self) -> usize {
        self.length
    }

    /// The contributing sources, at most 15.
    pub fn csrcs(&self) -> impl Iterator<Item = u32> + use<'a> {
        let (csrcs, _) = self.csrcs.as_chunks::<4>();
        csrcs.iter().map(|bytes| u32::from_be_bytes(*bytes))
    }

    /// The header extensions: their local ids and values. What is malformed ends the iteration.
    #[must_use]
    pub const fn extensions(&self) -> Extensions<'a> {
        Extensions {
            form: if self.profile == ONE_BYTE_PROFILE {
                Form::OneByte
            } else if self.profile & TWO_BYTE_MASK == TWO_BYTE_PROFILE {
                Form::TwoByte
            } else {
                Form::Unknown
            },
            rest: self.extensions,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    OneByte,
    TwoByte,
    Unknown,
}

/// Iterates over the extensions of a header: `(id, value)`.
#[derive(Debug, Clone)]
pub struct Extensions<'a> {
    form: Form,
    rest: &'a [u8],
}

impl<'a> Iterator for Extensions<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        // A byte of zero pads in both forms.
        while let [0, rest @ ..] = self.rest {
            self.rest = rest;
        }
        let (id, length, rest) = match (self.form, self.rest) {
            // Id 15 ends a one-byte header (RFC 8285 §4.2).
            (Form::OneByte, [first, rest @ ..]) if first >> 4 != 15 => {
                (first >> 4, usize::from(first & 0x0f) + 1, rest)
            }
            (Form::TwoByte, [id, length, rest @ ..]) => (*id, usize::from(*length), rest),
            _ => {
                self.rest = &[];
                return None;
            }
        };
        let Some((value, rest)) = rest.split_at_checked(length) else {
            self.rest = &[];
            return None;
        };
        self.rest = rest;
        Some((id, value))
    }
}

/// The extensions of an outgoing header, written in the one-byte form when all of them fit it.
#[derive(Debug, Clone)]
pub struct ExtensionsOut {
    /// As the two-byte form has them: id, length, value.
    bytes: [u8; EXTENSION_BYTES_MAX],
    used: usize,
    count: usize,
    two_byte: bool,
}

impl Default for ExtensionsOut {
    fn default() -> Self {
        Self {
            bytes: [0; EXTENSION_BYTES_MAX],
            used: 0,
            count: 0,
            two_byte: false,
        }
    }
}

/// The extension does not fit: its id is 0, or there is no room left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the extension does not fit")]
pub struct ExtensionRefused;

impl ExtensionsOut {
    /// Adds an extension.
    ///
    /// # Errors
    /// When `id` is 0 (not negotiated), or the value does not fit with what is there.
    pub fn push(&mut self, id: u8, value: &[u8]) -> Result<(), ExtensionRefused> {
        let length = u8::try_from(value.len()).map_err(|_| ExtensionRefused)?;
        let room = self.bytes.get_mut(self.used..).unwrap_or_default();
        if id == 0 || room.len() < 2 + value.len() {
            return Err(ExtensionRefused);
        }
        room[0] = id;
        room[1] = length;
        room[2..2 + value.len()].copy_from_slice(value);
        self.used += 2 + value.len();
        self.count += 1;
        self.two_byte |= id > 14 || !(1..=16).contains(&length);
        Ok(())
    }

    /// Whether the two-byte form is needed: peers that did not agree to `extmap-allow-mixed` may not expect it.
    #[must_use]
    pub const fn is_two_byte(&self) -> bool {
        self.two_byte
    }

    /// Whether there is none, so that the header gets no extension block.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn block_bytes(&self) -> usize {
        if self.count == 0 {
            return 0;
        }
        let content = if self.two_byte {
            self.used
        } else {
            self.used - self.count
        };
        4 + content.next_multiple_of(4)
    }

    /// Writes the block at the start of `out`, which is as long as it.
    fn write(&self, out: &mut [u8]) {
        let Some((word, mut content)) = out.split_first_chunk_mut::<4>() else {
            return;
        };
        let profile = if self.two_byte {
            TWO_BYTE_PROFILE
        } else {
            ONE_BYTE_PROFILE
        };
        let words = u16::try_from(content.len() / 4).expect("EXTENSION_BYTES_MAX bounds it");
        word[..2].copy_from_slice(&profile.to_be_bytes());
        word[2..].copy_from_slice(&words.to_be_bytes());
        let mut elements = &self.bytes[..self.used];
        while let [id, length, rest @ ..] = elements {
            let (value, rest) = rest.split_at(usize::from(*length));
            elements = rest;
            let (head, after) = if self.two_byte {
                content.split_at_mut(2)
            } else {
                content.split_at_mut(1)
            };
            match head {
                [both] => *both = id << 4 | (length - 1),
                [id_out, length_out] => (*id_out, *length_out) = (*id, *length),
                _ => {}
            }
            let (value_out, after) = after.split_at_mut(value.len());
            value_out.copy_from_slice(value);
            content = after;
        }
        content.fill(0);
    }
}

/// A header to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeaderOut {
    /// See [`Header::marker`].
    pub marker: bool,
    /// 0 to 127.
    pub payload_type: u8,
    /// Sequence number.
    pub sequence: u16,
    /// Media time.
    pub timestamp: u32,
    /// The stream.
    pub ssrc: u32,
    /// The publishing participant.
    pub csrc: Option<u32>,
    /// The payload ends in padding, which [`pad`] writes.
    pub padding: bool,
}

impl HeaderOut {
    /// How many bytes [`HeaderOut::write`] writes; a multiple of 4.
    #[must_use]
    pub fn bytes(&self, extensions: &ExtensionsOut) -> usize {
        FIXED_BYTES + if self.csrc.is_some() { 4 } else { 0 } + extensions.block_bytes()
    }

    /// Writes the header at the start of `out` and returns its length in bytes.
    ///
    /// # Panics
    /// When `out` is shorter than [`HeaderOut::bytes`]; [`HEADER_BYTES_MAX`] always suffices.
    pub fn write(&self, out: &mut [u8], extensions: &ExtensionsOut) -> usize {
        let length = self.bytes(extensions);
        let out = &mut out[..length];
        out[0] = VERSION << 6 | u8::from(self.csrc.is_some());
        if self.padding {
            out[0] |= PADDING_BIT;
        }
        if !extensions.is_empty() {
            out[0] |= EXTENSION_BIT;
        }
        out[1] = u8::from(self.marker) << 7 | (self.payload_type & 0x7f);
        out[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        out[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        out[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        let mut at = FIXED_BYTES;
        if let Some(csrc) = self.csrc {
            out[at..at + 4].copy_from_slice(&csrc.to_be_bytes());
            at += 4;
        }
        extensions.write(&mut out[at..]);
        length
    }
}

/// Fills `padding`, the tail of a payload, as RFC 3550 §5.1 has it. It is written before encryption; set
/// [`HeaderOut::padding`] with it. An empty slice stays as it is: then the header must not say that there is padding.
///
/// # Panics
/// When `padding` is longer than [`PADDING_BYTES_MAX`].
pub fn pad(padding: &mut [u8]) {
    let count = u8::try_from(padding.len()).expect("PADDING_BYTES_MAX at most");
    if let Some((last, zeros)) = padding.split_last_mut() {
        zeros.fill(0);
        *last = count;
    }
}

/// A decrypted payload without its padding.
///
/// # Errors
/// When the padding is said to be larger than the payload, or empty.
pub fn unpad<'a>(header: &Header<'_>, payload: &'a [u8]) -> Result<&'a [u8], RtpError> {
    if !header.padding {
        return Ok(payload);
    }
    let count = usize::from(*payload.last().ok_or(RtpError::Short)?);
    if count == 0 {
        return Err(RtpError::Short);
    }
    let length = payload.len().checked_sub(count).ok_or(RtpError::Short)?;
    Ok(&payload[..length])
}

#[cfg(test)]
#[path = "rtp_tests.rs"]
mod tests;
