//! When a subscriber's packets leave.
//!
//! A leaky bucket per subscriber: it evens out bursts so that they do not fill the link's queue. It holds no packets:
//! they stay in the egress lanes (bounded in time, whole frames drop) until it lets them go. Audio and control are never
//! held back, but they are counted.

use super::bandwidth::{Bitrate, Probe, ProbeId};
use std::time::{Duration, Instant};

/// The burst that leaves at once: so long at the pacing rate, and at least [`BURST_BYTES_MIN`]. Sends of several packets
/// cost less (GSO), and a link's queue takes 10 ms without harm.
pub const BURST: Duration = Duration::from_millis(10);
/// Two packets.
pub const BURST_BYTES_MIN: u64 = 3_000;
/// What is queued is to leave within this time, as far as the highest rate allows.
pub const BACKLOG_TIME: Duration = Duration::from_millis(200);
/// The most that exempt packets hold back the others.
pub const DEBT_MAX: Duration = Duration::from_millis(100);
/// The shard's tick, during which a probe leaves in one piece.
pub const TICK: Duration = Duration::from_millis(1);
/// A probe that has not come together by then ends.
pub const PROBE_TIME_MAX: Duration = Duration::from_millis(500);
/// The sizes of a padding packet.
pub const PADDING_BYTES: std::ops::RangeInclusive<usize> = 100..=1_200;

/// How fast a pacer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pacing {
    /// With little queued.
    pub rate: Bitrate,
    /// The most, when much is queued.
    pub rate_max: Bitrate,
}

/// Whether a packet may be held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Video, padding, data: waits its turn.
    Paced,
    /// Audio and control: leaves at once, yet counts.
    Exempt,
}

/// The pacer of one subscriber.
#[derive(Debug)]
pub struct Pacer {
    pacing: Pacing,
    backlog_bytes: u64,
    /// Bytes that left and have not leaked yet.
    debt_bytes: f64,
    updated: Instant,
    probe: Option<Running>,
}

#[derive(Debug, Clone, Copy)]
struct Running {
    probe: Probe,
    bytes: u64,
    packets: u32,
    until: Instant,
}

impl Pacer {
    /// A pacer with an empty bucket.
    #[must_use]
    pub const fn new(now: Instant, pacing: Pacing) -> Self {
        Self {
            pacing,
            backlog_bytes: 0,
            debt_bytes: 0.0,
            updated: now,
            probe: None,
        }
    }

    /// What the estimator says now.
    pub fn set_pacing(&mut self, now: Instant, pacing: Pacing) {
        self.leak(now);
        self.pacing = pacing;
    }

    /// The bytes queued in the paced lanes: the more, the closer to the highest rate.
    pub fn set_backlog(&mut self, now: Instant, bytes: u64) {
        self.leak(now);
        self.backlog_bytes = bytes;
    }

    /// Whether a paced packet may leave now.
    #[must_use]
    pub fn may_send(&mut self, now: Instant) -> bool {
        self.leak(now);
        self.debt_bytes <= self.allowed_bytes()
    }

    /// A packet left, with `bytes` on the wire.
    pub fn on_sent(&mut self, now: Instant, bytes: usize, pace: Pace) {
        self.leak(now);
        let rate = self.rate();
        self.debt_bytes += bytes as f64;
        if pace == Pace::Exempt {
            let most = (rate.bytes_in(DEBT_MAX).max(BURST_BYTES_MIN)) as f64;
            self.debt_bytes = self
                .debt_bytes
                .min(most.max(self.debt_bytes - bytes as f64));
        }
        if let Some(running) = &mut self.probe {
            running.bytes += bytes as u64;
            running.packets += 1;
            let probe = &running.probe;
            if running.bytes >= probe.bytes_min && running.packets >= probe.packets_min {
                self.probe = None;
            }
        }
    }

    /// How long until the next paced packet may leave; zero when it may now.
    #[must_use]
    pub fn until_next(&mut self, now: Instant) -> Duration {
        self.leak(now);
        let over = (self.debt_bytes - self.allowed_bytes()).max(0.0);
        self.rate().time_for(over.ceil() as u64)
    }

    /// Begins a probe: until it has all its bytes and packets, packets leave at its rate.
    pub fn start_probe(&mut self, now: Instant, probe: Probe) {
        self.leak(now);
        self.debt_bytes = 0.0;
        self.probe = Some(Running {
            probe,
            bytes: 0,
            packets: 0,
            until: now + PROBE_TIME_MAX,
        });
    }

    /// The probe of which a packet that leaves now is a part.
    #[must_use]
    pub fn probe(&self) -> Option<ProbeId> {
        self.probe.map(|running| running.probe.id)
    }

    /// Bytes of one padding packet to send now, when the lanes are empty while a probe runs; ask again after it was sent.
    /// Zero otherwise.
    #[must_use]
    pub fn padding_due(&mut self, now: Instant) -> usize {
        self.leak(now);
        let Some(running) = self.probe else {
            return 0;
        };
        if self.debt_bytes > self.allowed_bytes() {
            return 0;
        }
        let share = running.probe.bytes_min / u64::from(running.probe.packets_min.max(1));
        usize::try_from(share)
            .unwrap_or(usize::MAX)
            .clamp(*PADDING_BYTES.start(), *PADDING_BYTES.end())
    }

