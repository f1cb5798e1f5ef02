//! The parts put together.

use super::{Bitrate, Probe, ProbeId};
use crate::sfu::pacer::Pacing;
use std::time::{Duration, Instant};

/// Where an estimate begins and between what it stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EstimatorLimits {
    /// The first estimate.
    pub start: Bitrate,
    /// Never less.
    pub min: Bitrate,
    /// Never more.
    pub max: Bitrate,
}

impl Default for EstimatorLimits {
    fn default() -> Self {
        Self {
            start: Bitrate::from_kbps(300),
            min: Bitrate::from_kbps(30),
            max: Bitrate::from_kbps(100_000),
        }
    }
}

/// The estimator of one subscriber's link.
#[derive(Debug)]
pub struct Estimator {
    _limits: EstimatorLimits,
}

impl Estimator {
    /// An estimator that knows nothing yet.
    #[must_use]
    pub fn new(_now: Instant, limits: EstimatorLimits) -> Self {
        Self { _limits: limits }
    }

    /// A packet left with this transport-wide sequence number (none: its client does not do TWCC), `bytes` on the wire,
    /// as part of a probe or not.
    pub fn on_sent(
        &mut self,
        _now: Instant,
        _twcc: Option<u16>,
        _bytes: usize,
        _probe: Option<ProbeId>,
    ) {
        todo!()
    }

    /// Transport-wide feedback: the arrival time in µs (of the receiver's clock) of the packets from `base` on, or none
    /// for those that have not arrived.
    pub fn on_arrivals(&mut self, _now: Instant, _base: u16, _arrivals: &[Option<i64>]) {
        todo!()
    }

    /// A REMB of the client. It counts only while no TWCC feedback has ever come.
    pub fn on_remb(&mut self, _now: Instant, _remb: Bitrate) {
        todo!()
    }

    /// A receiver report: the fraction lost (0 to 1) since the one before, and the round trip if it could be told.
    pub fn on_report(&mut self, _now: Instant, _lost: f64, _rtt: Option<Duration>) {
        todo!()
    }

    /// What the subscriber could use at most: the sum of the best layers it shows, audio included. Probing stops there.
    pub fn set_wanted(&mut self, _wanted: Bitrate) {
        todo!()
    }

    /// Call it every 25 to 100 ms: notices feedback that stays away and moves what depends on time alone.
    pub fn on_tick(&mut self, _now: Instant) {
        todo!()
    }

    /// The selected path changed: what was learnt of the old one is forgotten, and the new one is probed.
    pub fn on_route_change(&mut self, _now: Instant) {
        todo!()
    }

    /// What the link carries, all packets with their headers counted (IP and UDP too, when `on_sent` counts them). The allocator's budget.
    #[must_use]
    pub fn estimate(&self) -> Bitrate {
        todo!()
    }

    /// How fast the pacer may go now.
    #[must_use]
    pub fn pacing(&self) -> Pacing {
        todo!()
    }

    /// A probe to begin now, if one is due; it then goes to [`crate::sfu::pacer::Pacer::start_probe`].
    pub fn next_probe(&mut self, _now: Instant) -> Option<Probe> {
        todo!()
    }

    /// The smoothed round trip, once known.
    #[must_use]
    pub fn rtt(&self) -> Option<Duration> {
        todo!()
    }

    /// The fraction of packets lost of late, 0 to 1.
    #[must_use]
    pub fn loss(&self) -> f64 {
        todo!()
    }

    /// How long packets wait in the link's queue, as far as their delay tells.
    #[must_use]
    pub fn queueing(&self) -> Duration {
        todo!()
    }
}
