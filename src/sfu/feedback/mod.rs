//! What a publisher is told of its own link: transport-wide feedback, and REMB for publishers without it.

use super::bandwidth::Bitrate;
use std::time::Instant;

/// The arrivals of one publisher's packets, by transport-wide sequence number.
#[derive(Debug)]
pub struct ArrivalLog {}

impl ArrivalLog {
    /// An empty log; times of arrival count from `epoch`.
    #[must_use]
    pub fn new(_epoch: Instant) -> Self {
        Self {}
    }

    /// A packet arrived and was authentic: at the kernel's time if known. `bytes` on the wire.
    pub fn record(&mut self, _arrived: Instant, _twcc: u16, _bytes: usize) {
        todo!()
    }
}

/// Receive-side estimation for a publisher without TWCC.
#[derive(Debug)]
pub struct RembEstimator {}

impl RembEstimator {
    /// Nothing received yet.
    #[must_use]
    pub fn new(_now: Instant) -> Self {
        Self {}
    }

    /// An RTP packet arrived: its timestamp in units of `clock_rate` per second, `bytes` on the wire.
    pub fn on_packet(
        &mut self,
        _arrived: Instant,
        _timestamp: u32,
        _clock_rate: u32,
        _bytes: usize,
    ) {
        todo!()
    }

    /// The fraction lost (0 to 1) over the last report interval.
    pub fn on_loss(&mut self, _now: Instant, _lost: f64) {
        todo!()
    }

    /// The REMB to send now, if one is due.
    pub fn remb(&mut self, _now: Instant) -> Option<Bitrate> {
        todo!()
    }
}
