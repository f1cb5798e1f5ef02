//! Participants of calls: what they send, how they reach the server, what they make of what arrives.
//!
//! Pure, with time as an argument: `stamp`, `floor`, `voice`, `camera`, `vp8`, `hearing`, `watching`, `tally`, `shape`.
//! Around them, on sockets: `light` and `real` peers, the `proxy`, and the `party` that joins them over signalling.

mod arrival;
mod band;
mod camera;
mod floor;
mod hearing;
mod kit;
mod light;
mod peer;
mod proxy;
mod real;
mod seat;
mod shape;
mod stamp;
mod tally;
mod voice;
mod vp8;
mod watching;

pub(crate) use band::Band;
pub(crate) use camera::Picture;
pub(crate) use floor::{Floor, Talk};
pub(crate) use kit::{Kit, Opens};
pub(crate) use light::client_hello;
pub(crate) use peer::{ClientKind, Peer, Place, Sent, State as PeerState};
pub(crate) use proxy::Passage;
pub(crate) use seat::{Bad, Seat, View};
pub(crate) use shape::Shape;
pub(crate) use tally::MediaTally;
