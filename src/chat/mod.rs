//! A room as a pure state machine: acceptance, membership, timeline, presence.
//!
//! Pure: time and random ids are arguments. Owns what a room accepts and what that changes on disk ([`Change`]).
//! Knows nothing of sled, actors, frames or sockets.
//!
//! [`Room::handle`] is the whole of acceptance: the same room, time, caller, command and [`Known`]s give the same
//! [`Decision`]. What may be said is in `rules`, who may say it in `standing` and `invites`.

mod change;
mod command;
mod invites;
pub mod limits;
mod memory;
mod posting;
mod presence;
mod refusal;
mod room;
mod roster;
mod rules;
mod settings;
mod standing;
mod writers;

pub use change::{
    Change, Fingerprint, Head, Invite, Known, Marker, Member, Record, ReplicaOwner, Settings,
    Snapshot,
};
pub use command::{
    Accepted, Arrival, Caller, Command, Decision, Notice, Posted, Refused, Removal, Reply, Write,
};
pub use presence::{Here, Link, Presence, PresenceDiff, Seen, Types};
pub use refusal::Refusal;
pub use room::{Founding, Fresh, Room};
