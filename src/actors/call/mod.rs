//! The shell around a call: feeds the pure machine, carries out its effects, and lets the room vouch for people. It lives
//! on the thread of the call's media shard and decides nothing about the call itself. A panic costs it the message at
//! hand: the next life goes on from the state after the last good one, and media never notices.

mod effects;
mod frames;
mod http;
mod join;
mod media;
mod message;
mod negotiate;
mod record;
mod requests;
mod state;
mod transport;

pub use message::{
    Absence, Answer, Ask, CallLane, CallMessage, HttpAnswer, HttpAsk, HttpRefusal, HttpRequest,
    HttpSession, Join, JoinLink, Request, Vouched,
};
pub(in crate::actors) use state::Keeper;

use super::media::MediaHandle;
use super::node::Node;
use super::supervision::{Address, Behaviour, Cx, Exit, Incarnation};
use crate::id::{CallId, ConnectionId, RoomId};
use crate::protocol::call::{CallEnd, Quality};
use crate::protocol::{Advice, ErrorCode};
use crate::sfu::ParticipantId;
use crate::sfu::call::{Effect, LeaveReason};
use crate::sfu::speakers::Speakers;
use state::{State, Way};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Where a call is reached, through all of its incarnations.
pub type CallAddress = Address<CallActor>;

/// How often a call looks at its clock.
const TICK: Duration = Duration::from_secs(1);
/// How often it looks who speaks, while anybody is heard.
const LISTEN: Duration = Duration::from_millis(40);
/// It stops looking so long after the last sound.
const LISTEN_MAX: Duration = Duration::from_secs(4);
/// Speakers that are followed as such.
const AUDIBLE_MAX: usize = 10;

/// What a call was founded with: the same over all of its lives.
pub(in crate::actors) struct Charter {
    /// Its id.
    pub(in crate::actors) call: CallId,
    /// Its room.
    pub(in crate::actors) room: RoomId,
    /// The most who may be in it.
    pub(in crate::actors) participants_max: usize,
    /// The media plane.
    pub(in crate::actors) media: MediaHandle,
}

/// One call.
pub struct CallActor {
    charter: Arc<Charter>,
    node: Arc<Node>,
    keeper: Keeper,
    state: State,
    /// The state changed since it was kept.
    changed: bool,
    /// Joins that wait for the room's word.
    pending: usize,
    /// It is over: whoever still comes is sent to the next one.
    over: bool,
    speakers: Speakers,
    /// When somebody was last heard; `None`: nobody is listened for.
    heard_at: Option<Instant>,
    /// How well people are connected, as far as the others have not been told.
    qualities: BTreeMap<ParticipantId, Quality>,
    span: tracing::Span,
}

impl CallActor {
    pub(in crate::actors) fn new(
        charter: Arc<Charter>,
        node: Arc<Node>,
        keeper: Keeper,
        incarnation: Incarnation,
    ) -> Self {
        let (call, room) = (charter.call, charter.room);
        let fresh = || State::new(charter.participants_max);
        Self {
            state: keeper.last().unwrap_or_else(fresh),
            charter,
            node,
            keeper,
            changed: false,
            pending: 0,
            over: false,
            speakers: Speakers::new(AUDIBLE_MAX),
            heard_at: None,
            qualities: BTreeMap::new(),
            span: tracing::debug_span!("call", %call, %room, %incarnation),
        }
    }

    /// A connection is gone.
    fn lost(&mut self, connection: ConnectionId, how: Absence, cx: &mut Cx<'_, Self>) {
        let Some(participant) = self.state.on(connection) else {
            return;
        };
        if let Some(link) = self.state.link(participant) {
            link.way = Way::Away;
        }
        let effects = match how {
            Absence::Away => self.state.call.away(cx.now(), participant),
            Absence::Gone(reason) => self.state.call.leave(cx.now(), participant, reason),
        };
        self.apply(effects);
    }

