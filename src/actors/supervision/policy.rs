//! The rules of restarting, pure: who is restarted, how often, after how long. Time and seed are arguments.

use super::exit::Exit;
use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// The most restarts an intensity may allow; larger figures count as this one, so a window stays small.
pub const INTENSITY_RESTARTS_MAX: u32 = 1024;

/// Which ends of a child's life are followed by another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// Every end, a normal one too.
    Permanent,
    /// Every end but a normal one.
    Transient,
    /// None.
    Temporary,
}

impl Restart {
    /// Whether a child that ended with `exit` lives again.
    #[must_use]
    pub fn follows(self, exit: &Exit) -> bool {
        match self {
            Self::Permanent => true,
            Self::Transient => *exit != Exit::Normal,
            Self::Temporary => false,
        }
    }
}

/// Who is restarted along with a failed child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// Nobody else.
    OneForOne,
    /// The children after it, which stand on it: suspended youngest first, then started in order once it runs.
    /// Dynamic children are younger than every static one, and stand on them but not on each other.
    RestForOne,
}

/// How many restarts are tolerated in how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intensity {
    /// Restarts allowed `within`; one more is too many. At most [`INTENSITY_RESTARTS_MAX`].
    pub restarts_max: u32,
    /// The sliding window.
    pub within: Duration,
}

/// What happens to too many restarts, and over whom they are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Excess {
    /// Counted over all children: the supervisor suspends them all and fails to its own parent; the root gives up.
    Escalate,
    /// Counted per child: that child is halted and refuses messages until it is released; its siblings go on.
    Quarantine,
}

/// The pause before a restart: none before the first in the window, then doubling with jitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The pause before the second restart, before jitter.
    pub base: Duration,
    /// The longest pause.
    pub max: Duration,
}

impl Backoff {
    /// The pause before the `attempt`-th restart in a row, counted from 1: a random share of 50 to 100 % of the
    /// doubled base, so that children that fell together do not rise together.
    pub(super) fn pause(&self, attempt: u32, jitter: &mut Jitter) -> Duration {
        let Some(doublings) = attempt.checked_sub(2) else {
            return Duration::ZERO;
        };
        let whole = self
            .base
            .saturating_mul(1 << doublings.min(20))
            .min(self.max);
        whole.mul_f64(0.5 + jitter.unit() / 2.0)
    }
}

/// All rules of one supervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Who is restarted along.
    pub strategy: Strategy,
    /// How many restarts are tolerated.
    pub intensity: Intensity,
    /// What happens to more.
    pub excess: Excess,
    /// The pause before a restart.
    pub backoff: Backoff,
    /// Seed of the jitter: the same seed and failures give the same pauses.
    pub seed: u64,
}

impl Default for Policy {
    /// One for one, 5 restarts in 10 s, then escalate; pauses of 10 ms to 5 s; seed 0.
    fn default() -> Self {
        Self {
            strategy: Strategy::OneForOne,
            intensity: Intensity {
                restarts_max: 5,
                within: Duration::from_secs(10),
            },
            excess: Excess::Escalate,
            backoff: Backoff {
                base: Duration::from_millis(10),
                max: Duration::from_secs(5),
            },
            seed: 0,
        }
    }
}

/// The instants of recent failures, at most as many as the intensity tolerates and one more.
#[derive(Debug, Default)]
pub(super) struct Window(VecDeque<Instant>);

/// What one more failure means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The n-th within the window, tolerated.
    Tolerated(u32),
    /// One too many.
    Exceeded,
}

impl Window {
    pub(super) fn record(&mut self, now: Instant, intensity: Intensity) -> Verdict {
        while self
            .0
            .front()
            .is_some_and(|at| now.saturating_duration_since(*at) > intensity.within)
        {
            self.0.pop_front();
        }
        let limit = intensity.restarts_max.min(INTENSITY_RESTARTS_MAX);
        let count = u32::try_from(self.0.len())
            .expect("the window holds at most INTENSITY_RESTARTS_MAX + 1");
        if count >= limit {
            return Verdict::Exceeded;
        }
        self.0.push_back(now);
        Verdict::Tolerated(count + 1)
    }

    pub(super) fn clear(&mut self) {
        self.0 = VecDeque::new();
    }
}

/// A small seeded generator (SplitMix64, Steele et al. 2014): jitter needs spread, not secrecy.
#[derive(Debug)]
pub(super) struct Jitter(u64);

impl Jitter {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number in [0, 1).
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTENSITY: Intensity = Intensity {
        restarts_max: 3,
        within: Duration::from_secs(5),
    };
    const BACKOFF: Backoff = Backoff {
        base: Duration::from_millis(10),
        max: Duration::from_secs(1),
    };

    #[test]
    fn one_more_than_the_intensity_is_too_many() {
        let (mut window, now) = (Window::default(), Instant::now());
        for n in 1..=3 {
            assert_eq!(window.record(now, INTENSITY), Verdict::Tolerated(n));
        }
        assert_eq!(window.record(now, INTENSITY), Verdict::Exceeded);
    }

    #[test]
    fn failures_leave_the_window_with_time() {
        let (mut window, now) = (Window::default(), Instant::now());
        for s in [0, 2, 4, 6, 8, 10] {
            let verdict = window.record(now + Duration::from_secs(s), INTENSITY);
            assert!(
                matches!(verdict, Verdict::Tolerated(1..=3)),
                "{s} s: {verdict:?}"
            );
        }
    }

    #[test]
    fn zero_restarts_tolerates_none() {
        let none = Intensity {
            restarts_max: 0,
            ..INTENSITY
        };
        assert_eq!(
            Window::default().record(Instant::now(), none),
            Verdict::Exceeded
        );
    }

    #[test]
    fn the_first_restart_is_immediate_and_pauses_double_up_to_the_limit() {
        let mut jitter = Jitter::new(7);
        assert_eq!(BACKOFF.pause(1, &mut jitter), Duration::ZERO);
        for attempt in 2..40 {
            let whole = BACKOFF
                .base
                .saturating_mul(1 << (attempt - 2).min(20))
                .min(BACKOFF.max);
            let pause = BACKOFF.pause(attempt, &mut jitter);
            assert!(
                pause >= whole / 2 && pause < whole,
                "{attempt}: {pause:?} of {whole:?}"
            );
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_pauses() {
        let pauses = |seed| {
            let mut jitter = Jitter::new(seed);
            (2..20)
                .map(|n| BACKOFF.pause(n, &mut jitter))
                .collect::<Vec<_>>()
        };
        assert_eq!(pauses(1), pauses(1));
        assert_ne!(pauses(1), pauses(2));
    }

    #[test]
    fn only_some_ends_are_followed_by_another_life() {
        let crash = Exit::error("x");
        assert!(Restart::Permanent.follows(&Exit::Normal) && Restart::Permanent.follows(&crash));
        assert!(!Restart::Transient.follows(&Exit::Normal) && Restart::Transient.follows(&crash));
        assert!(!Restart::Temporary.follows(&Exit::Normal) && !Restart::Temporary.follows(&crash));
    }
}
