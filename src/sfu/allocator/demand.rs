//! What goes into an allocation and what comes out.

use crate::sfu::{Encoding, TrackId, bandwidth::Bitrate};
use std::time::Instant;

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

/// A layer of a publication as it arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerRate {
    /// The layer.
    pub layer: Layer,
    /// The measured rate of this layer together with all it depends on.
    pub bitrate: Bitrate,
    /// The size of its pictures.
    pub size: TileSize,
    /// Whether packets of it have come of late. Others are never chosen.
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
    /// The publication's layers, the smallest first.
    pub layers: &'a [LayerRate],
}

/// What one slot gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotAllocation {
    /// The slot.
    pub slot: SlotId,
    /// The publication in it.
    pub track: TrackId,
    /// The layer, or none: paused.
    pub layer: Option<Layer>,
    /// When this layer was chosen.
    pub since: Instant,
}

/// What every slot gets, and what the next allocation must remember.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Allocation {
    /// In the order of the demands.
    pub slots: Vec<SlotAllocation>,
}

impl Allocation {
    /// The layer of a slot: none when it is paused or unknown.
    #[must_use]
    pub fn layer(&self, slot: SlotId) -> Option<Layer> {
        self.slots.iter().find(|it| it.slot == slot)?.layer
    }
}
