//! The rate that follows from the link's state: up while there is room, down when the queue grows.
//!
//! AIMD of draft-ietf-rmcat-gcc-02 §5.5 as in libwebrtc's `AimdRateControl`. It differs in what an SFU sends, steps
//! between layers: a rate that was never tried is not estimated, except by a probe (see `CEILING_*`).

use super::{Bitrate, EstimatorLimits, capacity::LinkCapacity, trendline::Usage};

/// What is left of the acknowledged rate after overuse. The draft has 0.85, which also drains the queue; here the pacer
/// drains it, so that the estimate may stay near what the link carries.
const BACKOFF: f64 = 0.92;
/// Growth per second while the link's capacity is unknown.
const GROWTH_PER_S: f64 = 1.08;
/// The least growth near the capacity, in bit/s per second.
const GROWTH_MIN_BPS: f64 = 4_000.0;
/// How far an estimate grows above what arrives: while the link was full of late, and otherwise.
const CEILING_KNOWN: f64 = 1.05;
const CEILING_UNKNOWN: f64 = 1.5;
const CEILING_EXTRA_BPS: f64 = 10_000.0;
const STEP_US_MAX: i64 = 1_000_000;
const REDUCE_US_MIN: i64 = 50_000;
const REDUCE_US_MAX: i64 = 200_000;
/// A reduction does not wait when less than this part of the rate arrives.
const COLLAPSE: f64 = 0.5;
/// While the queue drains, what arrives is measured over moments: only much less than the rate lowers it again.
const SETTLE_US: i64 = 1_000_000;
const SETTLED: f64 = 0.8;
/// Probes that fill the link below the estimate lower it when they agree, so many in a row.
const LOW_PROBES: u8 = 2;

/// The delay-based rate of one link.
#[derive(Debug)]
pub(in crate::sfu) struct RateControl {
    limits: EstimatorLimits,
    current_bps: f64,
    increasing: bool,
    capacity: LinkCapacity,
    updated_us: Option<i64>,
    reduced_us: Option<i64>,
    low_probes: u8,
    low_probe_bps: f64,
}

impl RateControl {
    pub(in crate::sfu) fn new(limits: EstimatorLimits) -> Self {
        Self {
            limits,
            current_bps: limits.start.as_f64(),
            increasing: true,
            capacity: LinkCapacity::new(),
            updated_us: None,
            reduced_us: None,
            low_probes: 0,
            low_probe_bps: 0.0,
        }
    }

    pub(in crate::sfu) fn rate(&self) -> Bitrate {
        Bitrate::from_f64(self.current_bps)
    }

    /// When it last went down.
    pub(in crate::sfu) const fn reduced_us(&self) -> Option<i64> {
        self.reduced_us
    }

    /// The queue grows: goes down to what arrives, at most once a round trip. True when it did.
    pub(in crate::sfu) fn on_overuse(
        &mut self,
        now_us: i64,
        rtt_us: i64,
        acked: Option<Bitrate>,
    ) -> bool {
        let pause_us = rtt_us.clamp(REDUCE_US_MIN, REDUCE_US_MAX);
        let since_us = self.reduced_us.map_or(i64::MAX, |at_us| now_us - at_us);
        let remains = acked.map_or(1.0, |rate| rate.as_f64() / self.current_bps);
        let waits = (since_us < pause_us && remains > COLLAPSE)
            || (since_us < SETTLE_US && remains > SETTLED);
        if waits {
            return false;
        }
        let Some(acked_bps) = acked.map(Bitrate::as_f64) else {
            self.reduce(now_us, self.current_bps / 2.0);
            return true;
        };
        let mut target_bps = acked_bps * BACKOFF;
        if target_bps > self.current_bps
            && let Some(mean_bps) = self.capacity.mean_bps()
        {
            target_bps = mean_bps * BACKOFF;
        }
        if !self.capacity.is_near(acked_bps) {
            self.capacity.forget();
        }
        self.capacity.on_overuse(now_us, acked_bps);
        self.reduce(now_us, target_bps.min(self.current_bps));
        true
    }

    /// No overuse: holds while the queue gets shorter, else grows a little, as far as `acked` supports it.
    pub(in crate::sfu) fn on_room(
        &mut self,
        now_us: i64,
        usage: Usage,
        rtt_us: i64,
        acked: Option<Bitrate>,
    ) {
        let step_us = (now_us - self.updated_us.unwrap_or(now_us)).clamp(0, STEP_US_MAX);
        self.updated_us = Some(now_us);
        let was_increasing = self.increasing;
        self.increasing = usage == Usage::Normal;
        if !self.increasing || !was_increasing {
            return;
        }
        let Some(acked_bps) = acked.map(Bitrate::as_f64) else {
            return;
        };
        let step_s = step_us as f64 / 1e6;
        let grown_bps = if self.capacity.is_near(self.current_bps) {
            self.current_bps + self.additive_bps_per_s(rtt_us) * step_s
        } else {
            self.current_bps * GROWTH_PER_S.powf(step_s)
        };
        let factor = if self.capacity.is_fresh(now_us) {
            CEILING_KNOWN
        } else {
            CEILING_UNKNOWN
        };
        let ceiling_bps = acked_bps * factor + CEILING_EXTRA_BPS;
        if grown_bps.min(ceiling_bps) > self.current_bps {
            self.set(grown_bps.min(ceiling_bps));
        }
    }

