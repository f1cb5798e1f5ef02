//! What a publisher is told of its own link: transport-wide feedback, so that the congestion control in its browser works,
//! and REMB for publishers without it.

mod arrivals;
mod remb;

pub use arrivals::ArrivalLog;
pub use remb::RembEstimator;
