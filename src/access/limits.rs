//! Rate limits: what a connection, and a user over all connections, may ask for.
//!
//! Token buckets (`governor`'s GCRA). Pure like the rest: `governor` reads time through its `Clock` trait, and the clock
//! given to it here only tells what the caller said last. `now` is the time since any fixed moment and must not run
//! backwards (a late caller changes nothing).

use crate::id::UserId;
use governor::{
    Quota, RateLimiter,
    clock::{Clock, Reference},
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{InMemoryState, NotKeyed, keyed::DashMapStateStore},
};
use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

/// Active users with a bucket of their own. While there are more, all share one: far beyond what a node serves.
const USERS_MAX: usize = 65_536;
/// Checks between two sweeps of idle users.
const SWEEP_EVERY: u32 = 8_192;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cost {
    /// Frames of any kind.
    Frames,
    /// Bytes received.
    Bytes,
    /// Ops posted.
    Ops,
    /// Typing, presence, read markers.
    Signals,
    /// Rooms opened, history pages, lists: they cost disk reads.
    Reads,
    /// Rooms made, joined, left or changed, members, invites.
    Changes,
}

impl Cost {
    /// Every class.
    pub const ALL: [Self; 6] = [
        Self::Frames,
        Self::Bytes,
        Self::Ops,
        Self::Signals,
        Self::Reads,
        Self::Changes,
    ];

    /// The word for metrics and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Frames => "frames",
            Self::Bytes => "bytes",
            Self::Ops => "ops",
            Self::Signals => "signals",
            Self::Reads => "reads",
            Self::Changes => "changes",
        }
    }
}

/// A rate that may be exceeded for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// So many a second in the long run.
    pub per_s: NonZeroU32,
    /// So many at once.
    pub burst: NonZeroU32,
}

/// A rate for each class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Of [`Cost::Frames`].
    pub frames: Rate,
    /// Of [`Cost::Bytes`].
    pub bytes: Rate,
    /// Of [`Cost::Ops`].
    pub ops: Rate,
    /// Of [`Cost::Signals`].
    pub signals: Rate,
    /// Of [`Cost::Reads`].
    pub reads: Rate,
    /// Of [`Cost::Changes`].
    pub changes: Rate,
}

impl Rates {
    const fn of(&self, cost: Cost) -> Rate {
        match cost {
            Cost::Frames => self.frames,
            Cost::Bytes => self.bytes,
            Cost::Ops => self.ops,
            Cost::Signals => self.signals,
            Cost::Reads => self.reads,
            Cost::Changes => self.changes,
        }
    }
}

/// Too much was asked for. Nothing was taken from the bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many {}: wait {retry_after_ms} ms", cost.as_str())]
pub struct Limited {
    /// Of what.
    pub cost: Cost,
    /// When the same fits, milliseconds from now (at least 1).
    pub retry_after_ms: u64,
}

type Bucket = RateLimiter<NotKeyed, InMemoryState, ToldClock, NoOpMiddleware<Nanos>>;
type Buckets = RateLimiter<UserId, DashMapStateStore<UserId>, ToldClock, NoOpMiddleware<Nanos>>;

/// The buckets of one connection.
pub struct ConnectionLimits {
    clock: ToldClock,
    rates: Rates,
    buckets: [Bucket; Cost::ALL.len()],
}

impl ConnectionLimits {
    /// Full buckets.
    #[must_use]
    pub fn new(rates: Rates) -> Self {
        let clock = ToldClock::default();
        let bucket = |cost| Bucket::direct_with_clock(quota(rates.of(cost)), clock.clone());
        Self {
            buckets: Cost::ALL.map(bucket),
            rates,
            clock,
        }
    }

    /// Takes `n` of a class, or says when to come back. More than a full bucket counts as a full bucket: a legal batch
    /// always fits in the end.
    ///
    /// # Errors
    /// [`Limited`]: nothing was taken.
    ///
    /// # Panics
    /// Never: `n` is clamped to the burst.
    pub fn take(&self, cost: Cost, n: u32, now: Duration) -> Result<(), Limited> {
        self.clock.tell(now);
        let Some(n) = clamped(n, self.rates.of(cost)) else {
            return Ok(());
        };
        let outcome = self.buckets[cost as usize].check_n(n);
        outcome
            .expect("n is at most the burst")
            .map_err(|until| self.clock.limited(cost, until.earliest_possible()))
    }
}

/// The buckets of all users; shared by all connections, and bounded.
pub struct UserLimits {
    clock: ToldClock,
    rates: Rates,
    buckets: [Buckets; Cost::ALL.len()],
    crowd: ConnectionLimits,
    crowded: AtomicBool,
    checks: AtomicU32,
}

impl UserLimits {
    /// Full buckets.
    #[must_use]
    pub fn new(rates: Rates) -> Self {
        let clock = ToldClock::default();
        let buckets = |cost| {
            let store = DashMapStateStore::default();
            Buckets::new(quota(rates.of(cost)), store, clock.clone())
        };
        Self {
            buckets: Cost::ALL.map(buckets),
            crowd: ConnectionLimits::new(rates),
            crowded: AtomicBool::new(false),
            checks: AtomicU32::new(0),
            rates,
            clock,
        }
    }

