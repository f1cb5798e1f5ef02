//! What is received of one encoding: duplicates, gaps and their repair, and the statistics of receiver reports.

mod missing;
mod statistics;
#[cfg(test)]
mod tests;
mod window;

use super::MediaKind;
use crate::rtc::rtcp::ReportBlock;
pub(in crate::sfu) use window::{Seen, Window};

use missing::Missing;
use statistics::Statistics;
use std::time::{Duration, Instant};

/// What a packet is to what came before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The newest so far.
    Fresh,
    /// Older than the newest, and first seen: reordered on the way.
    Late,
    /// It was missing and asked for, or came as a retransmission.
    Repaired,
    /// Seen before: drop it.
    Duplicate,
    /// Older than what is remembered: drop it.
    Stale,
}

/// A packet that was placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// Its place in the media's sequence.
    pub index: u64,
    /// What it is.
    pub verdict: Verdict,
}

/// The original sequence number and payload of a retransmission (RFC 4588 §4); `None` for a probe without payload.
#[must_use]
pub fn unwrap_rtx(payload: &[u8]) -> Option<(u16, &[u8])> {
    let (original, payload) = payload.split_first_chunk()?;
    (!payload.is_empty()).then_some((u16::from_be_bytes(*original), payload))
}

/// What is told to a publisher of one encoding, and what was lost of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// The block of the receiver report; its loss is that before repair.
    pub block: ReportBlock,
    /// Packets lost since the report before, before repair.
    pub lost: u32,
    /// Packets sent since the report before.
    pub expected: u32,
}

/// The reception of one encoding: its media SSRC and that of its retransmissions.
#[derive(Debug)]
pub struct Reception {
    seen: Window,
    /// The newest index, of media or repaired.
    newest: Option<u64>,
    missing: Missing,
    statistics: Statistics,
}

impl Reception {
    /// Nothing received. `ssrc` is that of the media. Missing pictures are asked for; sound is not, until
    /// [`Self::set_nack`].
    #[must_use]
    pub const fn new(ssrc: u32, kind: MediaKind) -> Self {
        Self {
            seen: Window::new(),
            newest: None,
            missing: Missing::new(kind),
            statistics: Statistics::new(ssrc, kind),
        }
    }

    /// Places a packet of the media SSRC; `index` is its SRTP index. Padding counts too.
    pub fn on_packet(&mut self, now: Instant, index: u64, timestamp: u32) -> Receipt {
        let receipt = self.receive(now, index);
        let is_first = !matches!(receipt.verdict, Verdict::Duplicate | Verdict::Stale);
        // A retransmission that came first does not make its original count as received.
        if is_first {
            self.statistics.on_packet(now, index, timestamp);
        }
        receipt
    }

    /// Places a retransmission by its original sequence number. It may come before all media: then that is taken to be
    /// in its first cycle.
    pub fn on_rtx(&mut self, now: Instant, original: u16) -> Receipt {
        let index = self
            .newest
            .map_or(Some(u64::from(original)), |newest| near(newest, original));
        let Some(index) = index else {
            return Receipt {
                index: u64::from(original),
                verdict: Verdict::Stale,
            };
        };
        let mut receipt = self.receive(now, index);
        if receipt.verdict == Verdict::Late {
            receipt.verdict = Verdict::Repaired;
        }
        receipt
    }

    fn receive(&mut self, now: Instant, index: u64) -> Receipt {
        let verdict = match self.seen.insert(index) {
            Seen::Again => Verdict::Duplicate,
            Seen::TooOld => Verdict::Stale,
            Seen::New => match self.newest {
                Some(newest) if index < newest => self.missing.on_late(now, index),
                newest => {
                    if let Some(newest) = newest {
                        self.missing.on_gap(now, newest + 1..index);
                    }
                    self.newest = Some(index);
                    Verdict::Fresh
                }
            },
        };
        Receipt { index, verdict }
    }

    /// A keyframe begins at `index`: what is missing before it is not needed any more.
    pub fn on_keyframe(&mut self, index: u64) {
        self.missing.forget_before(index);
    }

    /// Whether missing packets are asked for: on for video, for sound as the loss policy says.
    pub fn set_nack(&mut self, on: bool) {
        self.missing.set_on(on);
    }

    /// Appends the sequence numbers to ask for now. Call it after each batch and every few milliseconds.
    /// Returns how many were given up since: if any and it is video, ask for a keyframe.
    pub fn nacks_due(&mut self, now: Instant, rtt: Duration, due: &mut Vec<u16>) -> usize {
        self.missing.due(now, rtt, due)
    }

    /// A sender report of the media SSRC came; `ntp` is its time.
    pub const fn on_sender_report(&mut self, now: Instant, ntp: u64) {
        self.statistics.on_sender_report(now, ntp);
    }

    /// What came since the last report; `None` before the first packet.
    pub fn report(&mut self, now: Instant) -> Option<Report> {
        self.statistics.report(now)
    }
}

/// The index nearest to `newest` that ends in `sequence`; `None` before the first cycle.
fn near(newest: u64, sequence: u16) -> Option<u64> {
    // The low 16 bits of `newest` on purpose.
    let ahead = sequence.wrapping_sub(newest as u16) as i16;
    newest.checked_add_signed(i64::from(ahead))
}
