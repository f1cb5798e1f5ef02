//! What a room is told, and in which lane.

use super::answers;
use crate::actors::connection::ConnectionAddress;
use crate::actors::outbox::{Credit, Outbox};
use crate::actors::reply::Reply;
use crate::actors::rooms::RoomError;
use crate::actors::supervision::Incarnation;
use crate::chat::{Caller, Command, Founding, Refusal};
use crate::crdt::{Dot, Role, Stamp};
use crate::id::{ConnectionId, Offset, UserId};
use crate::mailbox::{Item, Lane, LaneSpec, Overflow};
use crate::protocol::{RequestId, RoomRef, Status};
use crate::storage::CommitError;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The lanes of a room's mailbox, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoomLane {
    /// Results of the committer and timers: bounded by what is in flight.
    Control,
    /// Requests and subscriptions.
    Request,
    /// Typing, presence, read markers: may be lost.
    Signal,
}

impl Lane for RoomLane {
    const SPECS: &'static [LaneSpec] = &[
        LaneSpec {
            name: "control",
            items_max: 64,
            bytes_max: 64 * 1024,
            ttl: None,
            overflow: Overflow::Refuse,
        },
        LaneSpec {
            name: "request",
            items_max: 8_192,
            bytes_max: 16 << 20,
            ttl: None,
            overflow: Overflow::Refuse,
        },
        LaneSpec {
            name: "signal",
            items_max: 4_096,
            bytes_max: 1 << 20,
            ttl: Some(Duration::from_secs(5)),
            overflow: Overflow::DropOldest,
        },
    ];

    fn index(self) -> usize {
        self as usize
    }
}

/// A message to a room.
pub enum RoomMessage {
    /// Makes the room, if it does not exist yet.
    Create(Box<Create>),
    /// A connection wants to follow the room.
    Subscribe(Box<Subscribe>),
    /// Everything up to the offset is queued for the connection.
    CaughtUp {
        /// The connection.
        connection: ConnectionId,
        /// Under which subscription.
        subscription: Subscription,
        /// The offset.
        offset: Offset,
    },
    /// A connection stops following, or is gone.
    Unsubscribe {
        /// The connection.
        connection: ConnectionId,
    },
    /// A request that the machine decides.
    Request(Box<Request>),
    /// A question about the room.
    Ask(Box<Ask>),
    /// Typing started or stopped.
    Typing {
        /// By whom.
        connection: ConnectionId,
        /// Started or stopped.
        on: bool,
    },
    /// A device's status changed.
    Presence {
        /// Whose connection.
        connection: ConnectionId,
        /// To what.
        status: Status,
    },
    /// A user has read up to a message.
    Read {
        /// By whom.
        caller: Caller,
        /// The message's stamp.
        stamp: Stamp,
        /// The message.
        dot: Dot,
    },
    /// A call asks who somebody is here.
    Vouch(Box<Vouch>),
    /// What became of the room's call, for the timeline.
    RecordCall(Box<RecordCall>),
    /// There is a call, or none any more, or it has grown.
    CallChanged,
    /// The oldest batch in flight is on disk, or cannot be.
    Committed {
        /// Of which incarnation the batch was.
        incarnation: Incarnation,
        /// How it went.
        result: Result<(), CommitError>,
    },
    /// The committer's queue was full: offer the batch again.
    Retry,
    /// The room's clock: presence, retention, idleness.
    Tick,
    /// A fault from outside, for tests: the room panics.
    #[cfg(feature = "failpoints")]
    Panic,
}

/// Makes a room.
pub struct Create {
    /// Who.
    pub caller: Caller,
    /// What kind of room.
    pub founding: Founding,
    /// To whom the room is announced.
    pub reply: Reply,
}

/// One opening of a room by a connection, counted by the connection over all its rooms: what is said about an earlier one
/// is told apart, and passed over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subscription(pub u32);

/// A connection wants to follow a room.
pub struct Subscribe {
    /// Which.
    pub connection: ConnectionId,
    /// How it calls what it asks for.
    pub subscription: Subscription,
    /// Its actor.
    pub address: ConnectionAddress,
    /// Its queue to the socket.
    pub outbox: Arc<Outbox>,
    /// For whom, under which cap.
    pub caller: Caller,
    /// The device's status.
    pub status: Status,
    /// Where it stands.
    pub position: RoomRef,
    /// The request, unless it was part of `hello`.
    pub id: Option<RequestId>,
    /// Goes with the answer, or is dropped with the message: either way the connection hears of it.
    pub credit: Credit,
}

/// A request that the machine decides.
pub struct Request {
    /// On which connection.
    pub connection: ConnectionId,
    /// By whom, under which cap.
    pub caller: Caller,
    /// What.
    pub command: Command,
    /// What it took on the wire.
    pub bytes: usize,
    /// To whom the answer goes.
    pub reply: Reply,
}

/// A call asks who somebody is in its room.
pub struct Vouch {
    /// Who.
    pub caller: Caller,
    /// Gets the role in force, or why there is none. Called once, on any thread; it must not block.
    pub answer: Box<dyn FnOnce(Result<Role, RoomError>) + Send>,
}

/// An op of the server about the room's call.
pub struct RecordCall {
    /// Whom it is about.
    pub caller: Caller,
    /// Its fields beside its kind.
    pub fields: BTreeMap<String, Value>,
}

/// A question about a room.
pub struct Ask {
    /// By whom.
    pub caller: Caller,
    /// What.
    pub question: Question,
    /// To whom the answer goes.
    pub reply: Reply,
}

/// A question about a room.
pub enum Question {
    /// The members after this one.
    Members(Option<UserId>),
    /// A page of the log, backwards.
    History {
        /// Entries with smaller offsets.
        before: Offset,
        /// At most so many.
        items: usize,
    },
    /// The valid invites.
    Invites,
}

impl RoomMessage {
    /// Tells whoever waits for an answer that there is none.
    pub(in crate::actors) fn refuse(self, error: RoomError) {
        let reply = match self {
            Self::Create(create) => create.reply,
            Self::Request(request) => request.reply,
            Self::Ask(ask) => ask.reply,
            Self::Vouch(vouch) => return (vouch.answer)(Err(error)),
            _ => return,
        };
        let (code, advice) = error.code();
        reply.refuse(code, advice, error.to_string());
    }
}

impl RoomMessage {
    /// What the sender is told when there is no such room; `None` for what makes one, or is no request.
    pub(in crate::actors) fn refused_by_none(&self) -> Option<Refusal> {
        match self {
            Self::Request(request) => Some(answers::absent(&request.command)),
            Self::Subscribe(_) | Self::Ask(_) | Self::Vouch(_) | Self::RecordCall(_) => {
                Some(Refusal::NotVisible)
            }
            _ => None,
        }
    }
}

impl Item for RoomMessage {
    fn bytes(&self) -> usize {
        let boxed = match self {
            Self::Request(request) => size_of::<Request>() + request.bytes,
            Self::Create(_) => size_of::<Create>(),
            Self::Subscribe(_) => size_of::<Subscribe>(),
            Self::Ask(_) => size_of::<Ask>(),
            Self::Vouch(_) => size_of::<Vouch>(),
            Self::RecordCall(_) => size_of::<RecordCall>(),
            _ => 0,
        };
        size_of::<Self>() + boxed
    }
}
