//! Figures that live elsewhere, under the names the operator knows.

use crate::storage::{Committer, Histogram};
use crate::telemetry::Metrics;

/// What the committer does.
pub(super) fn of_committer(metrics: &Metrics, committer: &Committer) {
    let committer = committer.clone();
    metrics.add_source(move |samples| {
        let stats = committer.stats();
        samples.gauge(
            "committer_queue",
            "Work that waits for the committer",
            &[],
            committer.queued() as f64,
        );
        samples.counter("batches", "Room batches applied", &[], stats.batches.get());
        samples.counter("fsyncs", "Fsyncs that succeeded", &[], stats.fsyncs.get());
        let (buckets, sum) = exported(&stats.group_batches, 1.0);
        samples.histogram("commit_batches", "Batches in one commit", &buckets, sum);
        let (buckets, sum) = exported(&stats.fsync_us, 1e6);
        samples.histogram("fsync_seconds", "One flush and fsync", &buckets, sum);
    });
}

/// In exported units, of which `per_unit` of the histogram's make one.
fn exported(histogram: &Histogram, per_unit: f64) -> (Vec<(f64, u64)>, f64) {
    let unit = |value: u64| value as f64 / per_unit;
    let buckets = histogram.buckets();
    let buckets = buckets.map(|(bound, count)| (bound.map_or(f64::INFINITY, unit), count));
    (buckets.collect(), unit(histogram.sum()))
}
