//! Receive-side estimation for a publisher without transport-wide feedback.
//!
//! The receiver's half of the first Google Congestion Control (draft-alvestrand-rmcat-congestion-03 §4): the trend of the
//! delay by RTP timestamps and the loss, told in a REMB (draft-alvestrand-rmcat-remb-03). It stands on the filters of
//! `bandwidth`; the sender follows the REMB, so no probing is needed.

use crate::sfu::bandwidth::{
    Bitrate, EstimatorLimits,
    acked::{AckedRate, Load},
    groups::PacketGroups,
    loss::LossControl,
    rate_control::RateControl,
    trendline::{Trendline, Usage},
};
use std::time::{Duration, Instant};

/// How often a REMB is sent, and how soon again when it fell.
const INTERVAL: Duration = Duration::from_secs(1);
const INTERVAL_FALLEN: Duration = Duration::from_millis(100);
/// What counts as fallen.
const FALLEN: f64 = 0.97;
/// Nothing is known of the round trip here.
const RTT_US: i64 = 100_000;
/// The delay of one stream is followed; another takes its place after this silence.
const STREAM_SILENCE_US: i64 = 2_000_000;
const DECIDE_US: i64 = 50_000;

#[derive(Debug)]
struct Stream {
    ssrc: u32,
    clock_rate: u32,
    timestamp: u32,
    /// The timestamp in µs, unwrapped.
    sent_us: i64,
    heard_us: i64,
}

/// The estimator of one publisher's link.
#[derive(Debug)]
pub struct RembEstimator {
    epoch: Instant,
    stream: Option<Stream>,
    groups: PacketGroups,
    trendline: Trendline,
    received: AckedRate,
    loss: LossControl,
    control: RateControl,
    decided_us: i64,
    lossy_us: Option<i64>,
    told: Option<(Instant, Bitrate)>,
}

impl RembEstimator {
    /// Nothing received yet.
    #[must_use]
    pub fn new(now: Instant, limits: EstimatorLimits) -> Self {
        Self {
            epoch: now,
            stream: None,
            groups: PacketGroups::default(),
            trendline: Trendline::new(),
            received: AckedRate::new(),
            loss: LossControl::default(),
            control: RateControl::new(limits),
            decided_us: 0,
            lossy_us: None,
            told: None,
        }
    }

    /// An RTP packet arrived: its stream, its timestamp in units of `clock_rate` per second, `bytes` on the wire.
    pub fn on_packet(
        &mut self,
        arrived: Instant,
        ssrc: u32,
        timestamp: u32,
        clock_rate: u32,
        bytes: usize,
    ) {
        let now_us = self.at(arrived);
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.received.update(now_us, bytes, Load::Full);
        if let Some(sent_us) = self.sent_us(now_us, ssrc, timestamp, clock_rate)
            && let Some(delta) = self.groups.push(now_us, sent_us, now_us)
        {
            self.trendline.update(delta);
        }
        if now_us - self.decided_us >= DECIDE_US {
            self.decided_us = now_us;
            self.decide(now_us);
        }
    }

    /// The fraction lost (0 to 1) since the call before.
    pub fn on_loss(&mut self, now: Instant, lost: f64) {
        let now_us = self.at(now);
        let span_us = now_us - self.lossy_us.replace(now_us).unwrap_or(now_us);
        let received = self.received.rate().unwrap_or_default();
        let offered = received.scaled(1.0 / (1.0 - lost.clamp(0.0, 0.9)));
        self.loss
            .on_report(span_us, lost, offered, self.control.rate());
    }

    /// What the link carries.
    #[must_use]
    pub fn estimate(&self) -> Bitrate {
        let rate = self.control.rate();
        self.loss.cap().map_or(rate, |cap| cap.min(rate))
    }

    /// The REMB to send now, if one is due.
    pub fn remb(&mut self, now: Instant) -> Option<Bitrate> {
        let estimate = self.estimate();
        let due = self.told.is_none_or(|(at, told)| {
            let passed = now.saturating_duration_since(at);
            passed >= INTERVAL || (passed >= INTERVAL_FALLEN && estimate < told.scaled(FALLEN))
        });
        let known = self.received.rate().is_some();
        (due && known).then(|| {
            self.told = Some((now, estimate));
            estimate
        })
    }

