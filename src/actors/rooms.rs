//! The registry of rooms: finds a room's actor, starts it on demand, forgets it when it has left memory.

use super::node::Node;
use super::room::{RoomActor, RoomAddress, RoomLane, RoomMessage, Roster, refusal_code};
use super::supervision::{
    ActorSpec, ActorState, ChildId, Event, Notice, Restart, StartError, Supervisor,
};
use crate::chat::Refusal;
use crate::id::RoomId;
use crate::mailbox::RefusedReason;
use crate::protocol::{Advice, ErrorCode};
use crate::storage::Health;
use actix_rt::ArbiterHandle;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

/// Why a room was not told.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum RoomError {
    /// It failed too often and is halted for a while.
    #[error("the room failed too often and is halted for a while")]
    Unavailable,
    /// There is no such room, or none that the caller may know of.
    #[error("{0}")]
    Absent(Refusal),
    /// Its mailbox is full.
    #[error("the room has too much to do")]
    Overloaded,
    /// The node goes away.
    #[error("the node is stopping")]
    Stopping,
}

impl RoomError {
    /// What the client is told.
    #[must_use]
    pub fn code(self) -> (ErrorCode, Advice) {
        match self {
            Self::Absent(refusal) => refusal_code(&refusal),
            Self::Unavailable => (ErrorCode::RoomUnavailable, Advice::Retry),
            Self::Overloaded => (ErrorCode::Overloaded, Advice::Retry),
            Self::Stopping => (ErrorCode::Overloaded, Advice::Reconnect),
        }
    }
}

/// The rooms in memory.
pub struct Rooms {
    supervisor: Supervisor,
    arbiters: Vec<ArbiterHandle>,
    node: OnceLock<Weak<Node>>,
    quarantine: Duration,
    /// Critical section: one look-up or change; starting a room only queues it.
    active: Mutex<HashMap<RoomId, Active>>,
}

struct Active {
    address: RoomAddress,
    child: ChildId,
    roster: Roster,
}

impl Rooms {
    /// A registry whose rooms run under `supervisor` on `arbiters` (at least one). A quarantined room is given another
    /// chance after `quarantine`.
    #[must_use]
    pub fn new(supervisor: Supervisor, arbiters: Vec<ArbiterHandle>, quarantine: Duration) -> Self {
        Self {
            supervisor,
            arbiters,
            node: OnceLock::new(),
            quarantine,
            active: Mutex::default(),
        }
    }

    /// The node that rooms belong to; they start from then on.
    pub fn attach(&self, node: &Arc<Node>) {
        // The first node counts: there is one.
        let _ = self.node.set(Arc::downgrade(node));
    }

    /// Hands a message to a room, starting it if it is not in memory.
    ///
    /// # Errors
    /// [`RoomError`]: the message is dropped, and if it was a request its client was told.
    pub fn tell(
        &self,
        room: RoomId,
        lane: RoomLane,
        message: RoomMessage,
    ) -> Result<(), RoomError> {
        let (error, message) = match self.offer(room, lane, message) {
            Ok(()) => return Ok(()),
            Err(refused) => *refused,
        };
        message.refuse(error);
        Err(error)
    }

    fn offer(
        &self,
        room: RoomId,
        lane: RoomLane,
        mut message: RoomMessage,
    ) -> Result<(), Box<(RoomError, RoomMessage)>> {
        // Twice: the first address may be of an actor that was just leaving memory.
        for _ in 0..2 {
            if let Some(refusal) = self.absent(room, &message) {
                return Err(Box::new((RoomError::Absent(refusal), message)));
            }
            let address = match self.find(room) {
                Ok(address) => address,
                Err(error) => return Err(Box::new((error, message))),
            };
            match address.push(lane, message) {
                Ok(()) => return Ok(()),
                Err(refused) if refused.reason == RefusedReason::Full => {
                    return Err(Box::new((RoomError::Overloaded, refused.item)));
                }
                Err(refused) => message = refused.item,
            }
            // Still the room's one and only actor.
            if address.state() == ActorState::Quarantined {
                break;
            }
            self.forget(room, &address);
        }
        Err(Box::new((RoomError::Unavailable, message)))
    }

