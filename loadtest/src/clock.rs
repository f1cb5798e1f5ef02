//! One time line for every process of a run: wall microseconds that never step, and an alarm finer than tokio's timer.

use anyhow::Context;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use std::os::fd::OwnedFd;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::io::unix::AsyncFd;

/// Microseconds since 1970: the wall clock read once, then the monotonic clock, so that a step of the wall clock during
/// a run cannot bend a latency.
pub(crate) fn now_us() -> u64 {
    static ANCHOR: OnceLock<(Instant, u64)> = OnceLock::new();
    let (instant, wall_us) = ANCHOR.get_or_init(|| {
        let wall = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("the clock is past 1970");
        (Instant::now(), micros(wall))
    });
    wall_us + micros(instant.elapsed())
}

/// A duration in whole microseconds.
pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).expect("durations here are below 500,000 years")
}

/// Wakes its task at a time to the microsecond; tokio's own timer rounds up to the next millisecond, which would be
/// added to every latency.
pub(crate) struct Alarm(AsyncFd<OwnedFd>);

impl Alarm {
    /// # Errors
    /// When the kernel gives no timer.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags).context("creating a timer")?;
        #[expect(
            deprecated,
            reason = "its successor is unsafe for types that close early; an OwnedFd lives as long as it is held"
        )]
        let watched = AsyncFd::new(timer);
        Ok(Self(watched.context("watching a timer")?))
    }

    /// Returns at `at_us` (of [`now_us`]), or at once when that has passed.
    ///
    /// # Errors
    /// When the timer cannot be set or read.
    pub(crate) async fn until(&self, at_us: u64) -> anyhow::Result<()> {
        let Some(wait_us) = at_us.checked_sub(now_us()).filter(|us| *us > 0) else {
            return Ok(());
        };
        let once = Itimerspec {
            it_interval: Timespec::default(),
            it_value: Timespec {
                tv_sec: i64::try_from(wait_us / 1_000_000).context("an alarm too far away")?,
                tv_nsec: i64::try_from(wait_us % 1_000_000 * 1_000).context("nanoseconds")?,
            },
        };
        timerfd_settime(self.0.get_ref(), TimerfdTimerFlags::empty(), &once)
            .context("setting a timer")?;
        loop {
            let mut ready = self.0.readable().await.context("waiting for a timer")?;
            let mut count = [0; 8];
            let read = ready.try_io(|timer| Ok(rustix::io::read(timer.get_ref(), &mut count)?));
            if let Ok(done) = read {
                done.context("reading a timer")?;
                return Ok(());
            }
        }
    }
}
