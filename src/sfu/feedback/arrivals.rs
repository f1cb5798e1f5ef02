//! When packets arrived, by transport-wide sequence number (draft-holmer-rmcat-transport-wide-cc-extensions-01).

use crate::{
    rtc::twcc::{Feedback, PACKETS_MAX},
    sfu::bandwidth::Bitrate,
};
use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// The most numbers that wait to be reported or may still arrive late. A greater jump begins anew.
const WINDOW: u64 = PACKETS_MAX as u64;
/// Reported numbers that are kept: one that arrives late is reported after all, with those behind it.
const REORDERED_MAX: u64 = 128;
/// A feedback's size on the wire with all headers, about (libwebrtc's figure).
const FEEDBACK_BYTES: u64 = 68;
/// The part of the received rate that feedback may cost (draft-ietf-rmcat-gcc-02 §3 leaves it open, libwebrtc: 5 %).
const SHARE: f64 = 0.05;
const INTERVAL_MIN: Duration = Duration::from_millis(50);
/// Between packets that are few, such as silent audio.
const INTERVAL_MAX: Duration = Duration::from_millis(250);
const RATE_WEIGHT: f64 = 0.3;

/// The arrivals of one publisher's packets.
#[derive(Debug)]
pub struct ArrivalLog {
    epoch: Instant,
    /// Arrival in µs since the epoch, per number from `first` on.
    arrivals: VecDeque<Option<i64>>,
    /// The unwrapped number of the first entry.
    first: u64,
    /// The unwrapped number with which the next feedback begins.
    start: u64,
    /// Whether anything arrived since the last feedback.
    fresh: bool,
    feedback_count: u8,
    built: Instant,
    bytes: u64,
    rate: Bitrate,
}

impl ArrivalLog {
    /// An empty log; times of arrival count from `epoch`.
    #[must_use]
    pub const fn new(epoch: Instant) -> Self {
        Self {
            epoch,
            arrivals: VecDeque::new(),
            first: 0,
            start: 0,
            fresh: false,
            feedback_count: 0,
            built: epoch,
            bytes: 0,
            rate: Bitrate::ZERO,
        }
    }

    /// A packet arrived and was authentic: at the kernel's time if known. `bytes` on the wire.
    pub fn record(&mut self, arrived: Instant, twcc: u16, bytes: usize) {
        let arrived_us = arrived.saturating_duration_since(self.epoch).as_micros();
        let arrived_us = i64::try_from(arrived_us).unwrap_or(i64::MAX);
        self.bytes += bytes as u64;
        let Some(number) = self.unwrap(twcc) else {
            return;
        };
        if number < self.first {
            return;
        }
        let place = (number - self.first) as usize;
        while self.arrivals.len() <= place {
            self.arrivals.push_back(None);
        }
        let entry = &mut self.arrivals[place];
        if entry.is_none() {
            *entry = Some(arrived_us);
            self.start = self.start.min(number);
            self.fresh = true;
        }
        while self.arrivals.len() as u64 > WINDOW {
            self.arrivals.pop_front();
            self.first += 1;
        }
        self.start = self.start.max(self.first);
    }

