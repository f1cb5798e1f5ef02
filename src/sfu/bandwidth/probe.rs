//! Short bursts above the estimate that show whether the link carries more.

use super::{Bitrate, sent::Acked};
use std::time::Duration;

/// One probe, counted from 1 per estimator. A packet sent as part of it carries it into [`super::Estimator::on_sent`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProbeId(pub u32);

/// A burst to send: media as it is queued, filled up with padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// Its number.
    pub id: ProbeId,
    /// The rate at which it leaves, media included.
    pub rate: Bitrate,
    /// The least bytes it has.
    pub bytes_min: u64,
    /// The least packets it has.
    pub packets_min: u32,
}

const DURATION: Duration = Duration::from_millis(20);
const PACKETS_MIN: u32 = 6;
/// Part of the packets and bytes that must have arrived.
const ARRIVED_MIN: f64 = 0.8;
const INTERVAL_US_MAX: i64 = 1_000_000;
/// Faster at the receiver than at the sender by more: the arrivals were bunched.
const BUNCHED: f64 = 2.0;
/// Arriving at less than this part of the rate sent: the link was full.
const FULL: f64 = 0.9;
/// The part of a full link that is safe to use (libwebrtc's target utilization).
const UTILIZATION: f64 = 0.95;

impl Probe {
    pub(super) fn new(id: ProbeId, rate: Bitrate) -> Self {
        Self {
            id,
            rate,
            bytes_min: rate.bytes_in(DURATION),
            packets_min: PACKETS_MIN,
        }
    }
}

/// What a probe showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ProbeResult {
    pub(super) id: ProbeId,
    pub(super) rate: Bitrate,
    /// The link let no more through.
    pub(super) full: bool,
}

/// The arrivals of the newest probe, after libwebrtc's `ProbeBitrateEstimator`.
#[derive(Debug, Default)]
pub(super) struct ProbeMeter {
    cluster: Option<Cluster>,
}

#[derive(Debug)]
struct Cluster {
    probe: Probe,
    packets: u32,
    bytes: u64,
    first_sent_us: i64,
    last_sent_us: i64,
    last_sent_bytes: u32,
    first_arrived_us: i64,
    first_arrived_bytes: u32,
    last_arrived_us: i64,
    changed: bool,
}

impl ProbeMeter {
    /// Packets of this probe follow; the one before is of no interest any more.
    pub(super) fn start(&mut self, probe: Probe) {
        self.cluster = Some(Cluster {
            probe,
            packets: 0,
            bytes: 0,
            first_sent_us: i64::MAX,
            last_sent_us: i64::MIN,
            last_sent_bytes: 0,
            first_arrived_us: i64::MAX,
            first_arrived_bytes: 0,
            last_arrived_us: i64::MIN,
            changed: false,
        });
    }

    pub(super) fn on_acked(&mut self, acked: &Acked) {
        let Some(cluster) = &mut self.cluster else {
            return;
        };
        if acked.probe == Some(cluster.probe.id) {
            cluster.add(acked);
        }
    }

    /// The result as far as it is known, after each feedback with packets of it.
    pub(super) fn result(&mut self) -> Option<ProbeResult> {
        self.cluster.as_mut()?.result()
    }
}

impl Cluster {
    fn add(&mut self, acked: &Acked) {
        self.changed = true;
        self.packets += 1;
        self.bytes += u64::from(acked.bytes);
        self.first_sent_us = self.first_sent_us.min(acked.sent_us);
        if acked.sent_us >= self.last_sent_us {
            self.last_sent_us = acked.sent_us;
            self.last_sent_bytes = acked.bytes;
        }
        if acked.arrived_us < self.first_arrived_us {
            self.first_arrived_us = acked.arrived_us;
            self.first_arrived_bytes = acked.bytes;
        }
        self.last_arrived_us = self.last_arrived_us.max(acked.arrived_us);
    }

    fn result(&mut self) -> Option<ProbeResult> {
        let packets_min = f64::from(self.probe.packets_min) * ARRIVED_MIN;
        let bytes_min = self.probe.bytes_min as f64 * ARRIVED_MIN;
        let enough = f64::from(self.packets) >= packets_min && self.bytes as f64 >= bytes_min;
        if !std::mem::take(&mut self.changed) || !enough {
            return None;
        }
        let sent_us = self.last_sent_us - self.first_sent_us;
        let arrived_us = self.last_arrived_us - self.first_arrived_us;
        let usable = 1..=INTERVAL_US_MAX;
        if !usable.contains(&sent_us) || !usable.contains(&arrived_us) {
            return None;
        }
        let sent_bytes = self.bytes - u64::from(self.last_sent_bytes);
        let arrived_bytes = self.bytes - u64::from(self.first_arrived_bytes);
        let sent_bps = sent_bytes as f64 * 8e6 / sent_us as f64;
        let arrived_bps = arrived_bytes as f64 * 8e6 / arrived_us as f64;
        if arrived_bps > sent_bps * BUNCHED {
            return None;
        }
        let full = arrived_bps < sent_bps * FULL;
        let bps = if full {
            arrived_bps * UTILIZATION
        } else {
            arrived_bps.min(sent_bps)
        };
        Some(ProbeResult {
            id: self.probe.id,
            rate: Bitrate::from_f64(bps),
            full,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets of 1,000 bytes of which one is sent and one arrives per so many µs.
    fn probe(packets: i64, sent_step_us: i64, arrived_step_us: i64) -> Option<ProbeResult> {
        let mut meter = ProbeMeter::default();
        meter.start(Probe::new(ProbeId(7), Bitrate::from_kbps(2_000)));
        for packet in 0..packets {
            meter.on_acked(&Acked {
                sent_us: packet * sent_step_us,
                arrived_us: 1_000_000 + packet * arrived_step_us,
                bytes: 1_000,
                probe: Some(ProbeId(7)),
            });
        }
        meter.result()
    }

    #[test]
    fn a_link_with_room_lets_it_through() {
        let result = probe(6, 4_000, 4_000).expect("complete");
        assert_eq!(
            (result.rate, result.full),
            (Bitrate::from_kbps(2_000), false)
        );
    }

    #[test]
    fn a_full_link_shows_what_it_carries() {
        let result = probe(6, 4_000, 8_000).expect("complete");
        assert_eq!((result.rate, result.full), (Bitrate::from_kbps(950), true));
    }

    #[test]
    fn lost_or_bunched_probes_show_nothing() {
        assert_eq!(probe(3, 4_000, 4_000), None);
        assert_eq!(probe(6, 4_000, 1_000), None);
        assert_eq!(probe(6, 4_000, 0), None);
    }

    #[test]
    fn packets_of_other_probes_do_not_count() {
        let mut meter = ProbeMeter::default();
        meter.start(Probe::new(ProbeId(2), Bitrate::from_kbps(100)));
        for packet in 0..20 {
            let probe = Some(ProbeId(1)).filter(|_| packet % 2 == 0);
            let at_us = packet * 1_000;
            meter.on_acked(&Acked {
                sent_us: at_us,
                arrived_us: at_us,
                bytes: 1_000,
                probe,
            });
        }
        assert_eq!(meter.result(), None);
    }
}
