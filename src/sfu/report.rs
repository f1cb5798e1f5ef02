//! What reports say of the way to a peer and of its clock (RFC 3550 §6.4).

use crate::rtc::rtcp::{ReportBlock, Rtcp};
use std::time::{Duration, Instant};

/// A report holds this many blocks (five bits).
const BLOCKS_MAX: usize = 31;
/// A longer round trip is a mistake or a lie.
const RTT_MAX: Duration = Duration::from_secs(10);

/// What a report block of a peer says of what we send.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinkReport {
    /// The round trip, if the peer had a sender report of ours.
    pub rtt: Option<Duration>,
    /// The loss since its last report, 0 to 1.
    pub loss: f32,
}

/// Reads a report block that arrived at `ntp` (seconds since 1900 in 1/2^32).
#[must_use]
pub fn read(block: &ReportBlock, ntp: u64) -> LinkReport {
    // The middle 32 bits, in 1/65536 s; they wrap.
    let now = (ntp >> 16) as u32;
    let trip = now
        .wrapping_sub(block.last_sr)
        .wrapping_sub(block.delay_since_last_sr);
    let rtt = Duration::from_micros(u64::from(trip) * 1_000_000 / 65_536);
    LinkReport {
        rtt: (block.last_sr != 0 && rtt <= RTT_MAX).then_some(rtt),
        loss: f32::from(block.fraction_lost) / 256.0,
    }
}

/// Receiver reports of blocks: as many as they need (31 blocks each).
#[must_use]
pub fn receiver_reports(ssrc: u32, blocks: &[ReportBlock]) -> Vec<Rtcp> {
    blocks
        .chunks(BLOCKS_MAX)
        .map(|reports| Rtcp::ReceiverReport {
            ssrc,
            reports: reports.to_vec(),
        })
        .collect()
}

/// The clock of one participant, which its sender reports share: their times in ours. One of it for all publications of
/// a participant keeps its sound and pictures together.
#[derive(Debug, Clone, Copy, Default)]
pub struct ParticipantClock {
    origin: Option<Origin>,
}

/// A moment in both clocks.
#[derive(Debug, Clone, Copy)]
struct Origin {
    ntp: u64,
    at: Instant,
}

/// A clock that is off by more than this was set anew.
const STEP_MAX: Duration = Duration::from_secs(1);

impl ParticipantClock {
    /// When, in our time, the time `ntp` of a sender report was that arrived at `now`. The report that was fastest on its
    /// way so far places the clock.
    pub fn to_local(&mut self, now: Instant, ntp: u64) -> Instant {
        let placed = self.origin.and_then(|origin| origin.place(ntp));
        match placed {
            Some(at) if at <= now && now.saturating_duration_since(at) <= STEP_MAX => at,
            _ => {
                self.origin = Some(Origin { ntp, at: now });
                now
            }
        }
    }
}

impl Origin {
    fn place(self, ntp: u64) -> Option<Instant> {
        let since = ntp.wrapping_sub(self.ntp) as i64;
        let micros = (u128::from(since.unsigned_abs()) * 1_000_000) >> 32;
        let micros = Duration::from_micros(u64::try_from(micros).ok()?);
        if since < 0 {
            self.at.checked_sub(micros)
        } else {
            self.at.checked_add(micros)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1 << 32;

    fn block(last_sr: u32, delay_since_last_sr: u32) -> ReportBlock {
        ReportBlock {
            ssrc: 1,
            fraction_lost: 64,
            cumulative_lost: 0,
            highest_sequence: 0,
            jitter: 0,
            last_sr,
            delay_since_last_sr,
        }
    }

    #[test]
    fn the_round_trip_is_what_the_peer_did_not_hold_it() {
        let ntp = 7 * SECOND + SECOND / 2;
        let report = read(&block(0x6_0000, 0x1_0000), ntp);
        assert_eq!(report.rtt, Some(Duration::from_millis(500)));
        assert!((report.loss - 0.25).abs() < f32::EPSILON);
    }

    #[test]
    fn no_report_or_a_wrong_one_gives_no_round_trip() {
        assert_eq!(read(&block(0, 0), 7 * SECOND).rtt, None);
        assert_eq!(read(&block(0x7_0000, 0x2_0000), 8 * SECOND).rtt, None);
    }

    #[test]
    fn blocks_are_spread_over_reports() {
        let reports = receiver_reports(9, &[block(0, 0); 40]);
        let sizes: Vec<_> = reports
            .iter()
            .map(|report| match report {
                Rtcp::ReceiverReport { ssrc: 9, reports } => reports.len(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(sizes, [31, 9]);
    }

    #[test]
    fn the_fastest_report_places_the_clock() {
        let (mut clock, start) = (ParticipantClock::default(), Instant::now());
        let ms = Duration::from_millis;
        assert_eq!(clock.to_local(start + ms(80), 100 * SECOND), start + ms(80));
        let at = clock.to_local(start + ms(1_030), 101 * SECOND);
        assert_eq!(at, start + ms(1_030), "50 ms faster than the first");
        let at = clock.to_local(start + ms(2_090), 102 * SECOND);
        assert_eq!(at, start + ms(2_030), "a slow one changes nothing");
        let at = clock.to_local(start + ms(3_000), 500 * SECOND);
        assert_eq!(at, start + ms(3_000), "the clock was set anew");
    }
}
