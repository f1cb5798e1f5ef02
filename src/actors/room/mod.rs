//! The shell around a room: feeds the pure machine, hands its decisions to the committer, and what is on disk to the
//! subscribers. It decides nothing about the room itself.

mod answers;
mod calls;
mod commits;
mod load;
mod message;
mod publish;
mod questions;
mod requests;
mod ring;
mod roster;
mod subscriptions;
mod upkeep;

pub(in crate::actors) use answers::refusal_code;
pub use message::{
    Ask, Create, Question, RecordCall, Request, RoomLane, RoomMessage, Subscribe, Subscription,
    Vouch,
};
pub(in crate::actors) use roster::{Roster, Subscriber};

use super::node::Node;
use super::supervision::{Address, Behaviour, Cx, Exit, Incarnation};
use crate::chat::{self, Presence};
use crate::id::{Offset, RoomId};
use commits::Commits;
use ring::Ring;
use std::sync::Arc;
use upkeep::Upkeep;

/// Where a room is reached, through all of its incarnations.
pub type RoomAddress = Address<RoomActor>;

/// One room.
pub struct RoomActor {
    room: RoomId,
    node: Arc<Node>,
    roster: Roster,
    state: State,
    span: tracing::Span,
}

enum State {
    /// Its snapshot is being read; messages wait in the mailbox.
    Loading,
    /// There is no such room (yet).
    Absent,
    /// It is open.
    Open(Box<OpenRoom>),
    /// It leaves memory: whoever still comes is sent to the next life.
    Closing,
}

/// The state of an open room: everything that a panic may cost.
struct OpenRoom {
    machine: chat::Room,
    presence: Presence,
    commits: Commits,
    ring: Ring,
    /// The newest fsynced offset: nobody is sent anything beyond it.
    durable: Offset,
    upkeep: Upkeep,
    /// Whether a batch that the committer had no room for is due to be offered again.
    retries: bool,
    incarnation: Incarnation,
}

impl RoomActor {
    /// A room that will load itself. `roster` outlives this incarnation.
    pub(in crate::actors) fn new(
        room: RoomId,
        node: Arc<Node>,
        roster: Roster,
        incarnation: Incarnation,
    ) -> Self {
        Self {
            room,
            node,
            roster,
            state: State::Loading,
            span: tracing::debug_span!("room", %room, %incarnation),
        }
    }
}

impl Behaviour for RoomActor {
    type Lane = RoomLane;
    type Message = RoomMessage;

    fn started(&mut self, cx: &mut Cx<'_, Self>) -> Result<(), Exit> {
        self.load(cx)
    }

    fn handle(&mut self, message: RoomMessage, cx: &mut Cx<'_, Self>) -> Result<(), Exit> {
        let _entered = self.span.clone().entered();
        if matches!(self.state, State::Closing) {
            self.pass_on(message);
            return Ok(());
        }
        match message {
            RoomMessage::Tick => self.tick(cx),
            RoomMessage::Retry => self.retry(cx),
            RoomMessage::Committed {
                incarnation,
                result,
            } => return self.committed(incarnation, result, cx),
            RoomMessage::Create(create) => self.create(*create, cx),
            RoomMessage::Subscribe(subscribe) => self.subscribe(*subscribe, cx),
            RoomMessage::Request(request) => self.request(*request, cx),
            RoomMessage::Ask(ask) => self.answer(*ask),
            RoomMessage::Vouch(vouch) => self.vouch(*vouch),
            RoomMessage::RecordCall(record) => self.record_call(*record, cx),
            RoomMessage::CallChanged => self.call_changed(),
            RoomMessage::CaughtUp {
                connection,
                subscription,
                offset,
            } => self.caught_up(connection, subscription, offset),
            RoomMessage::Unsubscribe { connection } => self.unsubscribe(connection, cx),
            RoomMessage::Typing { connection, on } => self.typing(connection, on),
            RoomMessage::Presence { connection, status } => self.presence(connection, status),
            RoomMessage::Read { caller, stamp, dot } => self.read(&caller, stamp, dot, cx),
            #[cfg(feature = "failpoints")]
            RoomMessage::Panic => panic!("a fault was injected"),
        }
        Ok(())
    }

    fn terminated(&mut self, exit: &Exit) {
        if matches!(exit, Exit::Shutdown | Exit::Normal) {
            self.write_last();
        }
    }
}

impl RoomActor {
    /// Sends what came too late to the next life. A subscription is dropped: its connection subscribes again.
    fn pass_on(&self, message: RoomMessage) {
        match message {
            RoomMessage::Create(_)
            | RoomMessage::Request(_)
            | RoomMessage::Ask(_)
            | RoomMessage::Vouch(_)
            | RoomMessage::RecordCall(_) => {
                if let Err(error) = self.node.rooms.tell(self.room, RoomLane::Request, message) {
                    tracing::debug!(room = %self.room, %error, "a late request was not taken");
                }
            }
            _ => {}
        }
    }
}
