//! Which layer each of a subscriber's video slots gets out of its bandwidth.
//!
//! A pure function of the budget, what is shown, what arrives and the allocation before.

mod demand;

pub use demand::{Allocation, Layer, LayerRate, SlotAllocation, SlotDemand, SlotId, TileSize};

use super::bandwidth::Bitrate;
use std::time::Instant;

/// The most video slots of one subscriber.
pub const SLOTS_MAX: usize = 64;

/// The most layers of one publication: what is beyond is not considered.
pub const LAYERS_MAX: usize = 32;

/// Shares `budget` (what the estimate leaves for video) among the demands.
#[must_use]
pub fn allocate(
    _now: Instant,
    _budget: Bitrate,
    _demands: &[SlotDemand<'_>],
    _previous: &Allocation,
) -> Allocation {
    todo!()
}

/// What all demands together could use: the best layer of each that its tile can show.
#[must_use]
pub fn wanted(_demands: &[SlotDemand<'_>]) -> Bitrate {
    todo!()
}
