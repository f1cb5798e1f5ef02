//! What the operator sees: metrics and tracing.
//!
//! Owns the names, units and labels of every metric, and the form of the log. Labels are bounded: never an id, a name or
//! an address. Log lines never hold message bodies, tokens or full addresses. Knows nothing of who reports what.

mod histogram;
mod log;
mod metrics;
mod sources;

pub use histogram::Histogram;
pub use log::{LogError, LogStyle, init_log};
pub use metrics::{Metrics, Refusal};
pub use sources::Samples;
