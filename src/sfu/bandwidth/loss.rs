//! What packet loss says of the link.
//!
//! Draft-ietf-rmcat-gcc-02 §6 goes down above 10 % loss. Random loss (radio) is not congestion, though: here loss only
//! sets a cap, the sampling error is allowed for, and loss that stays the same however little is sent is taken as the
//! link's own. (libwebrtc's loss-based estimator v2 has the same aim by fitting a model.)

use super::Bitrate;

const PACKETS_MIN: u32 = 100;
const WINDOW_US_MIN: i64 = 250_000;
/// Windows with few packets close after this time, with at least [`PACKETS_FEW`].
const WINDOW_US_LONG: i64 = 1_000_000;
const PACKETS_FEW: u32 = 20;
const WINDOW_US_MAX: i64 = 3_000_000;

const LOSS_HIGH: f64 = 0.10;
const LOSS_LOW: f64 = 0.02;
/// Standard deviations of the sampling error that are allowed for.
const SIGMAS: f64 = 2.5;
/// How far above the link's own loss the loss must be.
const ABOVE_OWN: f64 = 0.05;
const OWN_MAX: f64 = 0.35;
/// How fast the cap is lifted per second, with little loss and with some.
const LIFT_LOW_PER_S: f64 = 1.15;
const LIFT_PER_S: f64 = 1.05;
/// A rate must have fallen to this part to tell whether that helped.
const TRIAL: f64 = 0.75;
const SMOOTHING: f64 = 0.3;

/// The loss and the offered rate when the cap was first lowered.
#[derive(Debug, Clone, Copy)]
struct Trial {
    loss: f64,
    offered_bps: f64,
}

/// The loss-based cap of one link.
#[derive(Debug, Default)]
pub(in crate::sfu) struct LossControl {
    packets: u32,
    missing: u32,
    bytes: u64,
    from_us: Option<i64>,
    /// Loss over the last windows.
    smoothed: f64,
    /// The loss that the link has of its own.
    own: f64,
    cap_bps: Option<f64>,
    trial: Option<Trial>,
}

impl LossControl {
    /// The most that loss allows.
    pub(in crate::sfu) fn cap(&self) -> Option<Bitrate> {
        self.cap_bps.map(Bitrate::from_f64)
    }

    pub(in crate::sfu) const fn loss(&self) -> f64 {
        self.smoothed
    }

    /// Counts what a feedback reported. `rate` is what the other estimators allow.
    pub(in crate::sfu) fn on_packets(&mut self, now_us: i64, counts: LossCounts, rate: Bitrate) {
        let from_us = *self.from_us.get_or_insert(now_us);
        self.packets += counts.packets;
        self.missing = (self.missing + counts.missing).saturating_sub(counts.recovered);
        self.bytes += counts.bytes;
        let span_us = now_us - from_us;
        let closes = (self.packets >= PACKETS_MIN && span_us >= WINDOW_US_MIN)
            || (self.packets >= PACKETS_FEW && span_us >= WINDOW_US_LONG);
        if closes {
            let loss = f64::from(self.missing) / f64::from(self.packets);
            let offered_bps = self.bytes as f64 * 8e6 / span_us as f64;
            self.close(span_us, loss, f64::from(self.packets), offered_bps, rate);
        }
        if closes || span_us >= WINDOW_US_MAX {
            (self.packets, self.missing, self.bytes) = (0, 0, 0);
            self.from_us = Some(now_us);
        }
    }

    /// A receiver report in place of feedback: the fraction lost over `span_us`, in which `offered` was sent.
    pub(in crate::sfu) fn on_report(
        &mut self,
        span_us: i64,
        loss: f64,
        offered: Bitrate,
        rate: Bitrate,
    ) {
        let bytes = offered.as_f64() * span_us as f64 / 8e6;
        // Packets of 1,000 bytes, about: it only weighs the sampling error.
        let packets = (bytes / 1_000.0).clamp(20.0, 1_000.0);
        let loss = loss.clamp(0.0, 1.0);
        self.close(span_us, loss, packets, offered.as_f64(), rate);
    }

    fn close(&mut self, span_us: i64, loss: f64, packets: f64, offered_bps: f64, rate: Bitrate) {
        self.smoothed += SMOOTHING * (loss - self.smoothed);
        self.own = self.own.min(self.own + 0.2 * (loss - self.own));
        let high = LOSS_HIGH.max(self.own + ABOVE_OWN);
        let sigma = (high * (1.0 - high) / packets).sqrt();
        if loss > high + SIGMAS * sigma {
            self.lower(loss, offered_bps, rate);
        } else {
            self.lift(loss, span_us, rate);
        }
    }

