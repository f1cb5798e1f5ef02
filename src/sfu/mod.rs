//! A call as a state machine over RTP metadata: who is in it, which publication fills which slot at which layer, what is
//! repaired, what is dropped and how much a link carries.
//!
//! Pure: time is an argument, packets are values. It reads the formats of `rtc` and knows no socket, actor or frame.

mod model;
pub mod packet;

pub use model::{Encoding, MediaKind, ParticipantId, Source, TrackId};
