//! The wall clock of a shard, read once: NTP for reports, the rest from monotonic time, so that it never jumps.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Seconds from 1900 to 1970 (RFC 5905 §6).
const NTP_UNIX_S: u64 = 2_208_988_800;

#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    started: Instant,
    /// Since 1900, at `started`.
    since_1900: Duration,
}

impl Clock {
    pub(super) fn new(now: Instant) -> Self {
        let unix = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            started: now,
            since_1900: unix + Duration::from_secs(NTP_UNIX_S),
        }
    }

    /// Seconds since 1900 in 1/2^32.
    pub(super) fn ntp(&self, now: Instant) -> u64 {
        let time = self.time(now);
        let fraction = (u64::from(time.subsec_nanos()) << 32) / 1_000_000_000;
        time.as_secs() << 32 | fraction
    }

    /// For the extension abs-send-time, which wraps every 64 s.
    pub(super) fn micros(&self, now: Instant) -> u64 {
        u64::try_from(self.time(now).as_micros()).unwrap_or(u64::MAX)
    }

    fn time(&self, now: Instant) -> Duration {
        self.since_1900 + now.saturating_duration_since(self.started)
    }
}