    /// When the next feedback is due, if there is something to say.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        self.fresh.then(|| self.built + self.interval())
    }

    /// The feedback to send now, if one is due. Asking again at once gives the rest when it did not fit into one.
    pub fn build(&mut self, now: Instant, sender_ssrc: u32, media_ssrc: u32) -> Option<Feedback> {
        if self.due().is_none_or(|due| now < due) {
            return None;
        }
        let skipped = (self.start - self.first) as usize;
        let arrivals: Vec<_> = self.arrivals.iter().skip(skipped).copied().collect();
        let base = self.start as u16;
        let built = Feedback::build(
            sender_ssrc,
            media_ssrc,
            self.feedback_count,
            base,
            &arrivals,
        );
        let (feedback, covered) = built.unzip();
        let covered = covered.unwrap_or(arrivals.len()).max(1);
        self.start += covered.min(arrivals.len()) as u64;
        if covered >= arrivals.len() {
            self.fresh = false;
            self.measure(now);
        }
        while self.start - self.first > REORDERED_MAX {
            self.arrivals.pop_front();
            self.first += 1;
        }
        self.feedback_count = self
            .feedback_count
            .wrapping_add(u8::from(feedback.is_some()));
        feedback
    }

    /// The nearest number to the newest one; none when it is too far back to matter.
    fn unwrap(&mut self, twcc: u16) -> Option<u64> {
        if self.arrivals.is_empty() {
            // Room below, so that what comes late has a number too.
            self.first = (1 << 16) + u64::from(twcc);
            self.start = self.first;
            return Some(self.first);
        }
        let newest = self.first + self.arrivals.len() as u64 - 1;
        let ahead = twcc.wrapping_sub(newest as u16);
        let number = if ahead < 1 << 15 {
            newest + u64::from(ahead)
        } else {
            newest.checked_sub(u64::from(ahead.wrapping_neg()))?
        };
        if number > newest + WINDOW {
            self.arrivals.clear();
            self.first = number;
            self.start = number;
        }
        Some(number)
    }

    fn measure(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.built);
        let rate = Bitrate::from_bytes_over(self.bytes, passed.max(INTERVAL_MIN));
        self.rate = self.rate.scaled(1.0 - RATE_WEIGHT) + rate.scaled(RATE_WEIGHT);
        self.bytes = 0;
        self.built = now;
    }

    fn interval(&self) -> Duration {
        let interval = self.rate.scaled(SHARE).time_for(FEEDBACK_BYTES);
        interval.clamp(INTERVAL_MIN, INTERVAL_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// All that the log has to say at `now`, as (number, arrived).
    fn said(log: &mut ArrivalLog, now: Instant) -> Vec<(u16, bool)> {
        let mut said = Vec::new();
        while let Some(feedback) = log.build(now, 1, 2) {
            said.extend(feedback.iter().map(|(number, at)| (number, at.is_some())));
        }
        said
    }

    #[test]
    fn it_reports_arrivals_and_gaps_across_the_wrap() {
        let start = Instant::now();
        let mut log = ArrivalLog::new(start);
        for (at, twcc) in [65_534_u16, 65_535, 1].into_iter().enumerate() {
            log.record(start + ms(at as u64), twcc, 1_000);
        }
        assert_eq!(
            said(&mut log, start + ms(500)),
            [(65_534, true), (65_535, true), (0, false), (1, true)]
        );
        assert_eq!(log.build(start + ms(1_000), 1, 2), None, "nothing new");
    }

    #[test]
    fn a_late_packet_is_reported_after_all() {
        let start = Instant::now();
        let mut log = ArrivalLog::new(start);
        log.record(start, 10, 1_000);
        log.record(start + ms(1), 12, 1_000);
        assert_eq!(said(&mut log, start + ms(300)).len(), 3);
        log.record(start + ms(310), 11, 1_000);
        log.record(start + ms(311), 13, 1_000);
        assert_eq!(
            said(&mut log, start + ms(600)),
            [(11, true), (12, true), (13, true)]
        );
    }

    #[test]
    fn duplicates_and_what_is_too_old_change_nothing() {
        let start = Instant::now();
        let mut log = ArrivalLog::new(start);
        for twcc in 0..1_000 {
            log.record(start + ms(u64::from(twcc)), twcc, 1_000);
        }
        said(&mut log, start + ms(2_000));
        log.record(start + ms(2_001), 999, 1_000);
        log.record(start + ms(2_001), 5, 1_000);
        assert_eq!(log.due(), None);
    }

    #[test]
    fn feedback_costs_a_twentieth_of_what_comes_within_bounds() {
        let start = Instant::now();
        for (per_second, least, most) in [(500_u64, 19, 21), (10, 3, 5)] {
            let mut log = ArrivalLog::new(start);
            let mut feedbacks = 0;
            for step in 0..6_000 {
                let now = start + ms(step);
                if step % (1_000 / per_second) == 0 {
                    log.record(now, (step * per_second / 1_000) as u16, 100);
                }
                feedbacks += usize::from(log.build(now, 1, 2).is_some());
            }
            let per_s = feedbacks / 6;
            assert!((least..=most).contains(&per_s), "{per_second}: {per_s}");
        }
    }

    #[test]
    fn it_is_bounded_and_survives_a_jump() {
        let start = Instant::now();
        let mut log = ArrivalLog::new(start);
        for step in 0..200_000_u64 {
            let twcc = step.wrapping_mul(7) as u16;
            log.record(start + Duration::from_micros(step), twcc, 100);
            assert!(log.arrivals.len() as u64 <= WINDOW);
        }
        log.record(start + ms(1_000), 30_000, 100);
        assert!(!said(&mut log, start + ms(2_000)).is_empty());
    }
}
