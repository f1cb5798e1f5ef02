//! Which layers of a publication arrive, and how much each takes.

use super::arrivals::Arrivals;
use crate::sfu::Encoding;
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
/// How much of the peak is left after each measurement: half of it after a quarter of a minute.
const PEAK_FALL: f64 = 0.98;
/// What an encoding is taken to need, small to large, until it has been measured: a guess that keeps a narrow link from
/// beginning with the largest.
const GUESSES: [Bitrate; 3] = [
    Bitrate::from_kbps(150),
    Bitrate::from_kbps(500),
    Bitrate::from_kbps(1_500),
];
/// Layers that are followed.
const LAYERS_MAX: usize = 32;

/// The layers of a publication, the smallest first. Every encoding that was agreed is among them, for what has not come
/// yet must be wished for, lest its sender be asked to pause it.
#[derive(Debug)]
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
    /// The most it took of late: what it takes when it comes again.
    peak: Bitrate,
    /// Packets of it have come.
    came: bool,
}

impl Layers {
    /// The base layers of so many encodings.
    pub(super) fn new(encodings: u8) -> Self {
        let base = |encoding| Layer {
            encoding: Encoding(encoding),
            spatial: 0,
            temporal: 0,
        };
        let layers = (0..encodings).map(|it| (base(it), Measured::default()));
        Self {
            layers: layers.collect(),
            measured: None,
            new: true,
        }
    }

    /// Counts a packet.
    pub(super) fn count(&mut self, packet: &Packet) {
        let layer = Layer {
            encoding: packet.encoding,
            spatial: packet.frame.spatial,
            temporal: packet.frame.temporal,
        };
        let known = self.layers.contains_key(&layer);
        if known || self.layers.len() < LAYERS_MAX {
            let measured = self.layers.entry(layer).or_default();
            self.new |= !measured.came;
            measured.came = true;
            measured.bytes += packet.bytes() as u64;
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
        for (layer, measured) in self.layers.iter_mut().filter(|it| it.1.came) {
            measured.take_in(guess(layer), passed);
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
            let of = arrivals.iter().find(|it| it.encoding == layer.encoding);
            let newest = of.and_then(|it| it.newest);
            let arriving = newest.is_some_and(|at| now.saturating_duration_since(at) < ARRIVING);
            LayerRate {
                layer: *layer,
                bitrate: self.with_all_below(layer, arriving),
                size: size(arrivals, layer),
                arriving,
            }
        });
        (!self.layers.is_empty()).then(|| rates.collect())
    }

    /// The rate of a layer and of all it depends on: those of its encoding that are not above it in either way.
    fn with_all_below(&self, layer: &Layer, arriving: bool) -> Bitrate {
        let below = |it: &Layer| {
            it.encoding == layer.encoding
                && it.spatial <= layer.spatial
                && it.temporal <= layer.temporal
        };
        let layers = self.layers.iter().filter(|(it, _)| below(it));
        let rate = |measured: &Measured| match arriving {
            true => measured.rate,
            false => measured.rate.map(|_| measured.peak),
        };
        let rates = layers.map(|(it, measured)| rate(measured).unwrap_or_else(|| guess(it)));
        rates.sum()
    }
}

impl Measured {
    fn take_in(&mut self, guess: Bitrate, passed: Duration) {
        let rate = Bitrate::from_bytes_over(self.bytes, passed);
        self.bytes = 0;
        let before = self.rate.unwrap_or(guess);
        let rate = before.scaled(1.0 - WEIGHT) + rate.scaled(WEIGHT);
        self.peak = rate.max(self.peak.scaled(PEAK_FALL));
        self.rate = Some(rate);
    }
}

fn guess(layer: &Layer) -> Bitrate {
    if layer.spatial > 0 || layer.temporal > 0 {
        return Bitrate::ZERO;
    }
    let index = usize::from(layer.encoding.0).min(GUESSES.len() - 1);
    GUESSES[index]
}

/// The size of a layer's pictures, as far as its descriptors say. Of an encoding that has not come, twice that of the one
/// below, as is usual.
fn size(arrivals: &[Arrivals], layer: &Layer) -> TileSize {
    for below in 0..=layer.encoding.0 {
        let encoding = Encoding(layer.encoding.0 - below);
        let of = arrivals.iter().find(|it| it.encoding == encoding);
        let sizes = of.map_or(&[][..], |it| it.state.resolutions());
        if let Some((width, height)) = sizes.get(usize::from(layer.spatial)) {
            let larger = |side: u16| side.saturating_mul(1 << below.min(4));
            return TileSize {
                width: larger(*width),
                height: larger(*height),
            };
        }
    }
    TileSize::default()
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
        let mut layers = Layers::new(0);
        for (encoding, temporal, bytes) in bytes {
            let measured = Measured {
                bytes: *bytes,
                came: true,
                ..Measured::default()
            };
            layers.layers.insert(layer(*encoding, *temporal), measured);
        }
        layers
    }

    #[test]
    fn a_layer_takes_what_it_depends_on_along() {
        let mut layers = with(&[(0, 0, 1_000), (0, 1, 500), (1, 0, 9_000)]);
        let now = Instant::now();
        layers.measure(now, &[]);
        assert_eq!(layers.measure(now, &[]), None, "too early");
        let rates = layers.measure(now + MEASURE_EVERY, &[]).expect("layers");
        let rates: Vec<_> = rates.iter().map(|it| it.bitrate.0).collect();
        let base = 150_000 * 7 / 10 + 16_000 * 3 / 10;
        let large = 500_000 * 7 / 10 + 144_000 * 3 / 10;
        assert_eq!(rates, [base, base + 8_000 * 3 / 10, large]);
    }

    #[test]
    fn encodings_that_have_not_come_are_known_by_a_guess() {
        let (mut layers, now) = (Layers::new(3), Instant::now());
        let rates = layers.measure(now, &[]).expect("news");
        assert!(rates.iter().all(|it| !it.arriving));
        layers.measure(now + MEASURE_EVERY, &[]);
        let rates = layers.measure_again(now, &[]).expect("layers");
        let rates: Vec<_> = rates.iter().map(|it| it.bitrate).collect();
        assert_eq!(rates, GUESSES);
    }

    #[test]
    fn a_layer_that_stopped_takes_what_it_took() {
        let (mut layers, now) = (with(&[(0, 0, 10_000)]), Instant::now());
        layers.measure(now, &[]);
        for turn in 1..6 {
            layers.measure(now + turn * MEASURE_EVERY, &[]);
        }
        let rates = layers.measure_again(now, &[]).expect("layers");
        assert!(rates[0].bitrate > Bitrate::from_kbps(140), "{rates:?}");
    }

    #[test]
    fn one_large_picture_does_not_make_a_large_layer() {
        let mut measured = Measured {
            bytes: 100_000,
            ..Measured::default()
        };
        measured.take_in(GUESSES[0], MEASURE_EVERY);
        let largest = measured.rate.expect("measured");
        assert!(largest < Bitrate::from_kbps(600), "{largest}");
        for _ in 0..20 {
            measured.take_in(GUESSES[0], MEASURE_EVERY);
        }
        let last = measured.rate.expect("measured");
        assert!(last < Bitrate::from_kbps(5), "{last}");
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
