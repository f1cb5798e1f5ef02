//! Which layer each slot of a subscriber gets.

use super::Plane;
use super::egress::SlotSeat;
use super::seats::PeerKey;
use crate::actors::media::port::{Flow, SlotState};
use crate::sfu::allocator::{self, Allocation, SlotDemand, SlotId, TileSize};
use crate::sfu::bandwidth::Bitrate;
use crate::sfu::{MediaKind, Source};
use std::time::Instant;

/// What one filled slot of sound takes, headers and redundancy included.
const SOUND: Bitrate = Bitrate::from_kbps(50);

impl Plane {
    /// Shares what a subscriber's link carries among its slots. Returns what changed for its client.
    pub(in crate::actors::media) fn allocate(
        &mut self,
        peer: PeerKey,
        now: Instant,
    ) -> Vec<SlotState> {
        self.let_go(peer, now);
        let Self { seats, routes, .. } = self;
        let Some(seat) = seats.get_mut(peer) else {
            return Vec::new();
        };
        let egress = &mut seat.egress;
        let slots = (0..).map(SlotId).zip(&egress.slots);
        let demands: Vec<_> = slots
            .filter_map(|(id, slot)| {
                let track = slot.fill.as_ref()?.track;
                demand(id, slot, &routes.get(track)?.layers)
            })
            .collect();
        let sounds = egress.slots.iter().filter(|slot| sounds(slot)).count();
        let sound = Bitrate(SOUND.0 * sounds as u64);
        let budget = egress.estimator.estimate().saturating_sub(sound);
        let wanted = allocator::wanted(&demands) + sound;
        let allocation = allocator::allocate(now, budget, &demands, &egress.allocation);
        egress.rank(peer.index(), &demands);
        let wished = |allocation: &Allocation, id| allocation.slot(id)?.wished;
        let slots = (0..).map(SlotId).zip(&egress.slots);
        let others = slots.filter(|(id, slot)| {
            let (now, before) = (&allocation, &egress.allocation);
            slot.kind == MediaKind::Video && wished(now, *id) != wished(before, *id)
        });
        let tracks = others.filter_map(|(_, slot)| Some(slot.fill.as_ref()?.track));
        let mut changed: Vec<_> = tracks.collect();
        egress.allocation = allocation;
        changed.extend(egress.aim(routes, &self.shares));
        egress.estimator.set_wanted(wanted);
        egress.wanted = wanted;
        let states = egress.slots.iter_mut().filter_map(SlotSeat::news).collect();
        changed.sort_unstable_by_key(|track| track.track);
        changed.dedup();
        for track in changed {
            self.tell_watched(track);
        }
        states
    }
}

/// Whether a slot gets sound.
fn sounds(slot: &SlotSeat) -> bool {
    slot.kind == MediaKind::Audio && slot.published().is_some()
}

/// What a slot of video that is shown asks for.
fn demand<'a>(
    id: SlotId,
    slot: &SlotSeat,
    layers: &'a [allocator::LayerRate],
) -> Option<SlotDemand<'a>> {
    let (fill, tile) = (slot.fill.as_ref()?, slot.tile.as_ref()?);
    let published = fill.published.as_ref()?;
    slot.profile.accepts(&published.codec)?;
    (slot.kind == MediaKind::Video).then_some(SlotDemand {
        slot: id,
        track: fill.track.track,
        screen: published.source == Source::Screen,
        pinned: tile.pinned,
        priority: tile.priority,
        tile: TileSize {
            width: tile.width,
            height: tile.height,
        },
        layers,
    })
}

impl SlotSeat {
    /// What it shows now, if its client was told otherwise.
    fn news(&mut self) -> Option<SlotState> {
        let flow = self.flow();
        let track = self.fill.as_ref().map(|fill| fill.track.track);
        if self.told == (track, flow) {
            return None;
        }
        self.told = (track, flow);
        let mid = self.mid.clone();
        Some(SlotState { mid, track, flow })
    }
}

impl Flow {
    /// The encoding that flows, if any.
    #[must_use]
    pub fn encoding(self) -> Option<crate::sfu::Encoding> {
        match self {
            Self::Live(encoding) => Some(encoding),
            Self::Paused(_) | Self::Empty => None,
        }
    }
}
