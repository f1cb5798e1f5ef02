//! What each slot is spared while the thread cannot carry all pictures ([`crate::sfu::shedding`]).
//!
//! The allocation of each subscriber stays what its link allows; this takes from it, slot by slot. Sound is not touched.

use super::Plane;
use super::egress::{Egress, SlotSeat};
use super::routes::Routes;
use crate::actors::media::port::TrackKey;
use crate::sfu::allocator::{Allocation, Layer, LayerRate, SlotDemand, SlotId};
use crate::sfu::bandwidth::Bitrate;
use crate::sfu::lanes::SlotIndex;
use crate::sfu::selector::Target;
use crate::sfu::shedding::{Class, Demand, Load, Shares, rank};
use crate::sfu::{MediaKind, Source};
use std::cmp::Reverse;
use std::time::Instant;

/// How much of what its link allows a slot gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Carriage {
    Whole,
    /// The smallest encoding.
    Base,
    Nothing,
}

impl Plane {
    /// Takes in how the thread did, and gives up pictures or takes them back.
    pub fn observe(&mut self, now: Instant, load: Load) {
        let was_shedding = self.shedder.is_shedding();
        self.shedder.observe(now, load);
        let percent = (1.0 - self.shedder.part()) * 100.0;
        self.figures.shedding.set(percent as u64);
        if was_shedding || self.shedder.is_shedding() {
            self.relieve();
        }
    }

    /// Shares out what is carried among all slots, at once: an overload does not wait for each subscriber's turn.
    fn relieve(&mut self) {
        let Self { seats, routes, .. } = self;
        let mut demand = Demand::default();
        for seat in seats.iter_mut() {
            seat.egress.ask(routes, &mut demand);
        }
        self.shares = Shares::of(self.shedder.part(), demand);
        let mut changed = Vec::new();
        for seat in seats.iter_mut() {
            changed.extend(seat.egress.aim(routes, &self.shares));
        }
        for route in routes.iter_mut() {
            route.carried = 0;
        }
        for seat in seats.iter_mut() {
            for (track, carried) in seat.egress.carried() {
                if let Some(route) = routes.get_mut(track) {
                    route.carried |= carried;
                }
            }
        }
        changed.sort_unstable_by_key(|key: &TrackKey| (key.call, key.track));
        changed.dedup();
        for track in changed {
            self.tell_watched(track);
        }
    }
}

impl Egress {
    /// Ranks the slots that are shown, the most important first.
    pub(super) fn rank(&mut self, viewer: u32, demands: &[SlotDemand<'_>]) {
        let mut order: Vec<_> = demands.iter().collect();
        order.sort_by_key(|it| Reverse((it.screen, it.pinned, it.priority)));
        let count = order.len();
        for (place, demand) in order.into_iter().enumerate() {
            if let Some(slot) = self.slots.get_mut(usize::from(demand.slot.0)) {
                slot.rank = rank(viewer, place, count);
            }
        }
    }

    /// Adds what its slots would take if all were carried.
    fn ask(&self, routes: &Routes, demand: &mut Demand) {
        for (id, slot) in (0..).map(SlotId).zip(&self.slots) {
            let wished = self.allocation.slot(id).and_then(|it| it.wished);
            let Some((track, wished)) = slot.fill.as_ref().map(|it| it.track).zip(wished) else {
                continue;
            };
            let layers = routes.get(track).map_or(&[][..], |it| &it.layers);
            let rate = |layer| rate(layers, layer);
            if slot.is_screen() {
                demand.add(Class::Screen, rate(wished));
                continue;
            }
            let whole = rate(wished);
            let base = smallest(layers, |_| true).map_or(whole, rate).min(whole);
            demand.add(Class::Base, base);
            demand.add(Class::Enhancement, whole.saturating_sub(base));
        }
    }

    /// Points each slot at what it gets. Returns the publications of those that changed.
    pub(super) fn aim(&mut self, routes: &Routes, shares: &Shares) -> Vec<TrackKey> {
        let mut changed = Vec::new();
        let Self {
            slots,
            lanes,
            allocation,
            ..
        } = self;
        let indices = (0..).map(SlotId).zip((0..).map(SlotIndex));
        for ((id, index), slot) in indices.zip(slots) {
            let track = slot.fill.as_ref().map(|it| it.track);
            let Some(track) = track.filter(|_| slot.kind == MediaKind::Video) else {
                continue;
            };
            let allocated = allocation.layer(id);
            let carriage = slot.carriage(shares);
            let layers = routes.get(track).map_or(&[][..], |it| &it.layers);
            let layer = allocated.and_then(|layer| carriage.of(layer, layers));
            let spared = (carriage == Carriage::Base).then(|| smallest(layers, |_| true));
            slot.spared = spared.flatten().map(|layer| layer.encoding);
            slot.is_carried = carriage != Carriage::Nothing;
            let target = layer.map(|layer| Target {
                track: track.track,
                encoding: layer.encoding,
                spatial: layer.spatial,
                temporal: layer.temporal,
            });
            if target == slot.selector.target() {
                continue;
            }
            changed.push(track);
            match target {
                None if allocated.is_some() => slot.selector.finish(),
                None => {
                    slot.show(None);
                    lanes.clear(index);
                }
                Some(_) => slot.show(target),
            }
        }
        changed
    }

    /// The encodings of each publication that its slots take or wait for, one bit each.
    fn carried(&self) -> impl Iterator<Item = (TrackKey, u8)> {
        let slots = (0..).map(SlotId).zip(&self.slots);
        slots.filter_map(|(id, slot)| {
            let track = slot.fill.as_ref()?.track;
            let whole = slot.is_carried && slot.spared.is_none();
            let wished = |allocation: &Allocation| allocation.slot(id)?.wished;
            let wished = wished(&self.allocation).filter(|_| whole);
            let targets = [slot.selector.target(), slot.selector.current()];
            let taken = targets.into_iter().flatten();
            let encodings = taken
                .filter(|it| it.track == track.track)
                .map(|it| it.encoding)
                .chain(slot.spared)
                .chain(wished.map(|it| it.encoding));
            Some((track, encodings.fold(0, |all, it| all | it.bit())))
        })
    }
}

impl SlotSeat {
    fn is_screen(&self) -> bool {
        self.published()
            .is_some_and(|it| it.source == Source::Screen)
    }

