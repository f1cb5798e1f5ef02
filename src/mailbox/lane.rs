//! What a lane is: its place, its limits and what happens when it is full.

use std::time::Duration;

/// The most lanes a mailbox may have.
pub const LANES_MAX: usize = 8;

/// The lanes of a mailbox: an enum with one variant per lane.
pub trait Lane: Copy + Eq + 'static {
    /// One entry per lane, the most urgent first. One to [`LANES_MAX`] entries, each with room for an item: checked at
    /// compile time.
    const SPECS: &'static [LaneSpec];

    /// The lane's place in [`Lane::SPECS`].
    fn index(self) -> usize;
}

/// The limits of one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneSpec {
    /// The name in metrics.
    pub name: &'static str,
    /// The most items it holds. The hot backend preallocates them.
    pub items_max: usize,
    /// The most bytes it holds, as [`Item::bytes`] counts them. An item over this alone is refused by every policy.
    pub bytes_max: usize,
    /// An item older than this is dropped instead of delivered.
    pub ttl: Option<Duration>,
    /// What happens to a push that finds no room.
    pub overflow: Overflow,
}

/// What a full lane does with one more item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overflow {
    /// Gives it back: the producer must act.
    Refuse,
    /// Drops from the front until it fits: the newest matter.
    DropOldest,
    /// Drops it: the queued matter.
    DropNewest,
    /// Drops the expired items at the front, then refuses if that was not enough.
    DropStale,
    /// Drops whole frames, the oldest first: everything queued with the oldest item's [`Item::frame`], and whatever of
    /// that frame is pushed later. An item that belongs to no frame is a frame of its own.
    DropFrame,
}

/// What a mailbox must know of an item. Both answers must be cheap, must not panic and must not call
/// the mailbox.
pub trait Item {
    /// The bytes it stands for. Asked once, when it is pushed.
    fn bytes(&self) -> usize;

    /// The media frame it is a part of, for [`Overflow::DropFrame`]. The answer must not change.
    fn frame(&self) -> Option<u64> {
        None
    }
}

pub(super) const fn check(specs: &[LaneSpec]) {
    assert!(!specs.is_empty(), "a mailbox has at least one lane");
    assert!(
        specs.len() <= LANES_MAX,
        "a mailbox has at most LANES_MAX lanes"
    );
    let mut lane = 0;
    while lane < specs.len() {
        assert!(specs[lane].items_max > 0, "a lane holds at least one item");
        lane += 1;
    }
}
