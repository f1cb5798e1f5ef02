//! Short bursts above the estimate that show whether the link carries more.

use super::Bitrate;

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
