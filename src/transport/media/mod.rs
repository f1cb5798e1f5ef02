//! Media on the wire: UDP in batches, ICE-TCP, and the drivers of the shards.

pub mod arena;
pub mod batch;
mod demux;
mod effort;
mod interfaces;
mod outlet;
mod shard;
pub mod socket;
mod start;
pub mod tcp;

pub use start::{MediaError, MediaSettings, Shards, start};
