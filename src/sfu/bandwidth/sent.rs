//! What was sent and has not been reported yet.

use super::ProbeId;
use std::collections::VecDeque;

/// The most packets remembered: at 4,096 of 1,200 B and 40 Mbit/s this is one second, well over a round trip.
const PACKETS_MAX: usize = 4_096;
/// Packets older than this are forgotten; a report of them is of no use any more.
const AGE_MAX_US: i64 = 5_000_000;
/// Numbers that the caller skipped, at most: a greater jump begins anew.
const SKIPPED_MAX: u16 = 256;
/// Feedback counts arrival time in 24 bits of 64 ms (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).
const ARRIVAL_PERIOD_US: i64 = (1 << 24) * 64_000;
/// Only a forged clock runs 30 years ahead: it begins anew, so that sums of arrivals cannot overflow.
const ARRIVAL_US_MAX: i64 = 1 << 50;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// The number was never used.
    Skipped,
    Unknown,
    Missing,
    Arrived,
}

#[derive(Debug, Clone, Copy)]
struct Sent {
    sent_us: i64,
    bytes: u32,
    probe: Option<ProbeId>,
    fate: Fate,
}

/// A packet that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Acked {
    pub(super) sent_us: i64,
    /// By the receiver's clock, unwrapped.
    pub(super) arrived_us: i64,
    pub(super) bytes: u32,
    pub(super) probe: Option<ProbeId>,
}

/// What one feedback told, each packet counted once.
#[derive(Debug, Clone, Default)]
pub(super) struct Reported {
    /// By time of arrival.
    pub(super) acked: Vec<Acked>,
    /// Packets reported for the first time.
    pub(super) packets: u32,
    /// Their bytes, arrived or not.
    pub(super) bytes: u64,
    /// Those among them that are missing.
    pub(super) missing: u32,
    /// Packets reported missing before that came late.
    pub(super) recovered: u32,
}

/// The packets of one subscriber by transport-wide sequence number.
#[derive(Debug, Default)]
pub(super) struct SentHistory {
    packets: VecDeque<Sent>,
    /// The number of the newest packet.
    newest: u16,
    last_arrival_us: Option<i64>,
}

impl SentHistory {
    pub(super) fn on_sent(&mut self, now_us: i64, twcc: u16, bytes: u32, probe: Option<ProbeId>) {
        let step = twcc.wrapping_sub(self.newest);
        if !self.packets.is_empty() {
            if step == 0 || step > SKIPPED_MAX {
                self.packets.clear();
            } else {
                for _ in 1..step {
                    self.push(now_us, 0, None, Fate::Skipped);
                }
            }
        }
        self.newest = twcc;
        self.push(now_us, bytes, probe, Fate::Unknown);
        while self
            .packets
            .front()
            .is_some_and(|oldest| now_us - oldest.sent_us > AGE_MAX_US)
        {
            self.packets.pop_front();
        }
    }

    /// Packets already sent no longer count.
    pub(super) fn forget(&mut self) {
        self.packets.clear();
        self.last_arrival_us = None;
    }

    /// Takes the fates of the packets from `base` on; numbers that were not sent, or too long ago, are ignored.
    pub(super) fn report(&mut self, base: u16, arrivals: &[Option<i64>]) -> Reported {
        let mut reported = Reported::default();
        for (offset, arrival) in arrivals.iter().take(1 << 16).enumerate() {
            let twcc = base.wrapping_add(offset as u16);
            let age = usize::from(self.newest.wrapping_sub(twcc));
            let Some(index) = self.packets.len().checked_sub(age + 1) else {
                continue;
            };
            let arrived_us = arrival.map(|raw_us| self.unwrap(raw_us));
            let sent = &mut self.packets[index];
            let first = sent.fate == Fate::Unknown;
            match (sent.fate, arrived_us) {
                (Fate::Unknown | Fate::Missing, Some(arrived_us)) => {
                    reported.recovered += u32::from(!first);
                    sent.fate = Fate::Arrived;
                    reported.acked.push(Acked {
                        sent_us: sent.sent_us,
                        arrived_us,
                        bytes: sent.bytes,
                        probe: sent.probe,
                    });
                }
                (Fate::Unknown, None) => {
                    sent.fate = Fate::Missing;
                    reported.missing += 1;
                }
                (Fate::Skipped | Fate::Arrived, _) | (Fate::Missing, None) => continue,
            }
            if first {
                reported.packets += 1;
                reported.bytes += u64::from(sent.bytes);
            }
        }
        reported.acked.sort_by_key(|acked| acked.arrived_us);
        reported
    }

