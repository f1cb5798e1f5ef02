//! What is received of one encoding: duplicates, gaps and their repair, and the statistics of receiver reports.

mod window;

use crate::rtc::rtcp::ReportBlock;
pub(in crate::sfu) use window::{Seen, Window};

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

/// The reception of one encoding: its media SSRC and that of its retransmissions.
#[derive(Debug)]
pub struct Reception {}

impl Reception {
    /// Nothing received. `ssrc` is that of the media.
    #[must_use]
    pub fn new(ssrc: u32, clock_hz: u32) -> Self {
        let _ = (ssrc, clock_hz);
        todo!()
    }

    /// Places a packet of the media SSRC; `index` is its SRTP index. Padding counts too.
    pub fn on_packet(&mut self, now: Instant, index: u64, timestamp: u32) -> Receipt {
        let _ = (now, index, timestamp);
        todo!()
    }

    /// Places a retransmission by its original sequence number.
    pub fn on_rtx(&mut self, now: Instant, original: u16) -> Receipt {
        let _ = (now, original);
        todo!()
    }

    /// A keyframe begins at `index`: what is missing before it is not needed any more.
    pub fn on_keyframe(&mut self, index: u64) {
        let _ = index;
        todo!()
    }

    /// Whether missing packets are asked for: on for video, for sound as the loss policy says.
    pub fn set_nack(&mut self, on: bool) {
        let _ = on;
        todo!()
    }

    /// Appends the sequence numbers to ask for now. Call it after each batch and every few milliseconds.
    /// Returns how many were given up since: if any and it is video, ask for a keyframe.
    pub fn nacks_due(&mut self, now: Instant, rtt: Duration, due: &mut Vec<u16>) -> usize {
        let _ = (now, rtt, due);
        todo!()
    }

    /// A sender report of the media SSRC came: the middle 32 bits of its NTP time.
    pub fn on_sender_report(&mut self, now: Instant, ntp: u64) {
        let _ = (now, ntp);
        todo!()
    }

    /// The block of a receiver report, of what came since the last; `None` before the first packet.
    pub fn report(&mut self, now: Instant) -> Option<ReportBlock> {
        let _ = now;
        todo!()
    }
}
