//! Bits per second.

use std::{fmt, iter::Sum, ops, time::Duration};

/// A bit rate, in bits per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Bitrate(pub u64);

impl Bitrate {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From thousands of bits per second.
    #[must_use]
    pub const fn from_kbps(kbps: u64) -> Self {
        Self(kbps * 1_000)
    }

    /// The rate at which `bytes` pass in `time`; the highest rate when `time` is zero.
    #[must_use]
    pub fn from_bytes_over(bytes: u64, time: Duration) -> Self {
        if time.is_zero() {
            return Self(u64::MAX);
        }
        Self::from_f64(bytes as f64 * 8.0 / time.as_secs_f64())
    }

    /// The bytes that pass in `time`.
    #[must_use]
    pub fn bytes_in(self, time: Duration) -> u64 {
        (self.0 as f64 * time.as_secs_f64() / 8.0) as u64
    }

    /// How long `bytes` take; [`Duration::MAX`] at rate zero.
    #[must_use]
    pub fn time_for(self, bytes: u64) -> Duration {
        if self.0 == 0 {
            return Duration::MAX;
        }
        Duration::try_from_secs_f64(bytes as f64 * 8.0 / self.0 as f64).unwrap_or(Duration::MAX)
    }

    /// This rate times `factor` (not negative).
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        Self::from_f64(self.0 as f64 * factor)
    }

    /// This rate less `other`, never below zero.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// As a floating-point number of bits per second.
    #[must_use]
    pub const fn as_f64(self) -> f64 {
        self.0 as f64
    }

    /// The nearest rate; negative numbers and NaN give zero, infinity the highest.
    #[must_use]
    pub fn from_f64(bps: f64) -> Self {
        Self(bps.round() as u64)
    }
}

impl ops::Add for Bitrate {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sum for Bitrate {
    fn sum<I: Iterator<Item = Self>>(rates: I) -> Self {
        rates.fold(Self::ZERO, |sum, rate| sum + rate)
    }
}

impl fmt::Display for Bitrate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} kbit/s", self.0 / 1_000)
    }
}
