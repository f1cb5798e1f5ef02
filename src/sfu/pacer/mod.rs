//! When a subscriber's packets leave.
//!
//! A leaky bucket per subscriber: it evens out bursts so that they do not fill the link's queue. It holds no packets:
//! they stay in the egress lanes until it lets them go. Audio and control are never held back, but they are counted.

use super::bandwidth::{Bitrate, Probe, ProbeId};
use std::time::{Duration, Instant};

/// How fast a pacer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pacing {
    /// With little queued.
    pub rate: Bitrate,
    /// The most, when much is queued.
    pub rate_max: Bitrate,
}

/// Whether a packet may be held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Video, padding, data: waits its turn.
    Paced,
    /// Audio and control: leaves at once, yet counts.
    Exempt,
}

/// The pacer of one subscriber.
#[derive(Debug)]
pub struct Pacer {
    _pacing: Pacing,
}

impl Pacer {
    /// A pacer with an empty bucket.
    #[must_use]
    pub fn new(_now: Instant, pacing: Pacing) -> Self {
        Self { _pacing: pacing }
    }

    /// What the estimator says now.
    pub fn set_pacing(&mut self, _now: Instant, _pacing: Pacing) {
        todo!()
    }

    /// The bytes queued in the paced lanes: the more, the closer to the highest rate.
    pub fn set_backlog(&mut self, _now: Instant, _bytes: u64) {
        todo!()
    }

    /// Whether a paced packet may leave now.
    #[must_use]
    pub fn may_send(&mut self, _now: Instant) -> bool {
        todo!()
    }

    /// A packet left, with `bytes` on the wire.
    pub fn on_sent(&mut self, _now: Instant, _bytes: usize, _pace: Pace) {
        todo!()
    }

    /// How long until the next paced packet may leave; zero when it may now.
    #[must_use]
    pub fn until_next(&mut self, _now: Instant) -> Duration {
        todo!()
    }

    /// Begins a probe: until it has all its bytes and packets, packets leave at its rate.
    pub fn start_probe(&mut self, _now: Instant, _probe: Probe) {
        todo!()
    }

    /// The probe of which a packet that leaves now is a part.
    #[must_use]
    pub fn probe(&self) -> Option<ProbeId> {
        todo!()
    }

    /// Bytes of padding to send now because the lanes are empty while a probe runs. Zero otherwise.
    #[must_use]
    pub fn padding_due(&mut self, _now: Instant) -> usize {
        todo!()
    }
}
