//! The wire: what clients and server say to each other over WebSocket. `docs/PROTOCOL.md` is its prose.
//!
//! Pure. Owns frames, their two encodings, error and close codes, and size limits. Knows nothing of rooms' rules, of
//! sockets or of actors.

pub mod call;
mod check;
mod client;
mod close;
mod codec;
mod error;
pub mod limits;
mod outgoing;
mod server;
mod weight;

pub use client::{ClientFrame, Cursor, GuestLogin, Hello, RequestId, RoomRef, Since, Status};
pub use close::CloseCode;
pub use codec::{DecodeError, Subprotocol};
pub use error::{Advice, ErrorCode};
pub use outgoing::Outgoing;
pub use server::{
    Ack, DrainReason, InviteInfo, MemberInfo, PresenceChange, PresenceState, RefusedOp, RoomInfo,
    ServerFrame, Stopped, Welcome,
};
pub use weight::{FRAME_BYTES_MIN, entry_weight, room_weight};