    fn push(&mut self, sent_us: i64, bytes: u32, probe: Option<ProbeId>, fate: Fate) {
        if self.packets.len() == PACKETS_MAX {
            self.packets.pop_front();
        }
        self.packets.push_back(Sent {
            sent_us,
            bytes,
            probe,
            fate,
        });
    }

    /// The arrival nearest to the one before, by the receiver's clock that wraps.
    fn unwrap(&mut self, raw_us: i64) -> i64 {
        let raw_us = raw_us.rem_euclid(ARRIVAL_PERIOD_US);
        let last_us = self
            .last_arrival_us
            .filter(|us| us.abs() < ARRIVAL_US_MAX)
            .unwrap_or(raw_us);
        let ahead_us = (raw_us - last_us).rem_euclid(ARRIVAL_PERIOD_US);
        let arrived_us = if ahead_us < ARRIVAL_PERIOD_US / 2 {
            last_us + ahead_us
        } else {
            last_us + ahead_us - ARRIVAL_PERIOD_US
        };
        self.last_arrival_us = Some(arrived_us);
        arrived_us
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(sent: impl IntoIterator<Item = u16>) -> SentHistory {
        let mut history = SentHistory::default();
        for (at, twcc) in sent.into_iter().enumerate() {
            history.on_sent(at as i64 * 1_000, twcc, 100, None);
        }
        history
    }

    #[test]
    fn packets_are_reported_once_across_the_wrap() {
        let mut history = history([65_534, 65_535, 0, 1]);
        let report = history.report(65_534, &[Some(10), None, Some(30)]);
        assert_eq!(report.packets, 3);
        assert_eq!(report.missing, 1);
        assert_eq!(report.bytes, 300);
        assert_eq!(
            report.acked.iter().map(|it| it.sent_us).collect::<Vec<_>>(),
            [0, 2_000]
        );
        let again = history.report(65_534, &[Some(10), Some(40), Some(30)]);
        assert_eq!((again.packets, again.missing, again.recovered), (0, 0, 1));
        assert_eq!(again.acked.len(), 1);
    }

    #[test]
    fn what_was_never_sent_is_ignored() {
        let mut history = history([10, 11, 14]);
        let report = history.report(0, &[Some(1); 200]);
        assert_eq!(report.packets, 3, "10, 11 and 14; 12 and 13 were skipped");
        assert_eq!(SentHistory::default().report(0, &[Some(1); 3]).packets, 0);
    }

    #[test]
    fn it_is_bounded_in_packets_and_age() {
        let mut history = SentHistory::default();
        for twcc in 0..10_000_u32 {
            history.on_sent(0, twcc as u16, 1, None);
        }
        assert_eq!(history.packets.len(), PACKETS_MAX);
        history.on_sent(AGE_MAX_US + 1, 10_000, 1, None);
        assert_eq!(history.packets.len(), 1);
    }

    #[test]
    fn arrivals_go_on_when_the_reference_time_wraps() {
        let mut history = history([1, 2, 3]);
        let late_us = ARRIVAL_PERIOD_US - 500;
        let report = history.report(1, &[Some(late_us), Some(500), Some(late_us + 100)]);
        let arrived: Vec<_> = report.acked.iter().map(|it| it.arrived_us).collect();
        assert_eq!(arrived, [late_us, late_us + 100, late_us + 1_000]);
    }
}
