//! What a call is told, and in which lane.

use crate::access::{Capability, Revocations};
use crate::actors::media::MediaEvent;
use crate::actors::outbox::Outbox;
use crate::actors::reply::Reply;
use crate::actors::rooms::RoomError;
use crate::chat::Caller;
use crate::crdt::Role;
use crate::id::{ConnectionId, RoomId, UserId};
use crate::mailbox::{Item, Lane, LaneSpec, Overflow};
use crate::protocol::call::{
    CallHand, CallLayout, CallMute, CallOffer, CallRemove, CallUnpublish, Resume, TrackOffer,
};
use crate::protocol::{Advice, ErrorCode, ServerFrame};
use crate::rtc::ice::IceCredentials;
use crate::rtc::sdp::SendRecv;
use crate::sfu::ParticipantId;
use crate::sfu::call::{LeaveReason, Secret};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// The lanes of a call's mailbox, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallLane {
    /// Lost connections, revocations, answers of the room, timers.
    Control,
    /// What media reports, levels apart.
    Media,
    /// Requests of clients.
    Request,
    /// Audio levels: may be lost.
    Level,
}

impl Lane for CallLane {
    const SPECS: &'static [LaneSpec] = &[
        LaneSpec {
            name: "control",
            items_max: 16_384,
            bytes_max: 8 << 20,
            ttl: None,
            overflow: Overflow::Refuse,
        },
        LaneSpec {
            name: "media",
            items_max: 16_384,
            bytes_max: 16 << 20,
            ttl: None,
            overflow: Overflow::Refuse,
        },
        LaneSpec {
            name: "request",
            items_max: 2_048,
            bytes_max: 32 << 20,
            ttl: None,
            overflow: Overflow::Refuse,
        },
        LaneSpec {
            name: "level",
            items_max: 1_024,
            bytes_max: 1 << 20,
            ttl: Some(Duration::from_millis(300)),
            overflow: Overflow::DropOldest,
        },
    ];

    fn index(self) -> usize {
        self as usize
    }
}

/// A message to a call.
pub enum CallMessage {
    /// Somebody joins, or comes back.
    Join(Box<Join>),
    /// A participant asks for something.
    Request(Box<Request>),
    /// The room has said who somebody is.
    Vouched(Result<Role, RoomError>, Vouched),
    /// A connection is gone.
    Lost {
        /// Which.
        connection: ConnectionId,
        /// For good, or for now.
        how: Absence,
    },
    /// A user may no longer be in the room.
    PutOut(UserId),
    /// Tokens were revoked.
    Revoked(Arc<Revocations>),
    /// What media reports.
    Media(MediaEvent),
    /// A client without a WebSocket asks for something.
    Http(Box<HttpRequest>),
    /// The clock of participants.
    Tick,
    /// The clock of speakers.
    Listen,
    /// The node goes away.
    Drain,
    /// A fault from outside, for tests: the call panics.
    #[cfg(feature = "failpoints")]
    Panic,
}

/// What the room's word was asked for.
pub enum Vouched {
    /// Somebody joins.
    Join(Box<Join>),
    /// Somebody moderates.
    Request(Box<Request>),
}

/// How a connection is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// It may come back.
    Away,
    /// It may not: this is why.
    Gone(LeaveReason),
}

/// Somebody joins, or comes back.
pub struct Join {
    /// Who, under which cap.
    pub caller: Caller,
    /// Name in this call.
    pub name: String,
    /// SDP; absent when coming back with the media that is there.
    pub offer: Option<String>,
    /// What its sending lines show.
    pub tracks: Vec<TrackOffer>,
    /// As whom they come back.
    pub resume: Option<Resume>,
    /// How they are reached.
    pub link: JoinLink,
    /// To whom the answer goes.
    pub answer: Answer,
}

impl Join {
    /// Whether it comes to play: that starts no call.
    #[must_use]
    pub fn is_player(&self) -> bool {
        matches!(
            self.link,
            JoinLink::Http {
                sendrecv: SendRecv::Slot,
                ..
            }
        )
    }
}

/// How a participant is reached.
#[derive(Clone)]
pub enum JoinLink {
    /// By WebSocket.
    Socket {
        /// The connection.
        connection: ConnectionId,
        /// Its queue.
        outbox: Arc<Outbox>,
    },
    /// By HTTP alone (WHIP, WHEP): nobody tells them anything.
    Http {
        /// What they may do, until when.
        capability: Arc<Capability>,
        /// What a line becomes that says neither sending nor receiving.
        sendrecv: SendRecv,
    },
}

