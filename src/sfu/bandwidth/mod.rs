//! How much a subscriber's link carries.
//!
//! Send-side estimation as in Google Congestion Control (draft-ietf-rmcat-gcc-02) with the trendline filter, the probing
//! and the detection of application-limited senders that libwebrtc added. REMB or plain receiver reports take its place
//! for clients without TWCC. Owns the estimate alone: who gets it is `allocator`'s matter, when packets leave `pacer`'s.
//!
//! A feedback walks through `sent` (which packets), `groups` and `trendline` (does the queue grow), `acked` (how much
//! arrives), `queue` (how long it is) and `probe`, and ends in `rate_control`, with `loss` as a cap. `prober` decides
//! when to try more.

pub(in crate::sfu) mod acked;
mod bitrate;
mod capacity;
mod estimator;
pub(in crate::sfu) mod groups;
mod load;
pub(in crate::sfu) mod loss;
mod probe;
mod prober;
pub(in crate::sfu) mod queue;
pub(in crate::sfu) mod rate_control;
mod sent;
#[cfg(test)]
mod tests;
pub(in crate::sfu) mod trendline;

pub use bitrate::Bitrate;
pub use estimator::{Estimator, EstimatorLimits};
pub use probe::{Probe, ProbeId};
