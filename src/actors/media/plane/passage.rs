//! Streams that nobody is sent under overload are given up before they cost anything: by their header, before decryption.

/// Whether the packets of one stream are given up. It begins and ends between frames, so that frames are whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passage {
    /// They pass; the timestamp of the last, if there was one.
    Open(Option<u32>),
    /// They are given up.
    Shut {
        /// The timestamp of the last.
        timestamp: u32,
        /// This is the first of them.
        first: bool,
        /// How many there were.
        count: u32,
    },
}

/// One in so many packets of a stream that is shed is opened all the same, so that its roll-over counter stays known
/// (RFC 3711 §3.3.1: it is lost after 2^15 packets).
const SAMPLE_EVERY: u32 = 4_096;

impl Default for Passage {
    fn default() -> Self {
        Self::Open(None)
    }
}

impl Passage {
    /// Takes in the next packet of the stream, which is to be given up or not.
    pub(super) fn step(&mut self, shed: bool, timestamp: u32) {
        *self = match *self {
            Self::Open(Some(last)) if shed && last != timestamp => Self::Shut {
                timestamp,
                first: true,
                count: 1,
            },
            Self::Open(_) => Self::Open(Some(timestamp)),
            Self::Shut {
                timestamp: last, ..
            } if !shed && last != timestamp => Self::Open(Some(timestamp)),
            Self::Shut { count, .. } => Self::Shut {
                timestamp,
                first: false,
                count: count.wrapping_add(1),
            },
        }
    }

    /// Whether the packet is given up.
    pub(super) fn is_shut(self) -> bool {
        matches!(self, Self::Shut { .. })
    }

    /// Whether it is opened although it is given up.
    pub(super) fn is_sample(self) -> bool {
        matches!(self, Self::Shut { count, .. } if count.is_multiple_of(SAMPLE_EVERY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_given_up_whole() {
        let mut passage = Passage::default();
        let mut step = |shed, timestamp| {
            passage.step(shed, timestamp);
            passage.is_shut()
        };
        assert!(!step(false, 1));
        assert!(!step(true, 1), "the rest of the frame that was begun");
        assert!(step(true, 2));
        assert!(step(false, 2), "the rest of the frame that was given up");
        assert!(!step(false, 3));
    }

    #[test]
    fn a_shed_stream_is_sampled() {
        let mut passage = Passage::Open(Some(0));
        let samples = (1..=2 * SAMPLE_EVERY).filter(|timestamp| {
            passage.step(true, *timestamp);
            passage.is_sample()
        });
        assert_eq!(samples.count(), 2);
    }
}
