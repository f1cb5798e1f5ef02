//! Figures that live elsewhere, under the names the operator knows.

mod media;

pub(super) use media::of_media;

use crate::actors::node::Node;
use crate::actors::supervision::{ActorState, Crowd, Tree};
use crate::storage::{Committer, Histogram};
use crate::telemetry::{Metrics, Samples};
use std::sync::Arc;

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

/// The live tree: states, restarts, mailboxes; and the rooms in memory.
pub(super) fn of_tree(metrics: &Metrics, node: &Arc<Node>, tree: &Tree) {
    let (node, tree) = (Arc::downgrade(node), tree.clone());
    metrics.add_source(move |samples| {
        if let Some(node) = node.upgrade() {
            let help = "Rooms in memory";
            samples.gauge("rooms", help, &[], node.rooms.len() as f64);
            let help = "Calls that are going on";
            samples.gauge("calls", help, &[], node.calls.len() as f64);
            let help = "Users who are connected";
            samples.gauge("users", help, &[], node.users.len() as f64);
        }
        for supervisor in tree.snapshot() {
            if let Some(crowd) = &supervisor.crowd {
                of_crowd(samples, &supervisor.path, crowd);
            }
        }
    });
}

/// All children of one supervisor, summed up: labels stay few however many rooms there are.
fn of_crowd(samples: &mut Samples, path: &str, crowd: &Crowd) {
    for state in ActorState::ALL {
        let labels = [("supervisor", path), ("state", state.name())];
        let count = crowd.in_state(state) as f64;
        samples.gauge("actors", "Actors by state", &labels, count);
    }
    let labels = [("supervisor", path)];
    samples.counter(
        "restarts",
        "Lives of actors after their first",
        &labels,
        crowd.restarts,
    );
    for lane in &crowd.lanes {
        let labels = [("supervisor", path), ("lane", lane.lane)];
        let (items, bytes) = (lane.depth.items as f64, lane.depth.bytes as f64);
        samples.gauge(
            "mailbox_items",
            "Items that wait in mailboxes",
            &labels,
            items,
        );
        samples.gauge(
            "mailbox_bytes",
            "Bytes that wait in mailboxes",
            &labels,
            bytes,
        );
        for (reason, count) in lane.drops.by_reason() {
            let labels = [
                ("supervisor", path),
                ("lane", lane.lane),
                ("reason", reason),
            ];
            samples.counter(
                "mailbox_drops",
                "Items that mailboxes dropped",
                &labels,
                count,
            );
        }
    }
}
