//! What every packet of the harness carries inside its payload: which stream, where in it, and when it was sent.

/// Bytes of a stamp.
pub(crate) const STAMP_BYTES: usize = 28;
/// First bytes of a stamp; anything else was not written by this harness.
const MAGIC: u16 = 0x6772;

/// The stamp of one packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Which stream of the run: a publication's one encoding.
    pub(crate) stream: StreamId,
    /// What it is part of.
    pub(crate) kind: Kind,
    /// Counts the stream's packets from 0.
    pub(crate) sequence: u32,
    /// The frame (video) or talk spurt (audio) it belongs to, from 0.
    pub(crate) group: u32,
    /// Its place in the group.
    pub(crate) part: u16,
    /// Packets of the group; 0 when the end is not known yet.
    pub(crate) parts: u16,
    /// When it was sent, microseconds of the monotonic clock.
    pub(crate) sent_us: u64,
}

/// A stream of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct StreamId(pub(crate) u32);

/// What a packet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// 20 ms of speech.
    Speech,
    /// Comfort noise between talk spurts.
    Comfort,
    /// Part of a frame that needs no other.
    KeyFrame,
    /// Part of a frame that needs the one before.
    DeltaFrame,
}

impl Stamp {
    /// Writes the stamp to the front of `out`.
    ///
    /// # Panics
    /// When `out` is shorter than [`STAMP_BYTES`]: payloads are made long enough.
    pub(crate) fn write(&self, out: &mut [u8]) {
        out[..2].copy_from_slice(&MAGIC.to_be_bytes());
        out[2] = match self.kind {
            Kind::Speech => 0,
            Kind::Comfort => 1,
            Kind::KeyFrame => 2,
            Kind::DeltaFrame => 3,
        };
        out[3] = 0;
        out[4..8].copy_from_slice(&self.stream.0.to_be_bytes());
        out[8..12].copy_from_slice(&self.sequence.to_be_bytes());
        out[12..16].copy_from_slice(&self.group.to_be_bytes());
        out[16..18].copy_from_slice(&self.part.to_be_bytes());
        out[18..20].copy_from_slice(&self.parts.to_be_bytes());
        out[20..28].copy_from_slice(&self.sent_us.to_be_bytes());
    }

    /// Reads a stamp from the front of a payload; `None` when there is none.
    pub(crate) fn read(payload: &[u8]) -> Option<Self> {
        let u16_at = |at: usize| Some(u16::from_be_bytes(*payload.get(at..)?.first_chunk()?));
        let u32_at = |at: usize| Some(u32::from_be_bytes(*payload.get(at..)?.first_chunk()?));
        if u16_at(0)? != MAGIC {
            return None;
        }
        Some(Self {
            kind: match *payload.get(2)? {
                0 => Kind::Speech,
                1 => Kind::Comfort,
                2 => Kind::KeyFrame,
                3 => Kind::DeltaFrame,
                _ => return None,
            },
            stream: StreamId(u32_at(4)?),
            sequence: u32_at(8)?,
            group: u32_at(12)?,
            part: u16_at(16)?,
            parts: u16_at(18)?,
            sent_us: u64::from_be_bytes(*payload.get(20..)?.first_chunk()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for kind in [
            Kind::Speech,
            Kind::Comfort,
            Kind::KeyFrame,
            Kind::DeltaFrame,
        ] {
            let stamp = Stamp {
                stream: StreamId(7),
                kind,
                sequence: u32::MAX,
                group: 3,
                part: 2,
                parts: 9,
                sent_us: 1 << 50,
            };
            let mut bytes = [0; STAMP_BYTES + 4];
            stamp.write(&mut bytes);
            assert_eq!(Stamp::read(&bytes), Some(stamp));
            assert_eq!(Stamp::read(&bytes[..STAMP_BYTES - 1]), None);
            bytes[0] ^= 1;
            assert_eq!(Stamp::read(&bytes), None);
        }
    }
}
