//! How much each lane holds, and what was dropped.

use super::{DropReason, EgressLane};
use std::time::Duration;

/// How long a packet may wait and how many bytes may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneLimit {
    /// The oldest packet that still leaves; a picture that is half out has twice that.
    pub age_max: Duration,
    /// The most bytes.
    pub bytes_max: usize,
}

impl EgressLane {
    /// What it holds at most.
    ///
    /// A keyframe is long compared with the link it must pass and worth waiting for; what is displayed over it is not.
    #[must_use]
    pub const fn limit(self) -> LaneLimit {
        let (age_ms, kib) = match self {
            Self::Control => (500, 64),
            Self::Audio => (60, 32),
            Self::Repair => (600, 1024),
            Self::Base => (300, 1024),
            Self::Enhancement => (150, 1024),
            Self::Data => (2_000, 256),
        };
        LaneLimit {
            age_max: Duration::from_millis(age_ms),
            bytes_max: kib * 1024,
        }
    }

    /// Its name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::Audio => "audio",
            Self::Repair => "repair",
            Self::Base => "base",
            Self::Enhancement => "enhancement",
            Self::Data => "data",
        }
    }
}

impl DropReason {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Age,
        Self::Overflow,
        Self::Stale,
        Self::Superseded,
        Self::Dependency,
        Self::Truncated,
        Self::Late,
    ];

    /// Its name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Age => "age",
            Self::Overflow => "overflow",
            Self::Stale => "stale",
            Self::Superseded => "superseded",
            Self::Dependency => "dependency",
            Self::Truncated => "truncated",
            Self::Late => "late",
        }
    }
}

/// Bytes that wait, which slots have something in which lane, and packets that were dropped.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    bytes: [usize; EgressLane::ALL.len()],
    /// A bit for each slot.
    waiting: [u64; EgressLane::ALL.len()],
    drops: [[u64; DropReason::ALL.len()]; EgressLane::ALL.len()],
    /// A bit for each slot that needs a keyframe.
    pub(super) starved: u64,
}

impl Ledger {
    pub(super) const fn bytes(&self, lane: EgressLane) -> usize {
        self.bytes[lane as usize]
    }

    pub(super) const fn fits(&self, lane: EgressLane, bytes: usize) -> bool {
        self.bytes[lane as usize] + bytes <= lane.limit().bytes_max
    }

    pub(super) const fn add(&mut self, lane: EgressLane, bytes: usize) {
        self.bytes[lane as usize] += bytes;
    }

    pub(super) const fn remove(&mut self, lane: EgressLane, bytes: usize) {
        self.bytes[lane as usize] -= bytes;
    }

    pub(super) const fn set_waiting(&mut self, lane: EgressLane, slot: usize, waits: bool) {
        if waits {
            self.waiting[lane as usize] |= 1 << slot;
        } else {
            self.waiting[lane as usize] &= !(1 << slot);
        }
    }

    pub(super) const fn waiting(&self, lane: EgressLane) -> u64 {
        self.waiting[lane as usize]
    }

    pub(super) const fn count(&mut self, lane: EgressLane, reason: DropReason) {
        self.drops[lane as usize][reason as usize] += 1;
    }

    pub(super) const fn dropped(&self, lane: EgressLane, reason: DropReason) -> u64 {
        self.drops[lane as usize][reason as usize]
    }
}