    /// Hands a message to a room that is in memory, and drops it for one that is not or has ended. False when the room
    /// has too much to do.
    pub fn tell_if_active(&self, room: RoomId, lane: RoomLane, message: RoomMessage) -> bool {
        let address = self.lock().get(&room).map(|active| active.address.clone());
        let told = address.map_or(Ok(()), |address| address.push(lane, message));
        !matches!(told, Err(refused) if refused.reason == RefusedReason::Full)
    }

    /// How many rooms are in memory.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether no room is in memory.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Hears of the ends and quarantines of rooms: to be the watch of their supervisor.
    pub fn notice(&self, notice: &Notice<'_>) {
        let Ok(room) = notice.name.parse::<RoomId>() else {
            return;
        };
        match notice.event {
            Event::Quarantined(_) => self.quarantine(room, notice.child),
            Event::Gone(_) => {
                let mut active = self.lock();
                if active
                    .get(&room)
                    .is_some_and(|active| active.child == notice.child)
                {
                    active.remove(&room);
                }
            }
            _ => {}
        }
    }

    /// Tells those who followed the room, and lets it live again in a while.
    fn quarantine(&self, room: RoomId, child: ChildId) {
        let roster = self
            .lock()
            .get(&room)
            .filter(|active| active.child == child)
            .map(|active| active.roster.clone());
        if let Some(roster) = roster {
            roster.disband(room);
        }
        let (supervisor, after) = (self.supervisor.clone(), self.quarantine);
        self.arbiters[0].spawn(async move {
            tokio::time::sleep(after).await;
            supervisor.release(child);
        });
    }

    /// The answer for a room that is neither in memory nor on disk nor to be made: it costs a look-up, and no actor.
    fn absent(&self, room: RoomId, message: &RoomMessage) -> Option<Refusal> {
        let refusal = message.refused_by_none()?;
        if self.lock().contains_key(&room) {
            return None;
        }
        let node = self.node.get().and_then(Weak::upgrade)?;
        // A node that cannot write says so of every room alike.
        if matches!(node.committer.health(), Health::ReadOnly(_)) {
            return None;
        }
        match node.store.has_room(room) {
            Ok(false) => Some(refusal),
            // What cannot be read is the room's to say.
            Ok(true) | Err(_) => None,
        }
    }

    fn find(&self, room: RoomId) -> Result<RoomAddress, RoomError> {
        let mut rooms = self.lock();
        if let Some(active) = rooms.get(&room) {
            return Ok(active.address.clone());
        }
        let node = self
            .node
            .get()
            .and_then(Weak::upgrade)
            .ok_or(RoomError::Stopping)?;
        let roster = Roster::default();
        let arbiter = &self.arbiters[usize::from(room.as_bytes()[0]) % self.arbiters.len()];
        let kept = roster.clone();
        let spec = ActorSpec::new(room.to_string(), Restart::Transient, move |incarnation| {
            RoomActor::new(room, Arc::clone(&node), kept.clone(), incarnation)
        })
        .on(arbiter.clone());
        let address = spec.address();
        let child = self
            .supervisor
            .start_child(spec)
            .map_err(|StartError::Refused| RoomError::Stopping)?;
        rooms.insert(
            room,
            Active {
                address: address.clone(),
                child,
                roster,
            },
        );
        Ok(address)
    }

    fn forget(&self, room: RoomId, address: &RoomAddress) {
        let mut rooms = self.lock();
        if rooms
            .get(&room)
            .is_some_and(|active| active.address.same(address))
        {
            rooms.remove(&room);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RoomId, Active>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
