//! The ledger of what did not arrive.

use super::{LANES_MAX, Lane};

/// What did not arrive in one lane, by reason, in items.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LaneDrops {
    /// Dropped for want of room, by `DropOldest` or `DropNewest`.
    pub full: u64,
    /// Dropped because they outlived the lane's time to live.
    pub stale: u64,
    /// Dropped with their frame, by `DropFrame`.
    pub frame: u64,
    /// Given back to the producer for want of room.
    pub refused: u64,
    /// Given back to the producer because the mailbox was closed.
    pub closed: u64,
}

/// What did not arrive in a mailbox since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drops {
    lanes: [LaneDrops; LANES_MAX],
    count: usize,
}

impl LaneDrops {
    /// Each reason's metric label with its count.
    #[must_use]
    pub fn by_reason(&self) -> [(&'static str, u64); 5] {
        [
            ("full", self.full),
            ("stale", self.stale),
            ("frame", self.frame),
            ("refused", self.refused),
            ("closed", self.closed),
        ]
    }

    /// The sum over all reasons.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.full + self.stale + self.frame + self.refused + self.closed
    }

    pub(super) fn add(&mut self, other: &LaneDrops) {
        self.full += other.full;
        self.stale += other.stale;
        self.frame += other.frame;
        self.refused += other.refused;
        self.closed += other.closed;
    }
}

impl Drops {
    /// The counters of one lane.
    #[must_use]
    pub fn lane<L: Lane>(&self, lane: L) -> LaneDrops {
        self.by_lane()[lane.index()]
    }

    /// The counters of every lane, in the order of `Lane::SPECS`.
    #[must_use]
    pub fn by_lane(&self) -> &[LaneDrops] {
        &self.lanes[..self.count]
    }

    /// The sum over all lanes and reasons.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.by_lane().iter().map(LaneDrops::total).sum()
    }

    pub(super) fn collect(count: usize, of_lane: impl Fn(usize) -> LaneDrops) -> Self {
        let mut lanes = [LaneDrops::default(); LANES_MAX];
        for (lane, drops) in lanes.iter_mut().enumerate().take(count) {
            *drops = of_lane(lane);
        }
        Self { lanes, count }
    }
}