    /// The clock: who was away too long, whose token ended, what the others should know.
    fn tick(&mut self, cx: &mut Cx<'_, Self>) {
        let effects = self.state.call.tick(cx.now());
        self.apply(effects);
        let now_ms = self.node.clock.now_ms();
        let ended: Vec<_> = self
            .state
            .links
            .iter()
            .filter(|(_, link)| {
                matches!(&link.way, Way::Http(capability, _) if capability.expires_ms <= now_ms)
            })
            .map(|(participant, _)| *participant)
            .collect();
        for participant in ended {
            let reason = LeaveReason::Revoked;
            let effects = self.state.call.leave(cx.now(), participant, reason);
            self.apply(effects);
        }
        self.show_qualities();
        self.show();
        if self.state.founded.is_none() && self.pending == 0 {
            // Nobody got in.
            self.over = true;
            return cx.stop();
        }
        if !self.over {
            cx.after(TICK, CallMessage::Tick);
        }
    }

    /// The call is over for everyone.
    fn finish(&mut self, reason: CallEnd, cx: &mut Cx<'_, Self>) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        self.record_end(reason);
        self.say_ended(reason);
        self.node
            .calls
            .show(self.charter.room, self.charter.call, None);
        cx.stop();
    }

    /// Keeps what the last message left, and ends a call that everyone has left.
    fn settle(&mut self, cx: &mut Cx<'_, Self>) {
        if std::mem::take(&mut self.changed) {
            self.keeper.keep(&self.state);
        }
        if self.state.founded.is_some() && self.state.call.is_empty() {
            self.finish(CallEnd::Ended, cx);
        }
    }
}

impl Behaviour for CallActor {
    type Lane = CallLane;
    type Message = CallMessage;

    fn started(&mut self, cx: &mut Cx<'_, Self>) -> Result<(), Exit> {
        cx.after(TICK, CallMessage::Tick);
        if self.state.founded.is_some() {
            self.resync();
        }
        Ok(())
    }

    fn handle(&mut self, message: CallMessage, cx: &mut Cx<'_, Self>) -> Result<(), Exit> {
        use CallMessage as M;
        let _entered = self.span.clone().entered();
        if self.over {
            self.pass_on(message);
            return Ok(());
        }
        match message {
            M::Join(join) => self.join(join, cx),
            M::Request(request) => self.request(request, cx),
            M::Vouched(role, what) => self.vouched(role, what, cx),
            M::Lost { connection, how } => self.lost(connection, how, cx),
            M::PutOut(user) => {
                let effects = self.state.call.put_out(cx.now(), &user);
                self.apply(effects);
            }
            M::Revoked(revocations) => self.revoked(&revocations, cx),
            M::Media(event) => self.media(event, cx),
            M::Http(request) => self.http(*request, cx),
            M::Tick => self.tick(cx),
            M::Listen => self.listen(cx),
            M::Drain => self.finish(CallEnd::Shutdown, cx),
            #[cfg(feature = "failpoints")]
            M::Panic => panic!("a fault was injected"),
        }
        self.settle(cx);
        Ok(())
    }

    fn terminated(&mut self, exit: &Exit) {
        // Media of a call that is gone for good goes with it.
        if matches!(exit, Exit::Normal | Exit::Shutdown) {
            for link in self.state.links.values() {
                if let Some(transport) = &link.transport {
                    transport.peer.tell(super::media::PeerCommand::Remove);
                }
            }
        }
    }
}

impl CallActor {
    /// Sends whoever joins a call that is over to the next one.
    fn pass_on(&self, message: CallMessage) {
        match message {
            CallMessage::Join(join) | CallMessage::Vouched(_, Vouched::Join(join)) => {
                self.node.calls.join(self.charter.room, *join);
            }
            other => {
                let (code, advice) = (ErrorCode::CallNotFound, Advice::Fix);
                other.refuse(code, advice, "the call is over");
            }
        }
    }

    /// Begins again after a fault: media and everyone in the call are told how it stands.
    fn resync(&mut self) {
        let mut effects = Vec::new();
        for (participant, member) in self.state.call.members() {
            let slots: Vec<usize> = (0..member.slots().len()).collect();
            effects.push(Effect::Updated(participant));
            effects.push(Effect::Layout(participant));
            let fill = slots.clone();
            effects.push(Effect::Fill {
                participant,
                slots: fill,
            });
            effects.push(Effect::Show { participant, slots });
        }
        self.apply(effects);
        tracing::info!(call = %self.charter.call, "a call goes on after a fault");
    }
}
