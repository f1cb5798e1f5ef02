//! Hybrid logical clocks (Kulkarni et al., "Logical Physical Clocks", 2014): wall time that never runs backwards.

use crate::id::{IdError, WIRE_INTEGER_MAX};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A hybrid logical time: Unix milliseconds (≤ 2^53 − 1) and a counter. On the wire: `[ms, counter]`.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "(u64, u32)", into = "(u64, u32)")]
pub struct Hlc {
    ms: u64,
    counter: u32,
}

impl Hlc {
    /// The time at `ms` Unix milliseconds.
    ///
    /// # Errors
    /// [`IdError::Integer`] when `ms` is beyond 2^53 − 1.
    pub const fn new(ms: u64, counter: u32) -> Result<Self, IdError> {
        if ms > WIRE_INTEGER_MAX {
            return Err(IdError::Integer { min: 0 });
        }
        Ok(Self { ms, counter })
    }

    /// Unix milliseconds.
    #[must_use]
    pub const fn ms(self) -> u64 {
        self.ms
    }

    /// The counter that orders events within one millisecond.
    #[must_use]
    pub const fn counter(self) -> u32 {
        self.counter
    }

    /// The next reading of a clock that last read `self` while the wall clock shows `now_ms`: strictly greater than `self`.
    #[must_use]
    pub const fn tick(self, now_ms: u64) -> Self {
        let now_ms = if now_ms > WIRE_INTEGER_MAX {
            WIRE_INTEGER_MAX
        } else {
            now_ms
        };
        if now_ms > self.ms {
            Self {
                ms: now_ms,
                counter: 0,
            }
        } else if self.counter < u32::MAX {
            Self {
                ms: self.ms,
                counter: self.counter + 1,
            }
        } else if self.ms < WIRE_INTEGER_MAX {
            Self {
                ms: self.ms + 1,
                counter: 0,
            }
        } else {
            self // the year 287396: time has ended
        }
    }

    /// The next reading of a client's clock that last read `self`, on seeing the stamp `seen` while its wall clock shows
    /// `now_ms`: greater than both. Servers never do this with a client's clock, or one wrong clock would move all.
    #[must_use]
    pub fn receive(self, seen: Stamp, now_ms: u64) -> Self {
        self.max(seen.0).tick(now_ms)
    }

    /// What an author's clock counts for: no later than the stamp, so a clock that runs ahead wins nothing.
    #[must_use]
    pub fn effective(self, stamp: Stamp) -> Self {
        self.min(stamp.0)
    }
}

impl TryFrom<(u64, u32)> for Hlc {
    type Error = IdError;

    fn try_from((ms, counter): (u64, u32)) -> Result<Self, IdError> {
        Self::new(ms, counter)
    }
}

impl From<Hlc> for (u64, u32) {
    fn from(hlc: Hlc) -> Self {
        (hlc.ms, hlc.counter)
    }
}

impl fmt::Debug for Hlc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.ms, self.counter)
    }
}

/// The time the first server to accept an op gave it; orders the timeline together with the dot.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Stamp(pub Hlc);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64, counter: u32) -> Hlc {
        Hlc::new(ms, counter).expect("in range")
    }

    #[test]
    fn ticks_grow_when_the_wall_clock_stands_or_runs_back() {
        assert_eq!(at(5, 3).tick(6), at(6, 0));
        assert_eq!(at(5, 3).tick(5), at(5, 4));
        assert_eq!(at(5, 3).tick(1), at(5, 4));
        assert_eq!(at(5, u32::MAX).tick(1), at(6, 0));
    }

    #[test]
    fn receiving_passes_both_clocks() {
        assert_eq!(at(5, 3).receive(Stamp(at(9, 2)), 7), at(9, 3));
        assert_eq!(at(5, 3).receive(Stamp(at(2, 2)), 4), at(5, 4));
        assert_eq!(at(5, 3).receive(Stamp(at(9, 2)), 10), at(10, 0));
    }

    #[test]
    fn a_clock_that_runs_ahead_counts_as_its_stamp() {
        assert_eq!(at(99, 0).effective(Stamp(at(9, 2))), at(9, 2));
        assert_eq!(at(3, 0).effective(Stamp(at(9, 2))), at(3, 0));
    }
}