    /// Takes `n` of a class from a user's bucket; see [`ConnectionLimits::take`].
    ///
    /// # Errors
    /// [`Limited`]: nothing was taken.
    ///
    /// # Panics
    /// Never: `n` is clamped to the burst.
    pub fn take(&self, user: &UserId, cost: Cost, n: u32, now: Duration) -> Result<(), Limited> {
        self.clock.tell(now);
        let Some(n) = clamped(n, self.rates.of(cost)) else {
            return Ok(());
        };
        // Between two sweeps at most SWEEP_EVERY users can join: the sweep keeps the bound.
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.sweep();
        }
        if self.crowded.load(Ordering::Relaxed) {
            return self.crowd.take(cost, n.get(), now);
        }
        let outcome = self.buckets[cost as usize].check_key_n(user, n);
        outcome
            .expect("n is at most the burst")
            .map_err(|until| self.clock.limited(cost, until.earliest_possible()))
    }

    /// Forgets users whose buckets are full again, and sees whether too many remain.
    fn sweep(&self) {
        let mut most = 0;
        for buckets in &self.buckets {
            buckets.retain_recent();
            most = most.max(buckets.len());
        }
        self.crowded.store(most >= USERS_MAX, Ordering::Relaxed);
    }
}

/// A clock that tells what it was told last, in nanoseconds.
#[derive(Debug, Clone, Default)]
struct ToldClock(Arc<AtomicU64>);

impl ToldClock {
    fn tell(&self, now: Duration) {
        let now_ns = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        self.0.fetch_max(now_ns, Ordering::Relaxed);
    }

    fn limited(&self, cost: Cost, at: Nanos) -> Limited {
        let wait_ns = at.duration_since(self.now()).as_u64();
        Limited {
            cost,
            retry_after_ms: wait_ns.div_ceil(1_000_000).max(1),
        }
    }
}

impl Clock for ToldClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.load(Ordering::Relaxed).into()
    }
}

fn quota(rate: Rate) -> Quota {
    Quota::per_second(rate.per_s).allow_burst(rate.burst)
}

/// `None` for nothing, else at most a full bucket.
fn clamped(n: u32, rate: Rate) -> Option<NonZeroU32> {
    NonZeroU32::new(n).map(|n| n.min(rate.burst))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(per_s: u32, burst: u32) -> Rates {
        let rate = Rate {
            per_s: NonZeroU32::new(per_s).expect("not zero"),
            burst: NonZeroU32::new(burst).expect("not zero"),
        };
        Rates {
            frames: rate,
            bytes: rate,
            ops: rate,
            signals: rate,
            reads: rate,
            changes: rate,
        }
    }

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_burst_passes_then_the_rate_counts() {
        let limits = ConnectionLimits::new(rates(10, 5));
        assert_eq!(limits.take(Cost::Ops, 5, at(0)), Ok(()));
        let limited = Limited {
            cost: Cost::Ops,
            retry_after_ms: 100,
        };
        assert_eq!(limits.take(Cost::Ops, 1, at(0)), Err(limited));
        assert_eq!(
            limits.take(Cost::Frames, 5, at(0)),
            Ok(()),
            "classes are apart"
        );
        assert_eq!(limits.take(Cost::Ops, 1, at(100)), Ok(()));
        assert!(limits.take(Cost::Ops, 1, at(150)).is_err());
        assert!(
            limits.take(Cost::Ops, 1, at(20)).is_err(),
            "time does not run backwards"
        );
    }

    #[test]
    fn a_batch_beyond_the_bucket_waits_for_a_full_one() {
        let limits = ConnectionLimits::new(rates(10, 5));
        assert_eq!(limits.take(Cost::Bytes, 1_000_000, at(0)), Ok(()));
        let limited = limits
            .take(Cost::Bytes, 1_000_000, at(0))
            .expect_err("it is empty");
        assert_eq!(
            limits.take(Cost::Bytes, 1_000_000, at(limited.retry_after_ms)),
            Ok(())
        );
        assert_eq!(limits.take(Cost::Bytes, 0, at(0)), Ok(()));
    }

    #[test]
    fn users_are_apart_and_idle_ones_are_forgotten() {
        let limits = UserLimits::new(rates(10, 1));
        let user = |i: u32| format!("u{i}").parse::<UserId>().expect("an id");
        assert_eq!(limits.take(&user(1), Cost::Ops, 1, at(0)), Ok(()));
        assert!(limits.take(&user(1), Cost::Ops, 1, at(0)).is_err());
        assert_eq!(limits.take(&user(2), Cost::Ops, 1, at(0)), Ok(()));
        for i in 0..2 * SWEEP_EVERY {
            let _ = limits.take(&user(i), Cost::Ops, 1, at(u64::from(i) * 10));
        }
        assert!(limits.buckets[Cost::Ops as usize].len() <= 100);
    }

    #[test]
    fn a_crowd_shares_one_bucket_and_stays_bounded() {
        let limits = UserLimits::new(rates(1, 1));
        let users = u32::try_from(USERS_MAX).expect("it fits") + 2 * SWEEP_EVERY;
        for i in 0..users {
            let _ = limits.take(
                &format!("u{i}").parse().expect("an id"),
                Cost::Ops,
                1,
                at(0),
            );
        }
        let kept = limits.buckets[Cost::Ops as usize].len();
        assert!(kept <= USERS_MAX + SWEEP_EVERY as usize, "{kept}");
    }
}
