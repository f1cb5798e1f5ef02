//! The counts of one process; they add up across processes.

use crate::histogram::Latency;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Buckets of a run's time line; a longer run has longer buckets.
const BUCKETS_MAX: u64 = 300;

/// Everything counted while a run lasts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Tally {
    /// Ops written to a socket for the first time, or queued for it while it was down.
    pub(crate) sent: u64,
    /// Ops acked for the first time.
    pub(crate) acked: u64,
    /// Entries that reached a reader (own acks not counted).
    pub(crate) delivered: u64,
    /// Typing, presence and read frames that reached a reader.
    pub(crate) signals: u64,
    /// Requests sent again because the server said so.
    pub(crate) retries: u64,
    /// Links made again after a loss or on purpose.
    pub(crate) reconnects: u64,
    /// What went wrong, by name.
    pub(crate) errors: BTreeMap<String, u64>,
    /// How links ended that the harness did not end, by close code.
    pub(crate) closes: BTreeMap<String, u64>,
    /// Bytes received, WebSocket framing included.
    pub(crate) bytes_in: u64,
    /// From the intended sending to the ack.
    pub(crate) ack: Latency,
    /// From the intended sending to each delivery.
    pub(crate) delivery: Latency,
    /// From the loss of a link to the last room in sync again.
    pub(crate) recover: Latency,
    /// The time line, by intended sending.
    pub(crate) buckets: Vec<Bucket>,
    start_us: u64,
    bucket_us: u64,
}

/// A piece of the time line.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Bucket {
    pub(crate) sent: u64,
    pub(crate) acked: u64,
    pub(crate) delivered: u64,
    pub(crate) ack: Latency,
    pub(crate) delivery: Latency,
}

impl Tally {
    /// Forgets everything and starts the time line.
    pub(crate) fn start(&mut self, start_us: u64, seconds: f64) {
        *self = Self {
            start_us,
            bucket_us: ((seconds * 1e6) as u64 / BUCKETS_MAX).max(1_000_000),
            ..Self::default()
        };
    }

    /// One op is due and on its way.
    pub(crate) fn sent(&mut self, due_us: u64) {
        self.sent += 1;
        if let Some(bucket) = self.bucket(due_us) {
            bucket.sent += 1;
        }
    }

    /// One op was acked.
    pub(crate) fn acked(&mut self, due_us: u64, now_us: u64) {
        self.acked += 1;
        let latency_us = now_us.saturating_sub(due_us);
        self.ack.record(latency_us);
        if let Some(bucket) = self.bucket(due_us) {
            bucket.acked += 1;
            bucket.ack.record(latency_us);
        }
    }

    /// One entry reached a reader. Only live ones count towards latency: what a client missed while it was away is
    /// late by its own doing.
    pub(crate) fn delivered(&mut self, due_us: Option<u64>, now_us: u64, live: bool) {
        self.delivered += 1;
        let Some(due_us) = due_us.filter(|due_us| live && *due_us >= self.start_us) else {
            return;
        };
        let latency_us = now_us.saturating_sub(due_us);
        self.delivery.record(latency_us);
        if let Some(bucket) = self.bucket(due_us) {
            bucket.delivered += 1;
            bucket.delivery.record(latency_us);
        }
    }

    /// Something went wrong.
    pub(crate) fn error(&mut self, name: impl Into<String>) {
        *self.errors.entry(name.into()).or_default() += 1;
    }

    /// All errors together.
    pub(crate) fn error_count(&self) -> u64 {
        self.errors.values().sum()
    }

    /// Seconds a bucket stands for.
    pub(crate) fn bucket_s(&self) -> f64 {
        self.bucket_us.max(1) as f64 / 1e6
    }

    /// The latencies of ops due between two times after the start, seconds: acks and deliveries.
    pub(crate) fn between(&self, from_s: f64, to_s: f64) -> (Latency, Latency) {
        let (mut ack, mut delivery) = (Latency::default(), Latency::default());
        for (n, bucket) in self.buckets.iter().enumerate() {
            let at_s = n as f64 * self.bucket_s();
            if at_s >= from_s && at_s < to_s {
                ack.merge(&bucket.ack);
                delivery.merge(&bucket.delivery);
            }
        }
        (ack, delivery)
    }

    /// Adds another process's.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.sent += other.sent;
        self.acked += other.acked;
        self.delivered += other.delivered;
        self.signals += other.signals;
        self.retries += other.retries;
        self.reconnects += other.reconnects;
        self.bytes_in += other.bytes_in;
        for (name, n) in &other.errors {
            *self.errors.entry(name.clone()).or_default() += n;
        }
        for (name, n) in &other.closes {
            *self.closes.entry(name.clone()).or_default() += n;
        }
        self.ack.merge(&other.ack);
        self.delivery.merge(&other.delivery);
        self.recover.merge(&other.recover);
        if self.buckets.len() < other.buckets.len() {
            self.buckets
                .resize_with(other.buckets.len(), Bucket::default);
        }
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            mine.sent += theirs.sent;
            mine.acked += theirs.acked;
            mine.delivered += theirs.delivered;
            mine.ack.merge(&theirs.ack);
            mine.delivery.merge(&theirs.delivery);
        }
        self.start_us = self.start_us.max(other.start_us);
        self.bucket_us = self.bucket_us.max(other.bucket_us);
    }

    fn bucket(&mut self, due_us: u64) -> Option<&mut Bucket> {
        let n = due_us.checked_sub(self.start_us)? / self.bucket_us.max(1);
        let n = usize::try_from(n.min(2 * BUCKETS_MAX)).ok()?;
        if self.buckets.len() <= n {
            self.buckets.resize_with(n + 1, Bucket::default);
        }
        self.buckets.get_mut(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_fall_into_the_second_they_were_due_in() {
        let mut tally = Tally::default();
        tally.start(1_000_000, 10.0);
        tally.acked(1_500_000, 4_500_000);
        tally.acked(3_200_000, 3_201_000);
        tally.delivered(Some(3_200_000), 3_202_000, true);
        tally.delivered(Some(3_200_000), 9_000_000, false);
        tally.delivered(None, 9_000_000, true);
        assert_eq!((tally.acked, tally.delivered), (2, 3));
        assert_eq!(tally.buckets[0].acked, 1);
        let (ack, delivery) = tally.between(1.0, 3.0);
        assert_eq!((ack.count(), delivery.count()), (1, 1));
        assert!(ack.at(0.5).is_some_and(|ms| (ms - 1.0).abs() < 0.01));
    }

    #[test]
    fn processes_add_up() {
        let mut one = Tally::default();
        one.start(0, 5.0);
        one.sent(10);
        one.error("gap");
        let mut two = one.clone();
        two.sent(3_000_000);
        one.merge(&two);
        assert_eq!((one.sent, one.error_count(), one.buckets.len()), (3, 2, 4));
    }
}
