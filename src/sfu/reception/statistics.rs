//! Loss and jitter as receiver reports count them (RFC 3550 §6.4.1, appendix A.3 and A.8).

use super::Report;
use crate::{rtc::rtcp::ReportBlock, sfu::MediaKind};
use std::time::Instant;

/// Packets lost in all are 24 bits with a sign.
const CUMULATIVE_MAX: i64 = 0x7f_ffff;

#[derive(Debug, Clone, Copy)]
struct Counts {
    began: Instant,
    first: u64,
    highest: u64,
    received: u64,
    expected_before: u64,
    received_before: u64,
    /// Of the newest packet, in units of the clock, wrapping.
    transit: u32,
    /// In 1/16 of a unit.
    jitter: u32,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Statistics {
    ssrc: u32,
    clock_hz: u128,
    counts: Option<Counts>,
    sender_report: Option<(u32, Instant)>,
}

impl Statistics {
    pub(super) const fn new(ssrc: u32, kind: MediaKind) -> Self {
        Self {
            ssrc,
            clock_hz: match kind {
                MediaKind::Audio => 48_000,
                MediaKind::Video => 90_000,
            },
            counts: None,
            sender_report: None,
        }
    }

    /// A packet of the media SSRC, for the first time.
    pub(super) fn on_packet(&mut self, now: Instant, index: u64, timestamp: u32) {
        let clock_hz = self.clock_hz;
        let Some(counts) = &mut self.counts else {
            self.counts = Some(Counts {
                began: now,
                first: index,
                highest: index,
                received: 1,
                expected_before: 0,
                received_before: 0,
                transit: 0u32.wrapping_sub(timestamp),
                jitter: 0,
            });
            return;
        };
        counts.received += 1;
        counts.first = counts.first.min(index);
        if index <= counts.highest {
            return;
        }
        counts.highest = index;
        let since = now.saturating_duration_since(counts.began).as_micros();
        // Both wrap as timestamps do.
        let transit = ((since * clock_hz / 1_000_000) as u32).wrapping_sub(timestamp);
        let difference = (transit.wrapping_sub(counts.transit) as i32).unsigned_abs();
        counts.transit = transit;
        let smoothed = counts
            .jitter
            .saturating_sub(counts.jitter.saturating_add(8) / 16);
        counts.jitter = smoothed.saturating_add(difference);
    }

    pub(super) const fn on_sender_report(&mut self, now: Instant, ntp: u64) {
        // The middle 32 bits.
        self.sender_report = Some(((ntp >> 16) as u32, now));
    }

    pub(super) fn report(&mut self, now: Instant) -> Option<Report> {
        let counts = self.counts.as_mut()?;
        let expected_all = counts.highest - counts.first + 1;
        let expected = expected_all.saturating_sub(counts.expected_before);
        let received = counts.received - counts.received_before;
        counts.expected_before = expected_all;
        counts.received_before = counts.received;
        let lost = expected.saturating_sub(received);
        let fraction = (lost * 256).checked_div(expected).unwrap_or(0).min(255);
        let lost_all = i64::try_from(expected_all).ok()? - i64::try_from(counts.received).ok()?;
        let lost_all = lost_all.clamp(-CUMULATIVE_MAX, CUMULATIVE_MAX);
        let (last_sr, delay) = self.sender_report.map_or((0, 0), |(middle, at)| {
            let since = now.saturating_duration_since(at).as_micros();
            (
                middle,
                u32::try_from(since * 65_536 / 1_000_000).unwrap_or(u32::MAX),
            )
        });
        Some(Report {
            block: ReportBlock {
                ssrc: self.ssrc,
                fraction_lost: u8::try_from(fraction).ok()?,
                cumulative_lost: i32::try_from(lost_all).ok()?,
                // Cycles above 16 bits are cut off.
                highest_sequence: counts.highest as u32,
                jitter: counts.jitter / 16,
                last_sr,
                delay_since_last_sr: delay,
            },
            lost: u32::try_from(lost).unwrap_or(u32::MAX),
            expected: u32::try_from(expected).unwrap_or(u32::MAX),
        })
    }
}
