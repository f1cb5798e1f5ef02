//! How good a participant's connection is, as a number and the reason for it.
//!
//! Audio is judged by the E-model (ITU-T G.107 §7, with the delay term in the simplified form of Cole and Rosenbluth,
//! 2001, and the packet-loss term of G.113), pictures by how much of what is wanted gets through and how long it stands
//! still. The worst part decides, and names the reason.

mod meter;

pub use meter::QualityMeter;

use super::bandwidth::Bitrate;
use std::time::Duration;

/// The rating of a call without any impairment (G.107 default values).
const RATING_BEST: f64 = 93.2;
/// Coding, packets and playout besides what is measured.
const DELAY_BASE_MS: f64 = 40.0;
/// Above this mouth-to-ear delay conversation suffers (Cole and Rosenbluth).
const DELAY_KNEE_MS: f64 = 177.3;
/// Opus with concealment and repair stands this much loss in percent (G.113's packet-loss robustness factor).
const LOSS_ROBUSTNESS: f64 = 20.0;
/// No reason is given from this score on.
const GOOD: u8 = 90;

/// What limits a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The network between the participant and the server.
    Link,
    /// What the participant sends: layers or packets are missing though the link would carry them.
    Sender,
    /// What the participant's device can take in: pictures stand still though all arrives.
    Receiver,
    /// The server is overloaded.
    Server,
}

/// A score with its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quality {
    /// 0 (unusable) to 100 (nothing to improve).
    pub score: u8,
    /// What costs the most, when the score is below 90.
    pub reason: Option<Reason>,
}

/// What a score is made of, measured over the same few seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QualityInputs {
    /// Lost and not repaired on the way up, 0 to 1.
    pub loss_up: f64,
    /// Lost on the way down, as the client reports, 0 to 1.
    pub loss_down: f64,
    /// Round trip.
    pub rtt: Duration,
    /// Jitter (RFC 3550 §6.4.1).
    pub jitter: Duration,
    /// What the link down carries.
    pub estimate: Bitrate,
    /// What the subscriber could use. Zero: nothing is asked of the link.
    pub wanted: Bitrate,
    /// Part of the time in which the pictures it should see stood still, 0 to 1.
    pub frozen: f64,
    /// Part of what the participant publishes and is asked to send that does not arrive, 0 to 1.
    pub missing_up: f64,
    /// Packets that the server dropped for load of its own, as part of those it should have sent, 0 to 1.
    pub dropped_by_server: f64,
}

impl Default for QualityInputs {
    /// Nothing to improve.
    fn default() -> Self {
        Self {
            loss_up: 0.0,
            loss_down: 0.0,
            rtt: Duration::ZERO,
            jitter: Duration::ZERO,
            estimate: Bitrate::ZERO,
            wanted: Bitrate::ZERO,
            frozen: 0.0,
            missing_up: 0.0,
            dropped_by_server: 0.0,
        }
    }
}

/// The score of these inputs alone, without memory.
#[must_use]
pub fn score(inputs: &QualityInputs) -> Quality {
    let link = audio(inputs).min(bandwidth(inputs));
    let server = audio_after_loss(inputs.dropped_by_server);
    let sender = 100.0 * (1.0 - 0.8 * part(inputs.missing_up));
    let frozen = 100.0 * (1.0 - part(inputs.frozen)).powi(2);
    // A picture that stands still is the receiver's doing only if nothing else explains it.
    let explained = link.min(server) < f64::from(GOOD);
    let frozen_by = match (explained, link <= server) {
        (false, _) => Reason::Receiver,
        (true, true) => Reason::Link,
        (true, false) => Reason::Server,
    };
    let parts = [
        (server, Reason::Server),
        (link, Reason::Link),
        (sender, Reason::Sender),
        (frozen, frozen_by),
    ];
    let (worst, reason) = parts
        .into_iter()
        .min_by(|(a, _), (b, _)| a.total_cmp(b))
        .unwrap_or((100.0, Reason::Link));
    let score = worst.clamp(0.0, 100.0).round() as u8;
    Quality {
        score,
        reason: (score < GOOD).then_some(reason),
    }
}

