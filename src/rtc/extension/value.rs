//! The values of the small extensions. Each reader takes the value's bytes and gives nothing for a malformed one.

/// The longest mid or rid that is read, in bytes: the length of a one-byte extension.
const NAME_BYTES_MAX: usize = 16;

/// A mid or rid: printable ASCII without spaces.
#[must_use]
pub fn name(value: &[u8]) -> Option<&str> {
    // Some senders pad a name with zeros.
    let end = value.iter().position(|byte| *byte == 0);
    let value = &value[..end.unwrap_or(value.len())];
    let legal =
        (1..=NAME_BYTES_MAX).contains(&value.len()) && value.iter().all(u8::is_ascii_graphic);
    legal.then(|| str::from_utf8(value).ok()).flatten()
}

/// How loud the sound of a packet is (RFC 6464).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioLevel {
    /// The sender thinks that this is speech.
    pub voice: bool,
    /// Decibels below overload: 0 is the loudest, 127 silence.
    pub dbov: u8,
}

impl AudioLevel {
    /// Reads the extension's value.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let byte = *value.first()?;
        Some(Self {
            voice: byte & 0x80 != 0,
            dbov: byte & 0x7f,
        })
    }

    /// The extension's value.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 1] {
        [(self.voice as u8) << 7 | (self.dbov & 0x7f)]
    }
}

/// The number of a packet among all that a transport sent, wrapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransportSequence(pub u16);

impl TransportSequence {
    /// Reads the extension's value.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        Some(Self(u16::from_be_bytes(*value.first_chunk()?)))
    }

    /// The extension's value.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 2] {
        self.0.to_be_bytes()
    }
}

/// When a packet was sent, in 1/2^18 s, wrapping every 64 s: 24 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AbsSendTime(u32);

impl AbsSendTime {
    /// Of a time of any origin, in microseconds.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        // The integer part wraps after 64 s anyway, and so the product fits.
        Self((((micros % 64_000_000) << 18) / 1_000_000) as u32)
    }

    /// The time within its 64 s, in microseconds.
    #[must_use]
    pub const fn micros(self) -> u64 {
        (self.0 as u64 * 1_000_000) >> 18
    }

    /// Reads the extension's value.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let [a, b, c] = *value.first_chunk()?;
        Some(Self(u32::from_be_bytes([0, a, b, c])))
    }

    /// The extension's value.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 3] {
        let [_, a, b, c] = self.0.to_be_bytes();
        [a, b, c]
    }
}

/// When the first sample of a packet was captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AbsCaptureTime {
    /// The capturer's clock as NTP: seconds since 1900 in 1/2^32.
    pub ntp: u64,
    /// What to add to get the sender's clock, in 1/2^32 s, if the sender knows.
    pub clock_offset: Option<i64>,
}

impl AbsCaptureTime {
    /// Reads the extension's value: 8 or 16 bytes.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let (ntp, rest) = value.split_first_chunk()?;
        Some(Self {
            ntp: u64::from_be_bytes(*ntp),
            clock_offset: rest.first_chunk().map(|bytes| i64::from_be_bytes(*bytes)),
        })
    }

    /// Writes the extension's value to the start of `out` and returns what was written.
    #[must_use]
    pub fn write(self, out: &mut [u8; 16]) -> &[u8] {
        out[..8].copy_from_slice(&self.ntp.to_be_bytes());
        let Some(offset) = self.clock_offset else {
            return &out[..8];
        };
        out[8..].copy_from_slice(&offset.to_be_bytes());
        out
    }
}

/// How a picture must be turned clockwise before it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// Not at all.
    None,
    /// 90 degrees.
    Quarter,
    /// 180 degrees.
    Half,
    /// 270 degrees.
    ThreeQuarters,
}

/// Coordination of video orientation (3GPP TS 26.114 §7.4.5): one byte `0000CFRR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VideoOrientation(pub u8);

impl VideoOrientation {
    /// Reads the extension's value.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        value.first().map(|byte| Self(byte & 0x0f))
    }

    /// The extension's value.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 1] {
        [self.0]
    }

    /// How to turn the picture.
    #[must_use]
    pub const fn rotation(self) -> Rotation {
        match self.0 & 3 {
            0 => Rotation::None,
            1 => Rotation::Quarter,
            2 => Rotation::Half,
            _ => Rotation::ThreeQuarters,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_values_are_read_and_written() {
        let level = AudioLevel {
            voice: true,
            dbov: 42,
        };
        assert_eq!(AudioLevel::parse(&[0xaa]), Some(level));
        assert_eq!(level.to_bytes(), [0xaa]);
        assert_eq!(
            TransportSequence::parse(&[0x12, 0x34]),
            Some(TransportSequence(0x1234))
        );
        assert_eq!(TransportSequence(0x1234).to_bytes(), [0x12, 0x34]);
        let orientation = VideoOrientation::parse(&[0xf3]).unwrap();
        assert_eq!(orientation.rotation(), Rotation::ThreeQuarters);
        assert_eq!(orientation.to_bytes(), [0x03]);
    }

    #[test]
    fn send_times_wrap_after_64_seconds() {
        let time = AbsSendTime::from_micros(65_500_000);
        assert_eq!(time.to_bytes(), [0x06, 0x00, 0x00]);
        assert_eq!(AbsSendTime::parse(&time.to_bytes()), Some(time));
        assert_eq!(time.micros(), 1_500_000);
        let last = AbsSendTime::from_micros(u64::MAX);
        assert!(last.micros() < 64_000_000);
    }

    #[test]
    fn capture_times_have_an_offset_or_not() {
        let mut out = [0; 16];
        for clock_offset in [None, Some(-1)] {
            let time = AbsCaptureTime {
                ntp: 0x0102_0304_0506_0708,
                clock_offset,
            };
            let bytes = time.write(&mut out);
            assert_eq!(bytes.len(), if clock_offset.is_some() { 16 } else { 8 });
            assert_eq!(AbsCaptureTime::parse(bytes), Some(time));
        }
    }

    #[test]
    fn names_are_printable() {
        assert_eq!(name(b"q"), Some("q"));
        assert_eq!(name(b"mid\0\0"), Some("mid"));
        for bad in [&b""[..], b"\0", b"a b", b"\xff", b"12345678901234567"] {
            assert_eq!(name(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn short_values_are_refused() {
        assert_eq!(AudioLevel::parse(&[]), None);
        assert_eq!(TransportSequence::parse(&[1]), None);
        assert_eq!(AbsSendTime::parse(&[1, 2]), None);
        assert_eq!(AbsCaptureTime::parse(&[0; 7]), None);
        assert_eq!(VideoOrientation::parse(&[]), None);
    }
}
