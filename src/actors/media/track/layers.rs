//! Which layers of a publication arrive, and how much each takes.

use super::arrivals::Arrivals;
use crate::sfu::allocator::{Layer, LayerRate, TileSize};
use crate::sfu::bandwidth::Bitrate;
use crate::sfu::packet::Packet;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Rates are measured over so long.
const MEASURE_EVERY: Duration = Duration::from_millis(500);
/// An encoding without packets for so long does not arrive. Screens may stand still for a second between two.
const ARRIVING: Duration = Duration::from_millis(1_500);
/// How much of a new measurement counts at once: a keyframe makes one interval many times as large as the next.
const WEIGHT: f64 = 0.3;
/// What an encoding is taken to need, small to large, until it has been measured: a guess that keeps a narrow link from
/// beginning with the largest.
const GUESSES: [Bitrate; 3] = [
    Bitrate::from_kbps(150),
    Bitrate::from_kbps(500),
    Bitrate::from_kbps(1_500),
];
/// Layers that are followed.
const LAYERS_MAX: usize = 32;

/// The layers of a publication, the smallest first.
#[derive(Debug, Default)]
pub(super) struct Layers {
    layers: BTreeMap<Layer, Measured>,
    measured: Option<Instant>,
    /// There is a layer that nobody was told of.
    new: bool,
}

#[derive(Debug, Default, Clone, Copy)]
struct Measured {
    /// Since the last measurement.
    bytes: u64,
    /// None until it was measured over a whole interval.
    rate: Option<Bitrate>,
}

impl Layers {
    /// Counts a packet.
    pub(super) fn count(&mut self, packet: &Packet) {
        let layer = Layer {
            encoding: packet.encoding,
            spatial: packet.frame.spatial,
            temporal: packet.frame.temporal,
        };
        let known = self.layers.contains_key(&layer);
        if known || self.layers.len() < LAYERS_MAX {
            self.layers.entry(layer).or_default().bytes += packet.bytes() as u64;
            self.new |= !known;
        }
    }

    /// The layers with their rates, when it is time to measure or there is a new one.
    pub(super) fn measure(
        &mut self,
        now: Instant,
        arrivals: &[Arrivals],
    ) -> Option<Arc<[LayerRate]>> {
        let passed = now.saturating_duration_since(*self.measured.get_or_insert(now));
        if passed < MEASURE_EVERY {
            let new = std::mem::take(&mut self.new);
            return new.then(|| self.measure_again(now, arrivals)).flatten();
        }
        self.new = false;
        self.measured = Some(now);
        for (layer, measured) in &mut self.layers {
            let rate = Bitrate::from_bytes_over(measured.bytes, passed);
            measured.bytes = 0;
            let before = measured.rate.unwrap_or_else(|| guess(layer));
            measured.rate = Some(before.scaled(1.0 - WEIGHT) + rate.scaled(WEIGHT));
        }
        self.measure_again(now, arrivals)
    }

    /// The layers with the rates of the last measurement.
    pub(super) fn measure_again(
        &self,
        now: Instant,
        arrivals: &[Arrivals],
    ) -> Option<Arc<[LayerRate]>> {
        let rates = self.layers.keys().map(|layer| {
            let arrivals = arrivals.iter().find(|it| it.encoding == layer.encoding);
            let newest = arrivals.and_then(|it| it.newest);
            let arriving = newest.is_some_and(|at| now.saturating_duration_since(at) < ARRIVING);
            LayerRate {
                layer: *layer,
                bitrate: self.with_all_below(layer),
                size: size(arrivals, layer),
                arriving,
            }
        });
        (!self.layers.is_empty()).then(|| rates.collect())
    }

    /// The rate of a layer and of all it depends on: those of its encoding that are not above it in either way.
    fn with_all_below(&self, layer: &Layer) -> Bitrate {
        let below = |it: &Layer| {
            it.encoding == layer.encoding
                && it.spatial <= layer.spatial
                && it.temporal <= layer.temporal
        };
        let layers = self.layers.iter().filter(|(it, _)| below(it));
        let rates = layers.map(|(it, measured)| measured.rate.unwrap_or_else(|| guess(it)));
        rates.sum()
    }
}

fn guess(layer: &Layer) -> Bitrate {
    if layer.spatial > 0 || layer.temporal > 0 {
        return Bitrate::ZERO;
    }
    let index = usize::from(layer.encoding.0).min(GUESSES.len() - 1);
    GUESSES[index]
}

/// The size of a layer's pictures, as far as its descriptors say.
fn size(arrivals: Option<&Arrivals>, layer: &Layer) -> TileSize {
    let sizes = arrivals.map_or(&[][..], |it| it.state.resolutions());
    let size = sizes.get(usize::from(layer.spatial)).copied();
    let (width, height) = size.unwrap_or_default();
    TileSize { width, height }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sfu::Encoding;

    fn layer(encoding: u8, temporal: u8) -> Layer {
        Layer {
            encoding: Encoding(encoding),
            spatial: 0,
            temporal,
        }
    }

    fn with(bytes: &[(u8, u8, u64)]) -> Layers {
        let mut layers = Layers::default();
        for (encoding, temporal, bytes) in bytes {
            let measured = Measured {
                bytes: *bytes,
                rate: None,
            };
            layers.layers.insert(layer(*encoding, *temporal), measured);
        }
        layers
    }

    #[test]
    fn a_layer_takes_what_it_depends_on_along() {
        let mut layers = with(&[(0, 0, 1_000), (0, 1, 500), (1, 0, 9_000)]);
        let now = Instant::now();
        assert_eq!(layers.measure(now, &[]), None, "too early");
        let rates = layers.measure(now + MEASURE_EVERY, &[]).expect("layers");
        let rates: Vec<_> = rates.iter().map(|it| it.bitrate.0).collect();
        let base = 150_000 * 7 / 10 + 16_000 * 3 / 10;
        let large = 500_000 * 7 / 10 + 144_000 * 3 / 10;
        assert_eq!(rates, [base, base + 8_000 * 3 / 10, large]);
    }

    #[test]
    fn one_large_picture_does_not_make_a_large_layer() {
        let (mut layers, now) = (with(&[(0, 0, 100_000)]), Instant::now());
        layers.measure(now, &[]);
        let rates = layers.measure(now + MEASURE_EVERY, &[]).expect("layers");
        assert!(rates[0].bitrate < Bitrate::from_kbps(600));
        assert!(!rates[0].arriving);
        let later = (2..20).map(|n| layers.measure(now + n * MEASURE_EVERY, &[]));
        let last = later.last().flatten().expect("layers");
        assert!(last[0].bitrate < Bitrate::from_kbps(10));
    }

    #[test]
    fn a_new_layer_is_told_at_once_with_a_guess() {
        let (mut layers, now) = (with(&[(0, 0, 10), (1, 0, 10), (1, 1, 10)]), Instant::now());
        layers.new = true;
        let rates = layers.measure(now, &[]).expect("news");
        let rates: Vec<_> = rates.iter().map(|it| it.bitrate).collect();
        assert_eq!(rates, [GUESSES[0], GUESSES[1], GUESSES[1]]);
        assert_eq!(layers.measure(now, &[]), None);
    }
}
