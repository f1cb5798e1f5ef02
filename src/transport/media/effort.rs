//! How busy the thread of a shard was: what decides how much it carries.

use crate::sfu::shedding::{Load, WINDOW};
use nix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};

/// What was seen since the window began.
pub(super) struct Effort {
    began: Instant,
    /// The thread's processor time then.
    worked: Duration,
    /// Time that the driver slept.
    pub(super) idle: Duration,
    /// The longest that a datagram waited in the socket.
    pub(super) waited: Duration,
    /// Since when departures wait although nothing holds them back but this thread.
    pub(super) behind: Option<Instant>,
}

impl Effort {
    /// Begins a window.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            began: now,
            worked: processor_time(),
            idle: Duration::ZERO,
            waited: Duration::ZERO,
            behind: None,
        }
    }

    /// How the window went, when it is over; then the next begins.
    pub(super) fn load(&mut self, now: Instant) -> Option<Load> {
        let passed = now.saturating_duration_since(self.began);
        if passed < WINDOW {
            return None;
        }
        let next = Self {
            behind: self.behind,
            ..Self::new(now)
        };
        // Actors also run while the driver sleeps; and a thread that others keep from the processor is busy without
        // having it.
        let awake = passed.saturating_sub(self.idle);
        let worked = next.worked.saturating_sub(self.worked);
        let busy = awake.max(worked).as_secs_f64() / passed.as_secs_f64();
        let waited = self.waited;
        *self = next;
        let since = |then| now.saturating_duration_since(then);
        Some(Load {
            busy: busy.min(1.0),
            waited,
            behind: self.behind.map_or(Duration::ZERO, since),
        })
    }
}

/// Of this thread. A system without that clock leaves what the driver sees by itself.
fn processor_time() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(Duration::ZERO, Duration::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_told_once_with_what_was_seen_in_it() {
        let began = Instant::now();
        let mut effort = Effort::new(began);
        effort.idle = WINDOW / 2;
        effort.waited = Duration::from_millis(7);
        effort.behind = Some(began + WINDOW / 2);
        assert_eq!(effort.load(began + WINDOW / 2), None);
        let load = effort.load(began + WINDOW).expect("a window is over");
        assert!(load.busy >= 0.5 && load.busy <= 1.0, "{load:?}");
        assert_eq!(load.waited, Duration::from_millis(7));
        assert_eq!(load.behind, WINDOW / 2);
        assert_eq!(effort.load(began + WINDOW), None);
        assert_eq!(effort.waited, Duration::ZERO);
        assert!(effort.behind.is_some(), "it goes on");
    }
}
