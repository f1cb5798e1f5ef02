//! What goes into an allocation and what comes out.

use crate::sfu::{Encoding, TrackId, bandwidth::Bitrate};
use std::time::{Duration, Instant};

/// A slot of one subscriber, counted by its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotId(pub u16);

/// A layer of a publication. The order is that of quality: encoding, then spatial, then temporal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Layer {
    /// The simulcast encoding.
    pub encoding: Encoding,
    /// The spatial layer within it, 0 without SVC.
    pub spatial: u8,
    /// The temporal layer within it, 0 without.
    pub temporal: u8,
}

/// Width and height in pixels. Zero in both: not known, or no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TileSize {
    /// Pixels across.
    pub width: u16,
    /// Pixels down.
    pub height: u16,
}

impl TileSize {
    /// Whether a picture of this size has to be scaled down to fill `tile`, in both directions.
    #[must_use]
    pub const fn exceeds(self, tile: Self) -> bool {
        let limited = tile.width > 0 && tile.height > 0;
        limited && self.width > tile.width && self.height > tile.height
    }

    /// Whether a picture fills `tile` that would have had to be scaled down for this one.
    pub(super) const fn grows_to(self, tile: Self) -> bool {
        let limited = self.width > 0 && self.height > 0;
        let unlimited = tile.width == 0 || tile.height == 0;
        limited && (unlimited || tile.width > self.width || tile.height > self.height)
    }
}

/// A layer of a publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerRate {
    /// The layer.
    pub layer: Layer,
    /// The rate of this layer together with all it depends on, as last measured; zero if it never was.
    pub bitrate: Bitrate,
    /// The size of its pictures.
    pub size: TileSize,
    /// Whether packets of it have come of late. Others are wished for at most, never sent.
    pub arriving: bool,
}

/// What one slot shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotDemand<'a> {
    /// The slot.
    pub slot: SlotId,
    /// The publication in it.
    pub track: TrackId,
    /// A screen share: above every camera.
    pub screen: bool,
    /// Pinned by the viewer: above what is not.
    pub pinned: bool,
    /// The viewer's priority, higher first.
    pub priority: u8,
    /// The size of the tile.
    pub tile: TileSize,
    /// The publication's layers, in any order.
    pub layers: &'a [LayerRate],
}

/// What one slot gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotAllocation {
    /// The slot.
    pub slot: SlotId,
    /// The publication in it.
    pub track: TrackId,
    /// The layer to send, or none: paused.
    pub layer: Option<Layer>,
    /// The layer that the budget allows, arriving or not. The publisher must send its encoding as long as somebody wishes
    /// for it.
    pub wished: Option<Layer>,
    /// When the slot got this publication, or a larger tile.
    pub(super) filled: Instant,
    /// What it was shown at.
    pub(super) tile: TileSize,
    /// When `wished` last changed, and how.
    pub(super) changed: Instant,
    pub(super) rose: bool,
    /// Since when a better layer has been affordable.
    pub(super) climbing: Option<Instant>,
    /// How long after a change it does not rise.
    pub(super) hold: Duration,
}

/// Why a slot is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PauseReason {
    /// The subscriber's bandwidth does not carry it.
    Bandwidth,
    /// None of the layers it may have arrives from the publisher.
    NotArriving,
}

impl SlotAllocation {
    /// Why nothing is sent, if so.
    #[must_use]
    pub const fn paused(&self) -> Option<PauseReason> {
        match (self.layer, self.wished) {
            (Some(_), _) => None,
            (None, Some(_)) => Some(PauseReason::NotArriving),
            (None, None) => Some(PauseReason::Bandwidth),
        }
    }
}

/// What every slot gets, and what the next allocation must remember.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Allocation {
    /// In the order of the demands.
    pub slots: Vec<SlotAllocation>,
    /// Since when a little more is sent than the budget.
    pub(super) over: Option<Instant>,
    /// When a slot last rose.
    pub(super) raised: Option<Instant>,
}

impl Allocation {
    /// What this slot gets.
    #[must_use]
    pub fn slot(&self, slot: SlotId) -> Option<&SlotAllocation> {
        self.slots.iter().find(|it| it.slot == slot)
    }

    /// The layer to send in a slot: none when it is paused or unknown.
    #[must_use]
    pub fn layer(&self, slot: SlotId) -> Option<Layer> {
        self.slot(slot)?.layer
    }
}
