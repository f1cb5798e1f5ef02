//! The wall clock of the node.

use std::time::{SystemTime, UNIX_EPOCH};

/// Reads the wall clock, as a number that every reader of the wire can hold.
#[derive(Debug, Clone, Copy, Default)]
pub struct WallClock;

impl WallClock {
    /// Unix milliseconds; 0 for a clock set before 1970. It may step back: stamps do not, since they are hybrid.
    #[must_use]
    pub fn now_ms(self) -> u64 {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        u64::try_from(since_epoch.as_millis())
            .unwrap_or(u64::MAX)
            .min(crate::id::WIRE_INTEGER_MAX)
    }
}
