//! Whether packets wait longer and longer: a line through the delays of the last groups.
//!
//! The filter of libwebrtc's `TrendlineEstimator`, which took the place of the Kalman filter of draft-ietf-rmcat-gcc-02
//! §5.3; the adaptive threshold is §5.4 of the draft.

use super::groups::GroupDelta;
use std::collections::VecDeque;

const WINDOW_GROUPS: usize = 20;
const SMOOTHING: f64 = 0.9;
const GAIN: f64 = 4.0;
const GROUPS_MAX: u32 = 1_000;
const GROUPS_FULL_WEIGHT: u32 = 60;
const THRESHOLD_START_MS: f64 = 12.5;
const THRESHOLD_MIN_MS: f64 = 6.0;
const THRESHOLD_MAX_MS: f64 = 600.0;
/// A trend this far above the threshold is a spike: the threshold does not follow it.
const SPIKE_MS: f64 = 15.0;
const GAIN_UP: f64 = 0.008_7;
const GAIN_DOWN: f64 = 0.039;
const ADAPT_STEP_MS_MAX: f64 = 100.0;
/// A trend must stand this long to count.
const OVERUSE_MS: f64 = 10.0;

/// What the trend says of the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sfu) enum Usage {
    /// Queues get shorter.
    Under,
    /// No change.
    Normal,
    /// Queues get longer.
    Over,
}

/// The trend of the delay.
#[derive(Debug)]
pub(in crate::sfu) struct Trendline {
    groups: u32,
    first_at_us: Option<i64>,
    accumulated_ms: f64,
    smoothed_ms: f64,
    /// Time of arrival and smoothed delay of the last groups, in ms.
    window: VecDeque<(f64, f64)>,
    trend: f64,
    threshold_ms: f64,
    adapted_ms: Option<f64>,
    over_ms: Option<f64>,
    over_groups: u32,
    usage: Usage,
}

impl Trendline {
    pub(in crate::sfu) fn new() -> Self {
        Self {
            groups: 0,
            first_at_us: None,
            accumulated_ms: 0.0,
            smoothed_ms: 0.0,
            window: VecDeque::with_capacity(WINDOW_GROUPS + 1),
            trend: 0.0,
            threshold_ms: THRESHOLD_START_MS,
            adapted_ms: None,
            over_ms: None,
            over_groups: 0,
            usage: Usage::Normal,
        }
    }

    pub(in crate::sfu) const fn usage(&self) -> Usage {
        self.usage
    }

    /// Takes the difference between two groups.
    pub(in crate::sfu) fn update(&mut self, delta: GroupDelta) {
        let sent_ms = delta.sent_us as f64 / 1_000.0;
        let delay_ms = (delta.arrived_us - delta.sent_us) as f64 / 1_000.0;
        self.groups = (self.groups + 1).min(GROUPS_MAX);
        let first_at_us = *self.first_at_us.get_or_insert(delta.at_us);
        let at_ms = (delta.at_us - first_at_us) as f64 / 1_000.0;
        self.accumulated_ms += delay_ms;
        self.smoothed_ms = SMOOTHING * self.smoothed_ms + (1.0 - SMOOTHING) * self.accumulated_ms;
        self.window.push_back((at_ms, self.smoothed_ms));
        if self.window.len() > WINDOW_GROUPS {
            self.window.pop_front();
        }
        let trend = if self.window.len() == WINDOW_GROUPS {
            slope(&self.window).unwrap_or(self.trend)
        } else {
            self.trend
        };
        self.detect(trend, sent_ms, at_ms);
    }

    fn detect(&mut self, trend: f64, sent_ms: f64, at_ms: f64) {
        if self.groups < 2 {
            return;
        }
        let weighted_ms = f64::from(self.groups.min(GROUPS_FULL_WEIGHT)) * trend * GAIN;
        if weighted_ms > self.threshold_ms {
            let over_ms = self.over_ms.map_or(sent_ms / 2.0, |ms| ms + sent_ms);
            self.over_ms = Some(over_ms);
            self.over_groups += 1;
            if over_ms > OVERUSE_MS && self.over_groups > 1 && trend >= self.trend {
                self.over_ms = Some(0.0);
                self.over_groups = 0;
                self.usage = Usage::Over;
            }
        } else {
            self.over_ms = None;
            self.over_groups = 0;
            self.usage = if weighted_ms < -self.threshold_ms {
                Usage::Under
            } else {
                Usage::Normal
            };
        }
        self.trend = trend;
        self.adapt(weighted_ms.abs(), at_ms);
    }

    /// The threshold follows the trend slowly, so that other flows in the same queue do not starve this one.
    fn adapt(&mut self, weighted_ms: f64, at_ms: f64) {
        let step_ms = (at_ms - self.adapted_ms.unwrap_or(at_ms)).clamp(0.0, ADAPT_STEP_MS_MAX);
        self.adapted_ms = Some(at_ms);
        if weighted_ms > self.threshold_ms + SPIKE_MS {
            return;
        }
        let gain = if weighted_ms < self.threshold_ms {
            GAIN_DOWN
        } else {
            GAIN_UP
        };
        self.threshold_ms += gain * (weighted_ms - self.threshold_ms) * step_ms;
        self.threshold_ms = self.threshold_ms.clamp(THRESHOLD_MIN_MS, THRESHOLD_MAX_MS);
    }
}

/// The slope of the line of least squares, unless all points have the same time.
fn slope(points: &VecDeque<(f64, f64)>) -> Option<f64> {
    let n = points.len() as f64;
    let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / n;
    let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / n;
    let mut numerator = 0.0;
    let mut denominator = 0.0;
    for (x, y) in points {
        numerator += (x - mean_x) * (y - mean_y);
        denominator += (x - mean_x) * (x - mean_x);
    }
    (denominator > 0.0).then(|| numerator / denominator)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Groups sent every 20 ms that take `growth_us` longer each time.
    fn run(trendline: &mut Trendline, from: i64, groups: i64, growth_us: i64) -> Vec<Usage> {
        (from..from + groups)
            .map(|step| {
                trendline.update(GroupDelta {
                    sent_us: 20_000,
                    arrived_us: 20_000 + growth_us,
                    at_us: step * (20_000 + growth_us),
                });
                trendline.usage()
            })
            .collect()
    }

    #[test]
    fn a_growing_queue_is_overuse_and_a_shrinking_one_is_not() {
        let mut trendline = Trendline::new();
        assert!(
            run(&mut trendline, 0, 60, 0)
                .iter()
                .all(|it| *it == Usage::Normal)
        );
        let growing = run(&mut trendline, 60, 20, 4_000);
        let detected = growing.iter().position(|it| *it == Usage::Over);
        assert!(detected.is_some_and(|groups| groups < 15), "{growing:?}");
        let shrinking = run(&mut trendline, 80, 60, -4_000);
        assert!(shrinking.contains(&Usage::Under), "{shrinking:?}");
        assert_eq!(run(&mut trendline, 140, 60, 0).last(), Some(&Usage::Normal));
    }

    #[test]
    fn a_steady_delay_is_no_overuse_however_long() {
        let mut trendline = Trendline::new();
        for step in 0..2_000_i64 {
            let jitter_us = if step % 2 == 0 { 2_000 } else { -2_000 };
            trendline.update(GroupDelta {
                sent_us: 20_000,
                arrived_us: 20_000 + jitter_us,
                at_us: step * 20_000,
            });
            assert_ne!(trendline.usage(), Usage::Over, "group {step}");
        }
    }
}
