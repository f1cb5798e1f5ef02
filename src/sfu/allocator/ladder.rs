//! The layers that one slot may have, from the cheapest to the best.

use super::{
    LAYERS_MAX,
    demand::{Layer, LayerRate, SlotDemand, TileSize},
};
use crate::sfu::bandwidth::Bitrate;

/// For a layer that was never measured: bit/s per pixel (2 Mbit/s at 1280x720).
const ASSUMED_BPS_PER_PIXEL: f64 = 2.1;
const ASSUMED_UNKNOWN: Bitrate = Bitrate::from_kbps(500);

/// One rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) layer: Layer,
    pub(super) bitrate: Bitrate,
    pub(super) arriving: bool,
}

/// The rungs of one slot; a place on it is the index of a rung, or none: paused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Ladder {
    steps: Vec<Step>,
}

impl Ladder {
    pub(super) fn of(demand: &SlotDemand<'_>) -> Self {
        let layers = &demand.layers[..demand.layers.len().min(LAYERS_MAX)];
        let sizes = layers.iter().map(|it| pixels(it.size));
        let smallest = sizes.filter(|pixels| *pixels > 0).min().unwrap_or(0);
        let mut steps: Vec<_> = layers
            .iter()
            .filter(|it| !it.size.exceeds(demand.tile) || pixels(it.size) == smallest)
            .filter(|it| demand.screen || !is_choppy(it.layer, layers))
            .map(|it| Step {
                layer: it.layer,
                bitrate: rate(it),
                arriving: it.arriving,
            })
            .collect();
        steps.sort_by_key(|step| step.layer);
        Self { steps }
    }

    pub(super) fn step(&self, place: usize) -> Option<&Step> {
        self.steps.get(place)
    }

    pub(super) fn cost(&self, place: Option<usize>) -> Bitrate {
        place
            .and_then(|place| self.step(place))
            .map_or(Bitrate::ZERO, |step| step.bitrate)
    }

    /// The next place up.
    pub(super) fn above(&self, place: Option<usize>) -> Option<usize> {
        let next = place.map_or(0, |place| place + 1);
        (next < self.steps.len()).then_some(next)
    }

    pub(super) const fn top(&self) -> Option<usize> {
        self.steps.len().checked_sub(1)
    }

    /// The place of a layer, or the nearest one below it, or the lowest of all.
    pub(super) fn place_of(&self, layer: Layer) -> Option<usize> {
        let below = self.steps.iter().rposition(|step| step.layer <= layer);
        below.or(self.top().map(|_| 0))
    }

    /// The best arriving layer up to a place; if there is none, the lowest above it that costs no more than `spare` more.
    pub(super) fn arriving(&self, place: Option<usize>, spare: Bitrate) -> Option<Layer> {
        let place = place?;
        let below = self.steps[..=place].iter().rev().find(|it| it.arriving);
        let allowed = self.cost(Some(place)) + spare;
        let above = || {
            let mut rest = self.steps[place + 1..].iter();
            rest.find(|it| it.arriving && it.bitrate <= allowed)
        };
        below.or_else(above).map(|step| step.layer)
    }
}

/// The lowest frame rate of a bigger encoding is worse to look at than a smaller one in full.
fn is_choppy(layer: Layer, layers: &[LayerRate]) -> bool {
    let same = |other: &Layer| other.encoding == layer.encoding && other.spatial == layer.spatial;
    let mut all = layers.iter().map(|it| it.layer);
    layer.temporal == 0
        && all.clone().any(|it| same(&it) && it.temporal > 0)
        && all.any(|it| !same(&it) && it < layer)
}

fn rate(layer: &LayerRate) -> Bitrate {
    match (layer.bitrate, pixels(layer.size)) {
        (Bitrate::ZERO, 0) => ASSUMED_UNKNOWN,
        (Bitrate::ZERO, pixels) => Bitrate::from_f64(f64::from(pixels) * ASSUMED_BPS_PER_PIXEL),
        (measured, _) => measured,
    }
}

fn pixels(size: TileSize) -> u32 {
    u32::from(size.width) * u32::from(size.height)
}
