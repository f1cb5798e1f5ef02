//! Latency histograms (HDR): recorded from the *intended* time of sending, merged across processes, read as quantiles.

use hdrhistogram::Histogram;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Longest latency told apart, microseconds; longer ones count as this.
const LATENCY_US_MAX: u64 = 120_000_000;
/// Significant decimal digits kept.
const DIGITS: u8 = 3;

/// A histogram of latencies in microseconds. On the wire between processes: `[[µs, count], …]`.
#[derive(Debug, Clone)]
pub(crate) struct Latency(Option<Box<Histogram<u64>>>);

impl Default for Latency {
    /// An empty one takes no memory: a run keeps one pair per time bucket.
    fn default() -> Self {
        Self(None)
    }
}

/// What a report says of a histogram, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Quantiles {
    /// Half are at or below this.
    pub(crate) p50: f64,
    /// 99 %.
    pub(crate) p99: f64,
    /// 99.9 %.
    pub(crate) p999: f64,
    /// The greatest.
    pub(crate) max: f64,
}

impl Latency {
    /// Adds one latency.
    pub(crate) fn record(&mut self, latency_us: u64) {
        self.record_many(latency_us, 1);
    }

    /// Adds everything of another.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (value, count) in other.pairs() {
            self.record_many(value, count);
        }
    }

    /// How many latencies it holds.
    pub(crate) fn count(&self) -> u64 {
        self.0.as_ref().map_or(0, |h| h.len())
    }

    /// The value at a quantile (0 to 1), milliseconds; `None` when empty.
    pub(crate) fn at(&self, quantile: f64) -> Option<f64> {
        let histogram = self.0.as_ref()?;
        Some(ms(histogram.value_at_quantile(quantile)))
    }

    /// The summary of a report; `None` when empty.
    pub(crate) fn quantiles(&self) -> Option<Quantiles> {
        let histogram = self.0.as_ref()?;
        Some(Quantiles {
            p50: ms(histogram.value_at_quantile(0.5)),
            p99: ms(histogram.value_at_quantile(0.99)),
            p999: ms(histogram.value_at_quantile(0.999)),
            max: ms(histogram.max()),
        })
    }

    /// `(milliseconds, share of all latencies above it)` for the tail plot of a report.
    pub(crate) fn tail(&self) -> Vec<(f64, f64)> {
        let total = self.count();
        let mut above = total;
        let share = |n: u64| n as f64 / total as f64;
        self.pairs()
            .map(|(value, count)| {
                let point = (ms(value), share(above));
                above -= count;
                point
            })
            .collect()
    }

    fn record_many(&mut self, latency_us: u64, count: u64) {
        let histogram = self.0.get_or_insert_with(|| {
            Box::new(Histogram::new(DIGITS).expect("three digits is a legal precision"))
        });
        histogram
            .record_n(latency_us.clamp(1, LATENCY_US_MAX), count)
            .expect("the histogram grows to the longest latency");
    }

    fn pairs(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.0.iter().flat_map(|histogram| {
            histogram
                .iter_recorded()
                .map(|step| (step.value_iterated_to(), step.count_at_value()))
        })
    }
}

fn ms(us: u64) -> f64 {
    us as f64 / 1_000.0
}

impl Serialize for Latency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.pairs())
    }
}

impl<'de> Deserialize<'de> for Latency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut latency = Self::default();
        for (value, count) in Vec::<(u64, u64)>::deserialize(deserializer)? {
            latency.record_many(value, count);
        }
        Ok(latency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_a_thousandth() {
        let mut latency = Latency::default();
        assert_eq!(latency.quantiles(), None);
        (1..=100_000).for_each(|us| latency.record(us));
        let q = latency.quantiles().expect("not empty");
        for (got, want) in [(q.p50, 50.0), (q.p99, 99.0), (q.p999, 99.9), (q.max, 100.0)] {
            assert!((got - want).abs() <= want / 900.0, "{got} for {want}");
        }
    }

    #[test]
    fn a_histogram_sent_between_processes_merges_to_the_same_quantiles() {
        let (mut whole, mut parts) = (Latency::default(), Latency::default());
        for process in 0..4_u64 {
            let mut part = Latency::default();
            for k in 0..5_000 {
                let us = (k * 7_919 + process * 104_729) % 300_000;
                part.record(us);
                whole.record(us);
            }
            let text = serde_json::to_string(&part).expect("numbers");
            parts.merge(&serde_json::from_str(&text).expect("what was written"));
        }
        assert_eq!(parts.quantiles(), whole.quantiles());
        assert_eq!(parts.count(), 20_000);
    }

    #[test]
    fn the_tail_falls_from_everything_to_the_last_one() {
        let mut latency = Latency::default();
        (1..=1_000).for_each(|us| latency.record(us));
        let tail = latency.tail();
        assert_eq!(tail.first().map(|p| p.1), Some(1.0));
        assert!(tail.windows(2).all(|w| w[0].0 < w[1].0 && w[0].1 > w[1].1));
    }
}
