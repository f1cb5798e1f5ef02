//! Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).

/// The most packets that one feedback speaks of, sent and received.
pub const PACKETS_MAX: usize = 4_096;
/// The unit of a delta, in microseconds.
pub const TICK_US: i64 = 250;
/// The unit of the reference time, in microseconds.
pub const REFERENCE_US: i64 = 64_000;

/// What arrived and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feedback {
    /// Who says so.
    pub sender_ssrc: u32,
    /// A stream of the transport it speaks of.
    pub media_ssrc: u32,
    /// The transport sequence number of the first packet.
    pub base: u16,
    /// The time that the deltas count from, in [`REFERENCE_US`], 24 bits, wrapping.
    pub reference_time: i32,
    /// Counts the feedbacks, wrapping.
    pub feedback_count: u8,
    /// Per sequence number from `base` on: when it arrived, in microseconds of the receiver's clock (whose origin is
    /// unknown and which wraps with the reference time), or that it did not. At most [`PACKETS_MAX`].
    pub packets: Vec<Option<i64>>,
}

/// Why bytes are no feedback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TwccError {
    /// It ends before all statuses or deltas.
    #[error("the feedback is shorter than it says")]
    Short,
    /// It speaks of more than [`PACKETS_MAX`] packets.
    #[error("the feedback speaks of too many packets")]
    TooManyPackets,
}

impl Feedback {
    /// Builds a feedback of `arrivals` (microseconds of any clock) from `base` on. Returns it and how many of `arrivals`
    /// it covers: fewer than given when a gap in time does not fit (more than 8 s) or there are too many; the rest goes
    /// into another. What it says of `packets` is quantised as the peer will read it. `None` when nothing arrived.
    #[must_use]
    pub fn build(
        sender_ssrc: u32,
        media_ssrc: u32,
        feedback_count: u8,
        base: u16,
        arrivals: &[Option<i64>],
    ) -> Option<(Self, usize)> {
        let _ = (sender_ssrc, media_ssrc, feedback_count, base, arrivals);
        todo!()
    }

    /// Sequence numbers and arrivals.
    pub fn iter(&self) -> impl Iterator<Item = (u16, Option<i64>)> + '_ {
        (0..)
            .map(|offset| self.base.wrapping_add(offset))
            .zip(self.packets.iter().copied())
    }

    /// Reads what follows the two SSRCs' place: the whole body after the common header of RTCP.
    ///
    /// # Errors
    /// When it is cut off or too large.
    pub fn parse(body: &[u8]) -> Result<Self, TwccError> {
        let _ = body;
        todo!()
    }

    /// Appends the body, a multiple of 4 bytes long and without the common header.
    pub fn write(&self, out: &mut Vec<u8>) {
        let _ = out;
        todo!()
    }
}
