//! When sound needs protection against loss, and what a publisher is told of it.

use super::slot::Redundancy;
use std::time::Instant;

/// Watches the loss of one direction of one peer and switches protection on and off.
#[derive(Debug, Default)]
pub struct LossPolicy {}

impl LossPolicy {
    /// Of `expected` packets `lost` were lost since the last sample: from TWCC feedback or a receiver report.
    pub fn on_sample(&mut self, now: Instant, lost: u32, expected: u32) {
        let _ = (now, lost, expected);
        todo!()
    }

    /// The smoothed loss, 0 to 1.
    #[must_use]
    pub fn loss(&self) -> f32 {
        todo!()
    }

    /// Towards a subscriber: RED or not. On above 5 % within 2 s, off below 2 %.
    #[must_use]
    pub fn redundancy(&self) -> Redundancy {
        todo!()
    }

    /// From a publisher: whether missing sound is asked for.
    #[must_use]
    pub fn asks_for_audio(&self) -> bool {
        todo!()
    }
}

/// The fraction lost (1/256) to report to a publisher of sound, so that the FEC of its codec covers also the worst of
/// its subscribers: losses 0 to 1.
#[must_use]
pub fn advertised(uplink: f32, worst_subscriber: f32) -> u8 {
    let _ = (uplink, worst_subscriber);
    todo!()
}
