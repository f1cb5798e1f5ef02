//! The quality over time: it changes when it means it.

use super::{GOOD, Quality, QualityInputs, Reason, score};
use std::time::{Duration, Instant};

/// How much a new measurement counts when it is worse, and when it is better.
const WEIGHT_WORSE: f64 = 0.6;
const WEIGHT_BETTER: f64 = 0.25;
/// A smaller change is not told.
const STEP: f64 = 8.0;
const INTERVAL_MIN: Duration = Duration::from_secs(2);

/// The quality of one participant over time.
#[derive(Debug, Default)]
pub struct QualityMeter {
    smoothed: Option<f64>,
    reason: Option<Reason>,
    told: Option<(Instant, Quality)>,
}

impl QualityMeter {
    /// Nothing measured yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            smoothed: None,
            reason: None,
            told: None,
        }
    }

    /// Takes one measurement (every 1 to 5 s) and gives the quality to show, if it changed: quickly when it gets worse,
    /// slowly when it gets better.
    pub fn update(&mut self, now: Instant, inputs: &QualityInputs) -> Option<Quality> {
        let measured = score(inputs);
        let value = f64::from(measured.score);
        let before = self.smoothed.unwrap_or(value);
        let weight = if value < before {
            WEIGHT_WORSE
        } else {
            WEIGHT_BETTER
        };
        let smoothed = before + weight * (value - before);
        self.smoothed = Some(smoothed);
        self.reason = measured.reason.or(self.reason);
        let score = smoothed.round() as u8;
        let quality = Quality {
            score,
            reason: self.reason.filter(|_| score < GOOD),
        };
        let tells = self.told.is_none_or(|(at, told)| {
            let step = (f64::from(told.score) - smoothed).abs() >= STEP;
            let crossed = told.reason != quality.reason;
            now.saturating_duration_since(at) >= INTERVAL_MIN && (step || crossed)
        });
        tells.then(|| {
            self.told = Some((now, quality));
            quality
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worse_is_told_soon_and_better_slowly() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let good = QualityInputs::default();
        let bad = QualityInputs {
            loss_down: 0.2,
            ..good
        };
        let mut meter = QualityMeter::new();
        let first = meter.update(at(0), &good).expect("the first is told");
        assert_eq!(first.score, 100);
        for second in 1..10 {
            assert_eq!(meter.update(at(second), &good), None);
        }
        let worse = meter.update(at(10), &bad).expect("told at once");
        assert!(
            worse.score < 75 && worse.reason == Some(Reason::Link),
            "{worse:?}"
        );
        for second in 11..20 {
            meter.update(at(second), &bad);
        }
        assert_eq!(meter.update(at(20), &bad), None, "nothing new");
        let told: Vec<_> = (21..60)
            .filter_map(|second| meter.update(at(second), &good))
            .collect();
        assert!((2..=8).contains(&told.len()), "{told:?}");
        assert!(told.is_sorted_by_key(|it| it.score));
        assert!(
            told.last().is_some_and(|it| it.reason.is_none()),
            "{told:?}"
        );
    }

    #[test]
    fn small_changes_are_not_told() {
        let start = Instant::now();
        let mut meter = QualityMeter::new();
        let told = (0..100_u64)
            .filter(|second| {
                let inputs = QualityInputs {
                    loss_down: if second % 2 == 0 { 0.001 } else { 0.01 },
                    ..QualityInputs::default()
                };
                meter
                    .update(start + Duration::from_secs(*second), &inputs)
                    .is_some()
            })
            .count();
        assert_eq!(told, 1);
    }
}
