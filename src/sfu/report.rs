//! What reception reports say of the way to a peer (RFC 3550 §6.4).

use crate::rtc::rtcp::{ReportBlock, Rtcp};
use std::time::Duration;

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
    let _ = (block, ntp);
    todo!()
}

/// Receiver reports of blocks: as many as they need (31 blocks each).
#[must_use]
pub fn receiver_reports(ssrc: u32, blocks: &[ReportBlock]) -> Vec<Rtcp> {
    let _ = (ssrc, blocks);
    todo!()
}
