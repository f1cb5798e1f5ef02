//! A room as a pure state machine: acceptance, membership, timeline, presence.
//!
//! Pure: time and random ids are arguments. Owns what a room accepts and what that changes on disk ([`Change`]).
//! Knows nothing of sled, actors, frames or sockets.

mod change;

pub use change::{
    Change, Fingerprint, Head, Invite, Known, Marker, Member, Record, ReplicaOwner, Settings,
    Snapshot,
};