    /// What a probe found: that the link carries at least `rate`, or (`full`) no more than it.
    pub(in crate::sfu) fn on_probe(
        &mut self,
        now_us: i64,
        rate: Bitrate,
        full: bool,
        acked: Bitrate,
    ) {
        let rate_bps = rate.as_f64();
        if full {
            self.capacity.on_full_probe(now_us, rate_bps);
        } else if self
            .capacity
            .mean_bps()
            .is_some_and(|mean_bps| rate_bps > mean_bps)
            && !self.capacity.is_near(rate_bps)
        {
            self.capacity.forget();
        }
        if rate_bps >= self.current_bps {
            self.low_probes = 0;
            self.set(rate_bps);
        } else if full {
            self.low_probe_bps = if self.low_probes == 0 {
                rate_bps
            } else {
                self.low_probe_bps.max(rate_bps)
            };
            self.low_probes += 1;
            if self.low_probes >= LOW_PROBES {
                self.low_probes = 0;
                let lower_bps = self.low_probe_bps.max(acked.as_f64());
                self.set(lower_bps.min(self.current_bps));
            }
        }
    }

    /// Goes to `rate` at once: another source (REMB) knows it.
    pub(in crate::sfu) fn force(&mut self, rate: Bitrate) {
        self.set(rate.as_f64());
    }

    fn reduce(&mut self, now_us: i64, target_bps: f64) {
        self.increasing = false;
        self.reduced_us = Some(now_us);
        self.updated_us = Some(now_us);
        self.set(target_bps);
    }

    fn set(&mut self, bps: f64) {
        self.current_bps = bps.clamp(self.limits.min.as_f64(), self.limits.max.as_f64());
    }

    /// About one packet per response time (draft §5.5).
    fn additive_bps_per_s(&self, rtt_us: i64) -> f64 {
        const FRAMES_PER_S: f64 = 30.0;
        const PACKET_BITS: f64 = 1_200.0 * 8.0;
        let response_s = (rtt_us + 100_000) as f64 / 1e6;
        let frame_bits = self.current_bps / FRAMES_PER_S;
        let packets = (frame_bits / PACKET_BITS).ceil().max(1.0);
        (frame_bits / packets / response_s).max(GROWTH_MIN_BPS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RTT_US: i64 = 50_000;

    fn control() -> RateControl {
        RateControl::new(EstimatorLimits::default())
    }

    fn kbps(kbps: u64) -> Bitrate {
        Bitrate::from_kbps(kbps)
    }

    #[test]
    fn overuse_goes_to_what_arrives_once_a_round_trip() {
        let mut control = control();
        control.force(kbps(4_000));
        assert!(control.on_overuse(0, RTT_US, Some(kbps(2_500))));
        assert_eq!(control.rate(), kbps(2_300));
        assert!(!control.on_overuse(10_000, RTT_US, Some(kbps(2_400))));
        assert!(
            control.on_overuse(20_000, RTT_US, Some(kbps(1_000))),
            "a collapse does not wait"
        );
        assert_eq!(control.rate(), kbps(920));
    }

    #[test]
    fn it_grows_no_further_than_what_arrives_supports() {
        let mut control = control();
        control.force(kbps(1_000));
        for step in 0..600 {
            control.on_room(step * 100_000, Usage::Normal, RTT_US, Some(kbps(1_000)));
        }
        assert_eq!(control.rate(), kbps(1_510), "not full of late");
        control.on_overuse(60_000_000, RTT_US, Some(kbps(1_000)));
        for step in 601..700 {
            control.on_room(step * 100_000, Usage::Normal, RTT_US, Some(kbps(1_000)));
        }
        assert_eq!(control.rate(), kbps(1_060), "full a moment ago");
    }

    #[test]
    fn little_sent_never_shrinks_it() {
        let mut control = control();
        control.force(kbps(3_000));
        for step in 0..600 {
            control.on_room(step * 100_000, Usage::Normal, RTT_US, Some(kbps(50)));
        }
        assert_eq!(control.rate(), kbps(3_000));
    }

    #[test]
    fn probes_lift_it_at_once_and_lower_it_when_two_agree() {
        let mut control = control();
        control.on_probe(0, kbps(1_800), false, kbps(100));
        assert_eq!(control.rate(), kbps(1_800));
        control.on_probe(1, kbps(900), true, kbps(100));
        assert_eq!(control.rate(), kbps(1_800));
        control.on_probe(2, kbps(950), true, kbps(100));
        assert_eq!(control.rate(), kbps(950));
    }
}
