//! What a connection is told, and in which lane.

use crate::actors::gate::Rejection;
use crate::actors::room::Subscription;
use crate::crdt::VersionVector;
use crate::id::{Offset, RoomId};
use crate::mailbox::{Item, Lane, LaneSpec, Overflow};
use crate::protocol::{ClientFrame, DecodeError, DrainReason};
use crate::storage::{Page, ReadError};

/// The lanes of a connection's mailbox, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionLane {
    /// The end of the socket, orders of the node.
    Control,
    /// Rooms, and pages read for them: bounded by the rooms it follows.
    Room,
    /// The client's frames: when it is full the transport stops reading the socket.
    Client,
}

impl Lane for ConnectionLane {
    const SPECS: &'static [LaneSpec] = &[
        LaneSpec {
            name: "control",
            items_max: 64,
            bytes_max: 64 * 1024,
            ttl: None,
            overflow: Overflow::Refuse,
        },
        LaneSpec {
            name: "room",
            items_max: 8_192,
            bytes_max: 16 << 20,
            ttl: None,
            overflow: Overflow::Refuse,
        },
        LaneSpec {
            name: "client",
            items_max: 64,
            bytes_max: 1 << 20,
            ttl: None,
            overflow: Overflow::Refuse,
        },
    ];

    fn index(self) -> usize {
        self as usize
    }
}

/// A message to a connection.
pub enum ConnectionMessage {
    /// The client said something; `bytes` is what it took on the wire.
    Frame {
        /// What.
        frame: Box<ClientFrame>,
        /// Bytes after decompression.
        bytes: usize,
    },
    /// The client said something that is not a frame.
    Malformed {
        /// Why not.
        error: DecodeError,
        /// Bytes after decompression.
        bytes: usize,
    },
    /// The socket is gone.
    Gone,
    /// Time to look at heartbeats and expiry.
    Tick,
    /// The token was revoked.
    Revoked,
    /// The node goes away.
    Drain(DrainReason),
    /// The user's set of rooms changed.
    RoomsChanged,
    /// A guest's name is on disk, or is not.
    GuestStored(Result<(), Rejection>),
    /// A room counts the connection among its subscribers, or is here again after a restart.
    Taken {
        /// The room.
        room: RoomId,
        /// Under which subscription.
        subscription: Subscription,
        /// What to read of the log; `None`: the room has sent what there was.
        missing: Option<Missing>,
    },
    /// The room has gone on meanwhile.
    Behind {
        /// The room.
        room: RoomId,
        /// Under which subscription.
        subscription: Subscription,
        /// To here.
        head: Offset,
    },
    /// The room no longer counts the connection among its subscribers.
    PutOut {
        /// The room.
        room: RoomId,
        /// Under which subscription.
        subscription: Subscription,
    },
    /// The answer to a subscription has left for the socket, or there will be none.
    Answered {
        /// The room.
        room: RoomId,
        /// Which subscription.
        subscription: Subscription,
    },
    /// A page was read.
    Page {
        /// Of which room.
        room: RoomId,
        /// For which catch-up with it.
        catch_up: u32,
        /// How it went.
        page: Result<Page, ReadError>,
    },
    /// The socket took a page.
    PageTaken {
        /// Of which room.
        room: RoomId,
        /// Of which catch-up with it.
        catch_up: u32,
    },
    /// A queue was full: try again.
    Again,
    /// A fault from outside, for tests: the connection panics.
    #[cfg(feature = "failpoints")]
    Panic,
}

/// A part of a room's log.
#[derive(Debug, Clone, PartialEq)]
pub struct Missing {
    /// After this offset.
    pub after: Offset,
    /// Up to this one.
    pub up_to: Offset,
    /// Leaving out what it contains.
    pub vector: Option<VersionVector>,
}

impl Item for ConnectionMessage {
    fn bytes(&self) -> usize {
        match self {
            Self::Frame { bytes, .. } | Self::Malformed { bytes, .. } => size_of::<Self>() + bytes,
            _ => size_of::<Self>(),
        }
    }
}
