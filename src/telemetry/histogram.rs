//! A histogram of atomics: `prometheus-client`'s own takes a lock for each observation.

use prometheus_client::{
    encoding::{EncodeMetric, MetricEncoder, NoLabelSet},
    metrics::{MetricType, TypedMetric},
};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Counts values in fixed buckets; a clone counts into the same.
#[derive(Debug, Clone)]
pub struct Histogram(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Upper bounds in the metric's unit of account, ascending.
    bounds: Box<[u64]>,
    /// One for each bound, and one for what lies beyond; not cumulative.
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
    /// How many units of account make one exported unit.
    per_unit: f64,
}

impl Histogram {
    /// For durations, exported in seconds: 100 µs to 10 s, three buckets to a decade.
    #[must_use]
    pub fn seconds() -> Self {
        let bounds_us = [
            100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000,
            1_000_000, 2_000_000, 5_000_000, 10_000_000,
        ];
        Self::new(&bounds_us, 1e6)
    }

    fn new(bounds: &[u64], per_unit: f64) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0));
        Self(Arc::new(Inner {
            bounds: bounds.into(),
            counts: counts.collect(),
            sum: AtomicU64::new(0),
            per_unit,
        }))
    }

    /// Counts a duration, in a histogram of [`Histogram::seconds`].
    pub fn record(&self, duration: Duration) {
        self.observe(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX));
    }

    /// Counts a value in the unit of account: a number, or microseconds in a histogram of seconds.
    pub fn observe(&self, value: u64) {
        let inner = &*self.0;
        let bucket = inner.bounds.partition_point(|bound| *bound < value);
        inner.counts[bucket].fetch_add(1, Ordering::Relaxed);
        inner.sum.fetch_add(value, Ordering::Relaxed);
    }
}

impl EncodeMetric for Histogram {
    fn encode(&self, mut encoder: MetricEncoder) -> Result<(), fmt::Error> {
        let inner = &*self.0;
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        // The total is the sum of what was read, so that buckets and count agree while others count on.
        let counts: Vec<u64> = inner.counts.iter().map(load).collect();
        #[expect(clippy::cast_precision_loss, reason = "exported figures are floats")]
        let exported = |value: u64| value as f64 / inner.per_unit;
        let bounds = inner.bounds.iter().map(|bound| exported(*bound));
        let buckets: Vec<(f64, u64)> = bounds
            .chain([f64::INFINITY])
            .zip(counts.iter().copied())
            .collect();
        let sum = exported(inner.sum.load(Ordering::Relaxed));
        encoder.encode_histogram::<NoLabelSet>(sum, counts.iter().sum(), &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}

impl TypedMetric for Histogram {
    const TYPE: MetricType = MetricType::Histogram;
}
