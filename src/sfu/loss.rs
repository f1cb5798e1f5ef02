//! When sound needs protection against loss, and what a publisher is told of it.

use super::slot::Redundancy;
use std::time::{Duration, Instant};

/// Above this loss protection begins.
const ON_ABOVE: f32 = 0.05;
/// Below this loss it ends.
const OFF_BELOW: f32 = 0.02;
/// How long the loss must stay below, and how long protection lasts at least.
const OFF_AFTER: Duration = Duration::from_secs(3);
const HOLD: Duration = Duration::from_secs(10);
/// The window is [`BUCKETS`] times this: within 2 s of a step it holds nothing from before.
const BUCKET: Duration = Duration::from_millis(250);
const BUCKETS: usize = 6;
/// Fewer packets say nothing about loss.
const PACKETS_MIN: u32 = 20;
/// More than this is never reported for the sake of subscribers: Opus spends half of its rate on FEC by then.
const ADVERTISED_MAX: f32 = 0.3;

#[derive(Debug, Clone, Copy, Default)]
struct Bucket {
    lost: u32,
    expected: u32,
}

/// Watches the loss of one direction of one peer and switches protection on and off.
#[derive(Debug, Default)]
pub struct LossPolicy {
    buckets: [Bucket; BUCKETS],
    /// When the newest bucket, the first, began.
    began: Option<Instant>,
    loss: f32,
    /// When protection began, if it did.
    on: Option<Instant>,
    /// Since when the loss is below [`OFF_BELOW`].
    calm: Option<Instant>,
}

impl LossPolicy {
    /// Of `expected` packets `lost` were lost since the last sample: from TWCC feedback or a receiver report.
    pub fn on_sample(&mut self, now: Instant, lost: u32, expected: u32) {
        self.turn(now);
        let newest = &mut self.buckets[0];
        newest.lost = newest.lost.saturating_add(lost.min(expected));
        newest.expected = newest.expected.saturating_add(expected);
        let sum = |of: fn(&Bucket) -> u32| self.buckets.iter().map(of).fold(0, u32::saturating_add);
        let (lost, expected) = (sum(|bucket| bucket.lost), sum(|bucket| bucket.expected));
        if expected < PACKETS_MIN {
            return;
        }
        self.loss = lost as f32 / expected as f32;
        self.decide(now);
    }

    fn turn(&mut self, now: Instant) {
        let began = *self.began.get_or_insert(now);
        let since = now.saturating_duration_since(began);
        let turns = since.as_millis() / BUCKET.as_millis();
        let empty = usize::try_from(turns).unwrap_or(BUCKETS).min(BUCKETS);
        self.buckets.rotate_right(empty);
        self.buckets[..empty].fill(Bucket::default());
        if turns > 0 {
            let into = u64::try_from(since.as_millis() % BUCKET.as_millis()).unwrap_or(0);
            self.began = now.checked_sub(Duration::from_millis(into));
        }
    }

    fn decide(&mut self, now: Instant) {
        if self.loss > ON_ABOVE {
            self.on.get_or_insert(now);
        }
        if self.loss >= OFF_BELOW {
            self.calm = None;
            return;
        }
        let calm = *self.calm.get_or_insert(now);
        let is_over = |on: &mut Instant| {
            now.saturating_duration_since(calm) >= OFF_AFTER
                && now.saturating_duration_since(*on) >= HOLD
        };
        self.on.take_if(is_over);
    }

    /// The smoothed loss, 0 to 1.
    #[must_use]
    pub const fn loss(&self) -> f32 {
        self.loss
    }

    /// Towards a subscriber: RED or not. On above 5 % within 2 s, off below 2 %.
    #[must_use]
    pub const fn redundancy(&self) -> Redundancy {
        match self.on {
            Some(_) => Redundancy::Distance2,
            None => Redundancy::Off,
        }
    }

    /// From a publisher: whether missing sound is asked for.
    #[must_use]
    pub const fn asks_for_audio(&self) -> bool {
        self.on.is_some()
    }
}

/// The fraction lost (1/256) to report to a publisher of *sound*, so that the FEC of its codec covers also the worst of
/// its subscribers: losses 0 to 1. Never for pictures, whose publisher would lower its rate.
#[must_use]
pub fn advertised(uplink: f32, worst_subscriber: f32) -> u8 {
    let loss = uplink.max(worst_subscriber.min(ADVERTISED_MAX));
    // Saturates: 1 is 255/256.
    (loss * 256.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds samples of 5 packets each 100 ms, of which a loss in percent is lost, and says when protection changed.
    fn run(
        policy: &mut LossPolicy,
        start: Instant,
        from_ms: u64,
        to_ms: u64,
        percent: u32,
    ) -> Option<u64> {
        let (before, mut owed) = (policy.redundancy(), 0);
        for ms in (from_ms..to_ms).step_by(100) {
            owed += 5 * percent;
            policy.on_sample(start + Duration::from_millis(ms), owed / 100, 5);
            owed %= 100;
            if policy.redundancy() != before {
                return Some(ms - from_ms);
            }
        }
        None
    }

    #[test]
    fn protection_begins_within_two_seconds_of_any_loss_above_five_percent() {
        for percent in [6, 7, 10, 20, 30, 100] {
            let (mut policy, start) = (LossPolicy::default(), Instant::now());
            assert_eq!(run(&mut policy, start, 0, 10_000, 0), None);
            let after = run(&mut policy, start, 10_000, 20_000, percent);
            assert!(
                after.is_some_and(|ms| ms <= 2_000),
                "{percent} %: {after:?}"
            );
        }
    }

    #[test]
    fn little_loss_begins_nothing() {
        let (mut policy, start) = (LossPolicy::default(), Instant::now());
        assert_eq!(run(&mut policy, start, 0, 60_000, 3), None);
        assert!(!policy.asks_for_audio());
    }

    #[test]
    fn protection_stays_between_the_bounds_and_ends_below_both() {
        let (mut policy, start) = (LossPolicy::default(), Instant::now());
        run(&mut policy, start, 0, 5_000, 20);
        assert!(policy.asks_for_audio());
        assert_eq!(run(&mut policy, start, 5_000, 60_000, 4), None, "between");
        let after = run(&mut policy, start, 60_000, 80_000, 0);
        assert!(
            after.is_some_and(|ms| (3_000..6_000).contains(&ms)),
            "{after:?}"
        );
    }

    #[test]
    fn protection_that_just_began_holds() {
        let (mut policy, start) = (LossPolicy::default(), Instant::now());
        let began = run(&mut policy, start, 0, 5_000, 50).expect("it begins");
        let after = run(&mut policy, start, began + 100, 60_000, 0).expect("it ends");
        assert!(after + 100 >= 10_000, "{after}");
    }

    #[test]
    fn reports_far_apart_count_in_full() {
        let (mut policy, start) = (LossPolicy::default(), Instant::now());
        policy.on_sample(start, 0, 250);
        policy.on_sample(start + Duration::from_secs(5), 50, 250);
        assert!((policy.loss() - 0.2).abs() < 0.001);
        assert_eq!(policy.redundancy(), Redundancy::Distance2);
    }

    #[test]
    fn the_worst_leg_is_advertised_within_bounds() {
        assert_eq!(advertised(0.0, 0.0), 0);
        assert_eq!(advertised(0.5, 0.0), 128);
        assert_eq!(advertised(0.0, 0.25), 64);
        assert_eq!(advertised(0.0, 1.0), 76, "at most 30 % for others");
        assert_eq!(advertised(1.0, 0.0), 255);
    }
}
