//! What the committer has done, readable from any thread.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counters and histograms; they only grow.
#[derive(Debug, Default)]
pub struct CommitterStats {
    /// Room batches applied.
    pub batches: Count,
    /// Fsyncs that succeeded.
    pub fsyncs: Count,
    /// Slices of purged bodies scrubbed.
    pub scrub_slices: Count,
    /// Answers given per fsync.
    pub group_batches: Histogram,
    /// Time of flush and fsync, microseconds.
    pub fsync_us: Histogram,
}

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// How much.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }

    pub(super) fn increment(&self, by: u64) {
        self.0.fetch_add(by, Relaxed);
    }
}

/// Powers of two: bucket `i` counts observations ≤ 2^i, the last one everything above.
const BUCKETS: usize = 25;

/// How values are distributed, in powers of two up to 2^23 (8.4 s in microseconds), then infinity.
#[derive(Debug, Default)]
pub struct Histogram {
    buckets: [AtomicU64; BUCKETS],
    sum: AtomicU64,
}

impl Histogram {
    /// Upper bounds (inclusive; `None` is infinity) with the observations in each bucket alone, lowest first.
    pub fn buckets(&self) -> impl Iterator<Item = (Option<u64>, u64)> + '_ {
        self.buckets.iter().enumerate().map(|(i, count)| {
            let bound = (i + 1 < BUCKETS).then_some(1 << i);
            (bound, count.load(Relaxed))
        })
    }

    /// The sum of all observations.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.sum.load(Relaxed)
    }

    pub(super) fn observe(&self, value: u64) {
        let power = value.max(1).next_power_of_two().trailing_zeros() as usize;
        self.buckets[power.min(BUCKETS - 1)].fetch_add(1, Relaxed);
        self.sum.fetch_add(value, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn observations_land_below_their_bound() {
        let histogram = Histogram::default();
        for value in [0, 1, 2, 3, 4, 5, 1 << 23, (1 << 23) + 1, u64::MAX / 4] {
            histogram.observe(value);
        }
        let counts: Vec<_> = histogram.buckets().filter(|(_, n)| *n > 0).collect();
        assert_eq!(
            counts,
            [
                (Some(1), 2),
                (Some(2), 1),
                (Some(4), 2),
                (Some(8), 1),
                (Some(1 << 23), 1),
                (None, 2)
            ]
        );
    }
}
