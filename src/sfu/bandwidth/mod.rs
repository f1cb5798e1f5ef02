//! How much a subscriber's link carries.
//!
//! Send-side estimation as in Google Congestion Control (draft-ietf-rmcat-gcc-02) with the trendline filter, the probing
//! and the detection of application-limited senders that libwebrtc added. REMB or plain receiver reports take its place
//! for clients without TWCC. Owns the estimate alone: who gets it is `allocator`'s matter, when packets leave `pacer`'s.

mod bitrate;
mod estimator;
mod probe;

pub use bitrate::Bitrate;
pub use estimator::{Estimator, EstimatorLimits};
pub use probe::{Probe, ProbeId};
