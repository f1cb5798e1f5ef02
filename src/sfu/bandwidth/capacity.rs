//! What the link carried when it was full.

/// libwebrtc's `LinkCapacityEstimator`: a mean with its deviation, of the rates seen when the queue grew.
#[derive(Debug)]
pub(super) struct LinkCapacity {
    mean_kbps: Option<f64>,
    deviation: f64,
    seen_us: Option<i64>,
}

const OVERUSE_WEIGHT: f64 = 0.05;
const PROBE_WEIGHT: f64 = 0.5;
const DEVIATION_MIN: f64 = 0.4;
const DEVIATION_MAX: f64 = 2.5;
/// After this time without seeing the link full, it may have changed unseen.
const VALID_US: i64 = 30_000_000;

impl LinkCapacity {
    pub(super) const fn new() -> Self {
        Self {
            mean_kbps: None,
            deviation: DEVIATION_MIN,
            seen_us: None,
        }
    }

    /// The queue grew while this much arrived.
    pub(super) fn on_overuse(&mut self, now_us: i64, acked_bps: f64) {
        self.update(now_us, acked_bps, OVERUSE_WEIGHT);
    }

    /// A probe filled the link, which let this much through.
    pub(super) fn on_full_probe(&mut self, now_us: i64, rate_bps: f64) {
        self.update(now_us, rate_bps, PROBE_WEIGHT);
    }

    pub(super) fn forget(&mut self) {
        self.mean_kbps = None;
    }

    pub(super) fn mean_bps(&self) -> Option<f64> {
        self.mean_kbps.map(|kbps| kbps * 1_000.0)
    }

    /// Whether the link was full not long ago: what is above was then tried.
    pub(super) fn is_fresh(&self, now_us: i64) -> bool {
        self.seen_us
            .is_some_and(|seen_us| now_us - seen_us < VALID_US)
    }

    /// Whether a rate is within three standard deviations of the mean, above or below it.
    pub(super) fn is_near(&self, rate_bps: f64) -> bool {
        self.mean_kbps.is_some_and(|mean| {
            let sigma = (self.deviation * mean).sqrt();
            (rate_bps / 1_000.0 - mean).abs() <= 3.0 * sigma
        })
    }

    fn update(&mut self, now_us: i64, sample_bps: f64, weight: f64) {
        let sample = sample_bps / 1_000.0;
        let mean = match self.mean_kbps {
            None => sample,
            Some(mean) => mean + weight * (sample - mean),
        };
        let error = mean - sample;
        self.deviation += weight * (error * error / mean.max(1.0) - self.deviation);
        self.deviation = self.deviation.clamp(DEVIATION_MIN, DEVIATION_MAX);
        self.mean_kbps = Some(mean);
        self.seen_us = Some(now_us);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_knows_what_is_near_and_forgets_in_time() {
        let mut capacity = LinkCapacity::new();
        assert!(!capacity.is_near(1e6) && !capacity.is_fresh(0));
        for _ in 0..20 {
            capacity.on_overuse(1_000, 1e6);
        }
        assert!(capacity.is_near(1.05e6));
        assert!(!capacity.is_near(1.5e6) && !capacity.is_near(0.5e6));
        assert!(capacity.is_fresh(VALID_US) && !capacity.is_fresh(VALID_US + 1_000));
    }
}
