//! The media of calls: packets of publications move to the slots of subscribers.
//!
//! One shard is one thread. On it live its [`Plane`] (a plain structure: the transports of its peers, their slots and
//! egress lanes, and who is subscribed to what), a Peer actor for each transport and a Track actor for each
//! publication. The driver in `transport` feeds datagrams in and takes departures out; the Call decides which
//! publication goes into which slot; the Peer decides at which layer; the Plane moves the packets.
//!
//! What is absent: locks and allocations per forwarded packet, a clock of its own, and sockets.

mod figures;
mod handle;
mod peer;
mod plane;
mod port;
mod relay;
mod track;

pub use figures::{Count, Figures, LATENCY_BOUNDS_US, LAYERS, Latency, Refused};
pub use handle::{
    AdmitError, CallSeat, HOME_PEERS, MediaHandle, PeerHandle, SHARD_PEERS_MAX, ShardPort,
};
pub use peer::{PeerActor, PeerLane, PeerMessage};
pub use plane::{Departure, PeerKey, Plane, Refusal, with_plane};
pub use port::{
    AdmitPeer, DATA_BYTES_MAX, DataBlock, DataKind, Flow, Gate, GoneReason, LEVEL_EVERY_MS,
    MediaEvent, MediaEvents, PauseReason, PeerCommand, PeerId, Publication, ShardId, SlotFill,
    SlotState, Tile, TrackKey,
};
pub use relay::{Anchor, Load, Relay, Relayed};
pub use track::{Received, TrackActor, TrackLane, TrackMessage};