    fn carriage(&self, shares: &Shares) -> Carriage {
        let carry = |class| shares.carry(class, self.rank);
        if self.is_screen() {
            return if carry(Class::Screen) {
                Carriage::Whole
            } else {
                Carriage::Nothing
            };
        }
        match (carry(Class::Base), carry(Class::Enhancement)) {
            (false, _) => Carriage::Nothing,
            (true, false) => Carriage::Base,
            (true, true) => Carriage::Whole,
        }
    }
}

impl Carriage {
    /// What becomes of a layer that the link allows.
    fn of(self, layer: Layer, layers: &[LayerRate]) -> Option<Layer> {
        match self {
            Self::Whole => Some(layer),
            Self::Nothing => None,
            Self::Base => {
                // One that nobody watched has to be sent first.
                let arriving = smallest(layers, |it| it.arriving)?;
                let lower = arriving.min(layer);
                let is_base = smallest(layers, |_| true).map(|it| it.encoding);
                (Some(lower.encoding) == is_base).then_some(lower)
            }
        }
    }
}

/// The smallest encoding of a publication, at its full rate of pictures, of the layers that count.
fn smallest(layers: &[LayerRate], counts: impl Fn(&LayerRate) -> bool) -> Option<Layer> {
    let all = layers
        .iter()
        .filter(|it| it.layer.spatial == 0 && counts(it));
    let lowest = all.clone().map(|it| it.layer.encoding).min()?;
    let layers = all.map(|it| it.layer);
    layers.filter(|it| it.encoding == lowest).max()
}

fn rate(layers: &[LayerRate], layer: Layer) -> Bitrate {
    let of = layers.iter().find(|it| it.layer == layer);
    of.map_or(Bitrate::ZERO, |it| it.bitrate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sfu::Encoding;
    use crate::sfu::allocator::TileSize;

    fn layer(encoding: u8, spatial: u8, temporal: u8) -> Layer {
        Layer {
            encoding: Encoding(encoding),
            spatial,
            temporal,
        }
    }

    fn layers(all: &[(Layer, bool)]) -> Vec<LayerRate> {
        let rate = |(layer, arriving): &(Layer, bool)| LayerRate {
            layer: *layer,
            bitrate: Bitrate::ZERO,
            size: TileSize {
                width: 0,
                height: 0,
            },
            arriving: *arriving,
        };
        all.iter().map(rate).collect()
    }

    #[test]
    fn a_larger_encoding_falls_back_to_the_smallest() {
        let simulcast = [layer(0, 0, 0), layer(0, 0, 1), layer(1, 0, 0)];
        let arriving = layers(&simulcast.map(|it| (it, true)));
        let base = |layer, layers: &[LayerRate]| Carriage::Base.of(layer, layers);
        assert_eq!(base(layer(1, 0, 0), &arriving), Some(layer(0, 0, 1)));
        assert_eq!(base(layer(0, 0, 0), &arriving), Some(layer(0, 0, 0)));
        let paused = layers(&[(layer(0, 0, 0), false), (layer(1, 0, 0), true)]);
        assert_eq!(base(layer(1, 0, 0), &paused), None, "until it comes");
        assert_eq!(
            Carriage::Whole.of(layer(1, 0, 0), &paused),
            Some(layer(1, 0, 0))
        );
        assert_eq!(Carriage::Nothing.of(layer(0, 0, 0), &arriving), None);
    }

    #[test]
    fn of_spatial_layers_the_lowest_is_left() {
        let svc = layers(&[(layer(0, 0, 1), true), (layer(0, 1, 1), true)]);
        let left = Carriage::Base.of(layer(0, 1, 1), &svc);
        assert_eq!(left, Some(layer(0, 0, 1)));
    }
}