    fn decide(&mut self, now_us: i64) {
        let received = self.received.rate();
        match self.trendline.usage() {
            Usage::Over => {
                let carried = self.received.recent().or(received);
                self.control.on_overuse(now_us, RTT_US, carried);
            }
            usage @ (Usage::Normal | Usage::Under) => {
                self.control.on_room(now_us, usage, RTT_US, received);
            }
        }
    }

    /// When the packet was sent by its sender's media clock; none when it is of another stream.
    fn sent_us(&mut self, now_us: i64, ssrc: u32, timestamp: u32, clock_rate: u32) -> Option<i64> {
        let stream = self.stream.get_or_insert(Stream {
            ssrc,
            clock_rate,
            timestamp,
            sent_us: 0,
            heard_us: now_us,
        });
        let silent = now_us - stream.heard_us > STREAM_SILENCE_US;
        if silent {
            *stream = Stream {
                ssrc,
                clock_rate,
                timestamp,
                sent_us: 0,
                heard_us: now_us,
            };
            self.groups = PacketGroups::default();
        }
        if stream.ssrc != ssrc || stream.clock_rate != clock_rate || clock_rate == 0 {
            return None;
        }
        let step = timestamp.wrapping_sub(stream.timestamp) as i32;
        stream.sent_us += i64::from(step) * 1_000_000 / i64::from(clock_rate);
        stream.timestamp = timestamp;
        stream.heard_us = now_us;
        Some(stream.sent_us)
    }

    fn at(&self, now: Instant) -> i64 {
        let passed = now.saturating_duration_since(self.epoch).as_micros();
        i64::try_from(passed).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sender that follows each REMB through a link of `link_kbps`; its rate after `seconds`, in kbit/s.
    fn run(link_kbps: f64, lost: f64, seconds: u64) -> f64 {
        let start = Instant::now();
        let mut estimator = RembEstimator::new(start, EstimatorLimits::default());
        let (mut kbps, mut queued_until_us) = (300.0_f64, 0.0_f64);
        let mut sum = 0.0;
        let frames = seconds * 30;
        for frame in 0..frames {
            let sent_us = frame as f64 * 33_333.0;
            let bytes = kbps * 1_000.0 / 8.0 / 30.0;
            let packets = (bytes / 1_100.0).ceil();
            for _ in 0..packets as usize {
                let size = bytes / packets;
                queued_until_us = queued_until_us.max(sent_us) + size * 8_000.0 / link_kbps;
                let arrived = start + Duration::from_micros(queued_until_us as u64 + 25_000);
                let timestamp = (frame * 3_000) as u32;
                estimator.on_packet(arrived, 1, timestamp.wrapping_sub(1), 90_000, size as usize);
            }
            let now = start + Duration::from_micros(queued_until_us as u64 + 25_000);
            if frame % 30 == 0 {
                estimator.on_loss(now, lost);
            }
            if let Some(remb) = estimator.remb(now) {
                kbps = remb.as_f64() / 1_000.0;
            }
            if frame >= frames / 2 {
                sum += kbps;
            }
        }
        sum / (frames - frames / 2) as f64
    }

    #[test]
    fn a_sender_that_follows_it_fills_the_link_and_no_more() {
        let kbps = run(1_000.0, 0.0, 120);
        assert!((700.0..=1_050.0).contains(&kbps), "{kbps}");
    }

    #[test]
    fn some_loss_is_no_reason_to_give_up() {
        let kbps = run(1_000.0, 0.05, 120);
        assert!(kbps > 600.0, "{kbps}");
    }

    #[test]
    fn other_streams_count_as_bytes_only() {
        let start = Instant::now();
        let mut estimator = RembEstimator::new(start, EstimatorLimits::default());
        for step in 0..4_000_u64 {
            let now = start + Duration::from_millis(step * 10);
            estimator.on_packet(now, 1, (step * 900) as u32, 90_000, 1_000);
            // Its clock runs wild, which must not look like a queue.
            estimator.on_packet(now, 2, (step * 50) as u32, 48_000, 1_000);
        }
        assert!(
            estimator.estimate() >= Bitrate::from_kbps(1_600),
            "{}",
            estimator.estimate()
        );
    }
}
