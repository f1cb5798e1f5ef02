//! The shell around a room: feeds the pure machine, hands its decisions to the committer, and what is on disk to the
//! subscribers. It decides nothing about the room itself.

mod answers;
mod commits;
mod load;
mod message;
mod requests;
mod ring;
mod roster;
mod subscriptions;

pub(in crate::actors) use answers::refusal_code;
pub use message::{Ask, Create, Question, Request, RoomLane, RoomMessage, Subscribe};
pub(in crate::actors) use roster::{Roster, Subscriber};

use super::node::Node;
use super::supervision::{Address, Behaviour, Cx, Exit, Incarnation};
use crate::chat::{self, Presence};
use crate::id::{Offset, RoomId};
use commits::Commits;
use ring::Ring;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Where a room is reached, through all of its incarnations.
pub type RoomAddress = Address<RoomActor>;

/// How often a room looks at its clock while it has something to look for.
const TICK: Duration = Duration::from_secs(1);
/// How often a room looks for subscribers whose connection has ended without a word, for its mailbox was full.
const SWEEP: Duration = Duration::from_secs(10);
/// A room without subscribers and without work for this long leaves memory.
const IDLE_MAX: Duration = Duration::from_secs(60);

/// One room.
pub struct RoomActor {
    room: RoomId,
    node: Arc<Node>,
    roster: Roster,
    state: State,
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
    busy_at: Instant,
    marked_at: Instant,
    swept_at: Instant,
    retained_at: Option<Instant>,
    incarnation: Incarnation,
}

impl RoomActor {
    /// A room that will load itself. `roster` outlives this incarnation.
    pub(in crate::actors) fn new(room: RoomId, node: Arc<Node>, roster: Roster) -> Self {
        Self {
            room,
            node,
            roster,
            state: State::Loading,
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
        match message {
            RoomMessage::Tick => self.tick(cx),
            RoomMessage::Retry => self.submit(cx),
            RoomMessage::Committed {
                incarnation,
                result,
            } => return self.committed(incarnation, result, cx),
            RoomMessage::Create(create) => self.create(*create, cx),
            RoomMessage::Subscribe(subscribe) => self.subscribe(*subscribe, cx),
            RoomMessage::Request(request) => self.request(*request, cx),
            RoomMessage::Ask(ask) => self.answer(*ask),
            RoomMessage::CaughtUp { connection, offset } => self.caught_up(connection, offset),
            RoomMessage::Unsubscribe { connection } => self.unsubscribe(connection, cx),
            RoomMessage::Typing { connection, on } => self.typing(connection, on),
            RoomMessage::Presence { connection, status } => self.presence(connection, status),
            RoomMessage::Read { caller, stamp, dot } => self.read(&caller, stamp, dot, cx),
            #[cfg(feature = "failpoints")]
            RoomMessage::Panic => panic!("a fault was injected"),
        }
        Ok(())
    }
}

impl RoomActor {
    /// The room's clock: what is due is sent or decided; an idle room ends.
    fn tick(&mut self, cx: &mut Cx<'_, Self>) {
        let State::Open(open) = &mut self.state else {
            return cx.stop();
        };
        let now = cx.now();
        open.keep_up(&self.node, now);
        if now.saturating_duration_since(open.swept_at) >= SWEEP {
            open.swept_at = now;
            self.sweep(cx);
        }
        self.flush_presence();
        self.submit(cx);
        let State::Open(open) = &mut self.state else {
            return;
        };
        if !self.roster.lock().is_empty() || !open.commits.is_empty() {
            open.busy_at = now;
        }
        if now.duration_since(open.busy_at) >= IDLE_MAX {
            self.state = State::Closing;
            cx.stop();
        } else {
            cx.after(TICK, RoomMessage::Tick);
        }
    }
}