/// The E-model's rating in percent of the best.
fn audio(inputs: &QualityInputs) -> f64 {
    // The jitter buffer holds about twice the jitter.
    let network_ms = inputs.rtt.as_secs_f64() * 500.0 + inputs.jitter.as_secs_f64() * 2_000.0;
    let delay_ms = DELAY_BASE_MS + network_ms;
    let late_ms = (delay_ms - DELAY_KNEE_MS).max(0.0);
    let delay_impairment = 0.024 * network_ms + 0.11 * late_ms;
    let loss = part(inputs.loss_up).max(part(inputs.loss_down));
    100.0 * (RATING_BEST - delay_impairment - loss_impairment(loss)) / RATING_BEST
}

fn audio_after_loss(loss: f64) -> f64 {
    100.0 * (RATING_BEST - loss_impairment(part(loss))) / RATING_BEST
}

fn loss_impairment(loss: f64) -> f64 {
    let percent = loss * 100.0;
    95.0 * percent / (percent + LOSS_ROBUSTNESS)
}

/// Half the rate is a smaller picture, not half a call: from 100 at all to 40 at nothing.
fn bandwidth(inputs: &QualityInputs) -> f64 {
    if inputs.wanted == Bitrate::ZERO {
        return 100.0;
    }
    let carried = (inputs.estimate.as_f64() / inputs.wanted.as_f64()).min(1.0);
    40.0 + 60.0 * carried.sqrt()
}

/// A part of one; nonsense is nothing.
const fn part(value: f64) -> f64 {
    if value.is_nan() {
        0.0
    } else {
        value.clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(change: impl FnOnce(&mut QualityInputs)) -> Quality {
        let mut inputs = QualityInputs::default();
        change(&mut inputs);
        score(&inputs)
    }

    #[test]
    fn nothing_wrong_is_a_hundred_without_reason() {
        let best = score(&QualityInputs::default());
        assert_eq!(
            best,
            Quality {
                score: 100,
                reason: None
            }
        );
        let near = of(|it| it.rtt = Duration::from_millis(50));
        assert!(near.score >= 98 && near.reason.is_none(), "{near:?}");
    }

    #[test]
    fn each_fault_has_its_reason() {
        let cases = [
            (of(|it| it.loss_up = 0.1), Reason::Link),
            (of(|it| it.loss_down = 0.1), Reason::Link),
            (of(|it| it.rtt = Duration::from_millis(600)), Reason::Link),
            (
                of(|it| it.jitter = Duration::from_millis(150)),
                Reason::Link,
            ),
            (of(|it| it.missing_up = 0.5), Reason::Sender),
            (of(|it| it.frozen = 0.3), Reason::Receiver),
            (of(|it| it.dropped_by_server = 0.1), Reason::Server),
            (
                of(|it| {
                    it.wanted = Bitrate::from_kbps(3_000);
                    it.estimate = Bitrate::from_kbps(500);
                }),
                Reason::Link,
            ),
            (
                of(|it| {
                    it.frozen = 0.5;
                    it.loss_down = 0.1;
                }),
                Reason::Link,
            ),
        ];
        for (quality, reason) in cases {
            assert_eq!(quality.reason, Some(reason), "{quality:?}");
            assert!(quality.score < 85, "{quality:?}");
        }
    }

    #[test]
    fn more_loss_is_never_better_and_nonsense_is_harmless() {
        let mut last = 100;
        for percent in 0..=100 {
            let quality = of(|it| it.loss_down = f64::from(percent) / 100.0);
            assert!(quality.score <= last);
            last = quality.score;
        }
        assert!(last < 25);
        let nonsense = of(|it| {
            it.loss_up = f64::NAN;
            it.frozen = -3.0;
            it.missing_up = f64::NEG_INFINITY;
        });
        assert_eq!(nonsense.score, 100);
    }
}
