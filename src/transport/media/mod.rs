//! Media on the wire: UDP in batches, ICE-TCP.

pub mod arena;
pub mod batch;
pub mod socket;
pub mod tcp;
