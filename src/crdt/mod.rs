//! The replicated data types of a room: what an op is, and how ops merge.
//!
//! Pure: no clock, no randomness, no I/O. Owns identity ([`Dot`]), causality ([`VersionVector`]), time as data ([`Hlc`],
//! [`Stamp`]), the op format and the merge rules. Knows nothing of rights (`chat`), of offsets' storage or of frames.

mod canonical;
mod digest;
mod dot;
mod hlc;
mod op;
mod op_serde;
mod state;
mod version_vector;

pub use canonical::{Canonical, VALUE_DEPTH_MAX};
pub use digest::StateDigest;
pub use dot::Dot;
pub use hlc::{Hlc, Stamp};
pub use op::{Body, Content, Entry, Membership, Op, Role, Standing, Visibility, VoidCode};
pub use state::{Applied, Message, RoomSettings, State, Text};
pub use version_vector::VersionVector;