/// To whom an answer goes; dropped without one, they are told to try again.
pub enum Answer {
    /// To a WebSocket.
    Frame(Reply),
    /// To an HTTP request.
    Http(oneshot::Sender<Result<ServerFrame, HttpRefusal>>),
}

/// Why an HTTP request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRefusal {
    /// What went wrong.
    pub code: ErrorCode,
    /// Who must act.
    pub advice: Advice,
    /// For people.
    pub message: String,
}

impl Answer {
    /// Refuses.
    pub fn refuse(self, code: ErrorCode, advice: Advice, message: String) {
        match self {
            Self::Frame(reply) => reply.refuse(code, advice, message),
            Self::Http(answer) => {
                let refusal = HttpRefusal {
                    code,
                    advice,
                    message,
                };
                // Refused only when nobody waits any more.
                let _ = answer.send(Err(refusal));
            }
        }
    }
}

/// A participant asks for something.
pub struct Request {
    /// On which connection.
    pub connection: ConnectionId,
    /// Who, under which cap.
    pub caller: Caller,
    /// What.
    pub ask: Ask,
    /// To whom the answer goes.
    pub reply: Reply,
}

/// What a participant asks for.
pub enum Ask {
    /// `call.offer`.
    Offer(CallOffer),
    /// `call.layout`.
    Layout(CallLayout),
    /// `call.mute`.
    Mute(CallMute),
    /// `call.hand`.
    Hand(CallHand),
    /// `call.unpublish`.
    Unpublish(CallUnpublish),
    /// `call.leave`.
    Leave,
    /// `call.remove`.
    Remove(CallRemove),
    /// `call.end`.
    End,
}

/// A client without a WebSocket asks for something.
pub struct HttpRequest {
    /// As whom.
    pub participant: ParticipantId,
    /// Knowing it is the right to.
    pub secret: Secret,
    /// What.
    pub ask: HttpAsk,
    /// To whom the answer goes.
    pub answer: oneshot::Sender<Result<HttpAnswer, HttpRefusal>>,
}

/// What a client without a WebSocket asks for.
pub enum HttpAsk {
    /// Candidates, which nobody here needs, or an ICE restart.
    Patch {
        /// The ICE session that it is about, by the server's user fragment; `None`: whichever.
        about: Option<String>,
        /// The client's credentials.
        remote: Option<IceCredentials>,
    },
    /// Leaves.
    Delete,
}

/// The answer to [`HttpAsk`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpAnswer {
    /// It is done.
    Done,
    /// The ICE session is another one by now.
    Outdated,
    /// ICE begins anew.
    Restarted {
        /// The server's user fragment.
        ufrag: String,
        /// What the client must know, as `application/trickle-ice-sdpfrag` (RFC 8840).
        fragment: String,
    },
}

/// Where a WHIP or WHEP session is, as its URL says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpSession {
    /// The room.
    pub room: RoomId,
    /// Who.
    pub participant: ParticipantId,
    /// Knowing it is the right to it.
    pub secret: Secret,
}

impl CallMessage {
    /// Tells whoever waits for an answer that there is none.
    pub(in crate::actors) fn refuse(self, code: ErrorCode, advice: Advice, message: &str) {
        match self {
            Self::Join(join) | Self::Vouched(_, Vouched::Join(join)) => {
                join.answer.refuse(code, advice, message.into());
            }
            Self::Request(request) | Self::Vouched(_, Vouched::Request(request)) => {
                request.reply.refuse(code, advice, message);
            }
            Self::Http(request) => {
                let message = message.into();
                // Refused only when nobody waits any more.
                let _ = request.answer.send(Err(HttpRefusal {
                    code,
                    advice,
                    message,
                }));
            }
            _ => {}
        }
    }
}

impl Item for CallMessage {
    fn bytes(&self) -> usize {
        let boxed = match self {
            Self::Join(join) | Self::Vouched(_, Vouched::Join(join)) => {
                size_of::<Join>() + join.offer.as_ref().map_or(0, String::len)
            }
            Self::Request(request) | Self::Vouched(_, Vouched::Request(request)) => {
                let offer = match &request.ask {
                    Ask::Offer(offer) => offer.offer.len(),
                    _ => 0,
                };
                size_of::<Request>() + offer
            }
            Self::Http(_) => size_of::<HttpRequest>(),
            Self::Media(MediaEvent::Data(_, data)) => data.bytes.len(),
            _ => 0,
        };
        size_of::<Self>() + boxed
    }
}