    fn leak(&mut self, now: Instant) {
        if self.probe.is_some_and(|running| now >= running.until) {
            self.probe = None;
        }
        let passed = now.saturating_duration_since(self.updated);
        self.updated = self.updated.max(now);
        let leaked = self.rate().as_f64() * passed.as_secs_f64() / 8.0;
        self.debt_bytes = (self.debt_bytes - leaked).max(0.0);
    }

    fn rate(&self) -> Bitrate {
        if let Some(running) = &self.probe {
            return running.probe.rate;
        }
        let Pacing { rate, rate_max } = self.pacing;
        let needed = Bitrate::from_bytes_over(self.backlog_bytes, BACKLOG_TIME);
        needed.clamp(rate, rate_max.max(rate))
    }

    fn allowed_bytes(&self) -> f64 {
        if self.probe.is_some() {
            // Evenly spaced, or the probe would measure its own burst.
            return self.rate().bytes_in(TICK) as f64;
        }
        self.rate().bytes_in(BURST).max(BURST_BYTES_MIN) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pacing(kbps: u64) -> Pacing {
        Pacing {
            rate: Bitrate::from_kbps(kbps),
            rate_max: Bitrate::from_kbps(2 * kbps),
        }
    }

    /// Sends 1,000-byte packets as fast as it may for `ms`, ticking every millisecond; the bytes that left.
    fn drain(pacer: &mut Pacer, from: Instant, ms: u64) -> u64 {
        let mut bytes = 0;
        for tick in 0..ms {
            let now = from + Duration::from_millis(tick);
            while pacer.may_send(now) {
                pacer.on_sent(now, 1_000, Pace::Paced);
                bytes += 1_000;
            }
        }
        bytes
    }

    #[test]
    fn it_keeps_the_rate_with_a_bounded_burst() {
        let start = Instant::now();
        let mut pacer = Pacer::new(start, pacing(8_000));
        let bytes = drain(&mut pacer, start, 1_000);
        assert!((1_000_000..=1_012_000).contains(&bytes), "{bytes}");
        let later = start + Duration::from_secs(60);
        assert!(
            drain(&mut pacer, later, 1) <= 11_000,
            "idle time saves nothing up"
        );
    }

    #[test]
    fn much_queued_goes_faster_up_to_the_highest_rate() {
        let start = Instant::now();
        let mut pacer = Pacer::new(start, pacing(8_000));
        pacer.set_backlog(start, 10_000_000);
        let bytes = drain(&mut pacer, start, 1_000);
        assert!((2_000_000..=2_022_000).contains(&bytes), "{bytes}");
    }

    #[test]
    fn audio_is_counted_but_holds_video_back_for_a_bounded_time_only() {
        let start = Instant::now();
        let mut pacer = Pacer::new(start, pacing(800));
        for _ in 0..1_000 {
            pacer.on_sent(start, 200, Pace::Exempt);
        }
        assert!(!pacer.may_send(start));
        assert!(pacer.until_next(start) <= DEBT_MAX);
        let wait = pacer.until_next(start);
        assert!(!pacer.may_send(start + wait - Duration::from_millis(1)));
        assert!(pacer.may_send(start + wait + Duration::from_micros(1)));
    }

    #[test]
    fn a_probe_leaves_evenly_at_its_rate_and_ends() {
        let start = Instant::now();
        let mut pacer = Pacer::new(start, pacing(100));
        pacer.start_probe(
            start,
            Probe {
                id: ProbeId(3),
                rate: Bitrate::from_kbps(2_000),
                bytes_min: 6_000,
                packets_min: 6,
            },
        );
        let mut sent = Vec::new();
        for tick in 0..100 {
            let now = start + Duration::from_millis(tick);
            loop {
                let bytes = pacer.padding_due(now);
                if bytes == 0 {
                    break;
                }
                assert_eq!(pacer.probe(), Some(ProbeId(3)));
                pacer.on_sent(now, bytes, Pace::Paced);
                sent.push((tick, bytes));
            }
        }
        assert_eq!(sent.len(), 6, "{sent:?}");
        assert!((18..=24).contains(&sent[5].0), "{sent:?}");
        assert_eq!(pacer.probe(), None);
    }

    #[test]
    fn a_probe_without_packets_ends_in_time() {
        let start = Instant::now();
        let mut pacer = Pacer::new(start, pacing(100));
        pacer.start_probe(
            start,
            Probe {
                id: ProbeId(1),
                rate: Bitrate::from_kbps(2_000),
                bytes_min: 6_000,
                packets_min: 6,
            },
        );
        assert_eq!(pacer.padding_due(start + PROBE_TIME_MAX), 0);
        assert_eq!(pacer.probe(), None);
    }
}
