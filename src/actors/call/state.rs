//! What of a call outlives a panic: its pure state and how everyone is reached, as they were after the last message.

use super::Charter;
use crate::access::Capability;
use crate::actors::media::{PeerCommand, PeerHandle, PeerId, ShardId};
use crate::actors::node::Node;
use crate::actors::outbox::{self, OutLane, Outbox};
use crate::chat::Caller;
use crate::id::{ConnectionId, UserId};
use crate::protocol::ServerFrame;
use crate::protocol::call::{CallEnd, CallEnded};
use crate::rtc::ice::IceCredentials;
use crate::rtc::sdp::{Agreed, SendRecv, SlotSsrcs};
use crate::sfu::ParticipantId;
use crate::sfu::call::Call;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// All that a call needs to go on. Cheap to clone: what did not change is shared.
#[derive(Clone)]
pub(super) struct State {
    pub(super) call: Call,
    pub(super) links: BTreeMap<ParticipantId, Arc<Link>>,
    /// Who began it: the first who got in. It has a record since then.
    pub(super) founded: Option<Arc<Founding>>,
}

/// How a call began.
pub(super) struct Founding {
    pub(super) by: Caller,
    /// Unix milliseconds.
    pub(super) at_ms: u64,
}

/// How a participant is reached.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) caller: Caller,
    pub(super) way: Way,
    pub(super) transport: Option<Transport>,
}

/// Who hears what a participant is told.
#[derive(Clone)]
pub(super) enum Way {
    /// A WebSocket.
    Socket(ConnectionId, Arc<Outbox>),
    /// A WebSocket that is gone, maybe for now.
    Away,
    /// Nobody.
    Http(Arc<Capability>, SendRecv),
}

/// The media of a participant, and what the next answer must know of the last.
#[derive(Clone)]
pub(super) struct Transport {
    pub(super) peer: PeerHandle,
    pub(super) shard: ShardId,
    pub(super) local: IceCredentials,
    pub(super) agreed: Arc<Agreed>,
    pub(super) session_id: u64,
    pub(super) version: u64,
    pub(super) ssrcs: Arc<BTreeMap<String, SlotSsrcs>>,
    /// The candidate lines of the answer.
    pub(super) candidates: Arc<str>,
}

impl State {
    pub(super) const fn new(participants_max: usize) -> Self {
        Self {
            call: Call::new(participants_max),
            links: BTreeMap::new(),
            founded: None,
        }
    }

    /// Who is on this connection.
    pub(super) fn on(&self, connection: ConnectionId) -> Option<ParticipantId> {
        let on = |link: &Link| matches!(link.way, Way::Socket(id, _) if id == connection);
        let mut links = self.links.iter();
        links.find(|(_, link)| on(link)).map(|(id, _)| *id)
    }

    /// Whose media this is.
    pub(super) fn with(&self, peer: PeerId) -> Option<ParticipantId> {
        let with = |link: &Link| link.transport.as_ref().is_some_and(|t| t.peer.id() == peer);
        let mut links = self.links.iter();
        links.find(|(_, link)| with(link)).map(|(id, _)| *id)
    }

    /// Whether this user began it.
    pub(super) fn is_founder(&self, user: &UserId) -> bool {
        let founded = self.founded.as_ref();
        founded.is_some_and(|founded| founded.by.user == *user)
    }

    /// Changes how a participant is reached.
    pub(super) fn link(&mut self, participant: ParticipantId) -> Option<&mut Link> {
        self.links.get_mut(&participant).map(Arc::make_mut)
    }
}

/// Keeps the state over the lives of a call's actor. Critical section: one clone.
#[derive(Clone, Default)]
pub(in crate::actors) struct Keeper(Arc<Mutex<Option<State>>>);

impl Keeper {
    /// The state after the last message that was handled without a fault.
    pub(super) fn last(&self) -> Option<State> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn keep(&self, state: &State) {
        let kept = Some(state.clone());
        // Dropped after the lock.
        let _old = std::mem::replace(
            &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner),
            kept,
        );
    }
}

impl Keeper {
    /// The call has failed for good: everyone in it is told, its media ends, and it gets its record.
    pub(in crate::actors) fn disband(&self, charter: &Charter, node: &Node) {
        let Some(state) = self.last() else {
            return;
        };
        let reason = CallEnd::Failed;
        state.record_end(charter, node, reason);
        for link in state.links.values() {
            if let Way::Socket(_, outbox) = &link.way {
                let (room, call) = (charter.room, charter.call);
                let frame = ServerFrame::CallEnded(CallEnded { room, call, reason });
                outbox::deliver(outbox, OutLane::Control, frame);
            }
            if let Some(transport) = &link.transport {
                // Refused when it is gone already.
                transport.peer.tell(PeerCommand::Remove);
            }
        }
    }
}
