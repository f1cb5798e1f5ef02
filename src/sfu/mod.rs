//! A call as a state machine over RTP metadata: who is in it, which publication fills which slot at which layer, what is
//! repaired, what is dropped and how much a link carries.
//!
//! Pure: time is an argument, packets are values. It reads the formats of `rtc` and knows no socket, actor or frame.

pub mod allocator;
pub mod bandwidth;
pub mod call;
pub mod feedback;
pub mod history;
pub mod keyframe;
pub mod lanes;
pub mod loss;
mod model;
pub mod pacer;
pub mod packet;
pub mod quality;
pub mod reception;
pub mod report;
pub mod selector;
pub mod shedding;
pub mod slot;
pub mod speakers;

pub use model::{Encoding, MediaKind, ParticipantId, Source, TrackId};