    fn lower(&mut self, loss: f64, offered_bps: f64, rate: Bitrate) {
        let trial = *self.trial.get_or_insert(Trial { loss, offered_bps });
        if offered_bps <= TRIAL * trial.offered_bps {
            // A full link would now lose what exceeds it; the link's own loss stays what it was.
            let carried = (1.0 - trial.loss) * trial.offered_bps / offered_bps.max(1.0);
            let congestion = (1.0 - carried).max(0.0);
            if loss > f64::midpoint(trial.loss, congestion) {
                self.own = loss.min(OWN_MAX);
                self.trial = None;
                return;
            }
            self.trial = Some(Trial { loss, offered_bps });
        }
        let base_bps = self.cap_bps.unwrap_or(f64::MAX).min(rate.as_f64());
        self.cap_bps = Some(base_bps * (1.0 - 0.5 * loss));
    }

    fn lift(&mut self, loss: f64, span_us: i64, rate: Bitrate) {
        if loss < LOSS_HIGH {
            self.trial = None;
        }
        let per_s = if loss < LOSS_LOW.max(self.own) {
            LIFT_LOW_PER_S
        } else {
            LIFT_PER_S
        };
        self.cap_bps = self
            .cap_bps
            .map(|bps| bps * per_s.powf(span_us as f64 / 1e6))
            .filter(|bps| *bps < rate.as_f64());
    }
}

/// Packets reported for the first time, those missing among them, those recovered since, and bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::sfu) struct LossCounts {
    pub(in crate::sfu) packets: u32,
    pub(in crate::sfu) missing: u32,
    pub(in crate::sfu) recovered: u32,
    pub(in crate::sfu) bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends at the cap (or `rate`) for `seconds`; `lost` of the offered rate is lost.
    fn run(
        control: &mut LossControl,
        rate_kbps: u64,
        seconds: i64,
        lost: impl Fn(f64) -> f64,
    ) -> f64 {
        let rate = Bitrate::from_kbps(rate_kbps);
        let mut offered = rate;
        for step in 0..seconds * 10 {
            offered = control.cap().unwrap_or(rate).min(rate);
            let packets = (offered.as_f64() / 8_000.0 / 10.0).ceil() as u32;
            // Rounded by turns, so that small windows have the right mean.
            let missing = lost(offered.as_f64()) * f64::from(packets);
            let missing = (missing + f64::from((step % 2) as u32)).floor() as u32;
            let counts = LossCounts {
                packets,
                missing: missing.min(packets),
                recovered: 0,
                bytes: u64::from(packets) * 1_000,
            };
            control.on_packets(step * 100_000, counts, rate);
        }
        offered.as_f64()
    }

    #[test]
    fn a_policer_is_respected() {
        let mut control = LossControl::default();
        let offered = run(&mut control, 4_000, 10, |bps| (1.0 - 1e6 / bps).max(0.0));
        assert!((0.8e6..1.4e6).contains(&offered), "{offered}");
    }

    #[test]
    fn random_loss_of_the_link_is_not_congestion() {
        for percent in [1.0, 5.0, 10.0, 20.0, 30.0] {
            let mut control = LossControl::default();
            let offered = run(&mut control, 2_000, 60, |_| percent / 100.0);
            assert!(offered > 1.2e6, "{percent} %: {offered}");
        }
    }

    #[test]
    fn the_cap_goes_away_with_the_loss() {
        let mut control = LossControl::default();
        run(&mut control, 4_000, 5, |bps| (1.0 - 1e6 / bps).max(0.0));
        assert!(control.cap().is_some());
        for step in 0..400 {
            let counts = LossCounts {
                packets: 50,
                bytes: 50_000,
                ..LossCounts::default()
            };
            control.on_packets(
                10_000_000 + step * 100_000,
                counts,
                Bitrate::from_kbps(4_000),
            );
        }
        assert_eq!(control.cap(), None);
    }

    #[test]
    fn too_few_packets_say_nothing() {
        let mut control = LossControl::default();
        for step in 0..30 {
            let counts = LossCounts {
                packets: 1,
                missing: 1,
                recovered: 0,
                bytes: 100,
            };
            control.on_packets(step * 200_000, counts, Bitrate::from_kbps(1_000));
        }
        assert_eq!(control.cap(), None);
    }
}
