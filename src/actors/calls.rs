//! The registry of calls: finds a room's call, starts it on demand on its media shard, forgets it when it has ended.

use super::call::{CallActor, CallAddress, CallLane, CallMessage, Charter, Join, Keeper};
use super::media::MediaHandle;
use super::node::Node;
use super::room::{RoomLane, RoomMessage};
use super::supervision::{ActorSpec, ChildId, Event, Notice, Restart, StartError, Supervisor};
use crate::access::Revocations;
use crate::id::{CallId, RoomId, UserId};
use crate::mailbox::RefusedReason;
use crate::protocol::call::CallInfo;
use crate::protocol::{Advice, ErrorCode};
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

/// Why a call was not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The operator switched calls off, or the media plane is not there.
    #[error("this node has no calls")]
    Off,
    /// The room has none.
    #[error("the room has no call")]
    None,
    /// The token does not allow posting, and so not starting a call.
    #[error("the token does not allow starting a call")]
    MayNotStart,
    /// Its mailbox is full.
    #[error("the call has too much to do")]
    Overloaded,
    /// The node goes away.
    #[error("the node is stopping")]
    Stopping,
}

impl CallError {
    /// What the client is told.
    #[must_use]
    pub const fn code(self) -> (ErrorCode, Advice) {
        match self {
            Self::Off => (ErrorCode::CallsUnavailable, Advice::Operator),
            Self::None => (ErrorCode::CallNotFound, Advice::Fix),
            Self::MayNotStart => (ErrorCode::Forbidden, Advice::Fix),
            Self::Overloaded => (ErrorCode::Overloaded, Advice::Retry),
            Self::Stopping => (ErrorCode::CallsUnavailable, Advice::Reconnect),
        }
    }
}

/// The calls of this node.
pub struct Calls {
    /// `None`: there are none.
    media: Option<MediaHandle>,
    supervisor: Supervisor,
    participants_max: usize,
    node: OnceLock<Weak<Node>>,
    /// Critical section: one look-up or change; starting a call only queues it.
    active: Mutex<HashMap<RoomId, Active>>,
}

struct Active {
    charter: Arc<Charter>,
    keeper: Keeper,
    address: CallAddress,
    child: ChildId,
    /// What followers of the room are shown; `None` until somebody is in it.
    info: Option<CallInfo>,
}

impl Calls {
    /// A registry whose calls run under `supervisor`, each on the thread of its media shard.
    #[must_use]
    pub fn new(
        supervisor: Supervisor,
        media: Option<MediaHandle>,
        participants_max: usize,
    ) -> Self {
        Self {
            media,
            supervisor,
            participants_max,
            node: OnceLock::new(),
            active: Mutex::default(),
        }
    }

    /// The media plane; none when calls are switched off.
    #[must_use]
    pub fn media(&self) -> Option<&MediaHandle> {
        self.media.as_ref()
    }

    /// The node that calls belong to; they start from then on.
    pub fn attach(&self, node: &Arc<Node>) {
        // The first node counts: there is one.
        let _ = self.node.set(Arc::downgrade(node));
    }

    /// Hands someone who joins to the room's call, starting it if there is none. Whoever waits is told if that fails.
    pub fn join(&self, room: RoomId, join: Join) {
        if let Err(refused) = self.try_join(room, Box::new(join)) {
            let (error, join) = *refused;
            let (code, advice) = error.code();
            join.answer.refuse(code, advice, error.to_string());
        }
    }

    fn try_join(
        &self,
        room: RoomId,
        mut join: Box<Join>,
    ) -> Result<(), Box<(CallError, Box<Join>)>> {
        // Twice: the first address may be of a call that was just ending.
        for _ in 0..2 {
            let address = match self.find(room, &join) {
                Ok(address) => address,
                Err(error) => return Err(Box::new((error, join))),
            };
            let refused = match address.push(CallLane::Request, CallMessage::Join(join)) {
                Ok(()) => return Ok(()),
                Err(refused) => refused,
            };
            let CallMessage::Join(back) = refused.item else {
                unreachable!("what is refused comes back");
            };
            join = back;
            if refused.reason == RefusedReason::Full {
                return Err(Box::new((CallError::Overloaded, join)));
            }
            self.forget(room, &address);
        }
        Err(Box::new((CallError::Overloaded, join)))
    }

    /// Hands a message to the room's call.
    ///
    /// # Errors
    /// [`CallError`]; if the message was a request its client was told.
    pub fn tell(
        &self,
        room: RoomId,
        lane: CallLane,
        message: CallMessage,
    ) -> Result<(), CallError> {
        let address = self.lock().get(&room).map(|active| active.address.clone());
        let (error, message) = match (&self.media, address) {
            (None, _) => (CallError::Off, message),
            (Some(_), None) => (CallError::None, message),
            (Some(_), Some(address)) => match address.push(lane, message) {
                Ok(()) => return Ok(()),
                Err(refused) if refused.reason == RefusedReason::Full => {
                    (CallError::Overloaded, refused.item)
                }
                Err(refused) => (CallError::None, refused.item),
            },
        };
        let (code, advice) = error.code();
        message.refuse(code, advice, &error.to_string());
        Err(error)
    }

    /// Someone may no longer be in a room: they leave its call at once.
    pub fn put_out(&self, room: RoomId, user: &UserId) {
        // Refused only when there is no call, or it has more to do than it can: then its next look at the token or at
        // the connection finds out.
        let _ = self.tell(room, CallLane::Control, CallMessage::PutOut(user.clone()));
    }

    /// Tells every call what was revoked, for those who are in it without a WebSocket.
    pub fn revoke(&self, revocations: &Arc<Revocations>) {
        self.tell_all(|| CallMessage::Revoked(Arc::clone(revocations)));
    }

    /// The node goes away: every call ends, with its record.
    pub fn drain(&self) {
        self.tell_all(|| CallMessage::Drain);
    }

    /// The room's call, as its followers are shown it.
    #[must_use]
    pub fn info(&self, room: RoomId) -> Option<CallInfo> {
        self.lock().get(&room)?.info.clone()
    }

    /// Whether a room has a call, or one that somebody is about to begin.
    #[must_use]
    pub fn contains(&self, room: RoomId) -> bool {
        self.lock().contains_key(&room)
    }

    /// How many calls there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Makes a room's call panic, for tests; false when there is none.
    #[cfg(feature = "failpoints")]
    pub fn panic(&self, room: RoomId) -> bool {
        self.tell(room, CallLane::Control, CallMessage::Panic)
            .is_ok()
    }

    /// A call says how it stands; followers of its room are told.
    pub(in crate::actors) fn show(&self, room: RoomId, call: CallId, info: Option<CallInfo>) {
        let changed = match self.lock().get_mut(&room) {
            Some(active) if active.charter.call == call && active.info != info => {
                active.info = info;
                true
            }
            _ => false,
        };
        if changed {
            self.tell_room(room);
        }
    }

    /// Hears of the ends of calls: to be the watch of their supervisor.
    pub fn notice(&self, notice: &Notice<'_>) {
        let Ok(room) = notice.name.parse::<RoomId>() else {
            return;
        };
        match notice.event {
            // A call that keeps failing is over: its next join starts another.
            Event::Quarantined(_) => {
                if let (Some(gone), Some(node)) = (self.take(room, notice.child), self.node()) {
                    gone.keeper.disband(&gone.charter, &node);
                    self.supervisor.stop_child(notice.child);
                }
            }
            Event::Gone(_) => drop(self.take(room, notice.child)),
            _ => {}
        }
    }

    /// Forgets a call that is over; the followers of its room are told.
    fn take(&self, room: RoomId, child: ChildId) -> Option<Active> {
        let mut active = self.lock();
        active.get(&room).filter(|active| active.child == child)?;
        let gone = active.remove(&room)?;
        drop(active);
        gone.charter.media.close_call(gone.charter.call);
        if gone.info.is_some() {
            self.tell_room(room);
        }
        Some(gone)
    }

    fn node(&self) -> Option<Arc<Node>> {
        self.node.get().and_then(Weak::upgrade)
    }

    fn tell_room(&self, room: RoomId) {
        if let Some(node) = self.node() {
            // A room with too much to do tells its followers with the next change.
            node.rooms
                .tell_if_active(room, RoomLane::Request, RoomMessage::CallChanged);
        }
    }

    fn tell_all(&self, message: impl Fn() -> CallMessage) {
        for active in self.lock().values() {
            // Refused only when it has ended, or has more to do than it can.
            let _ = active.address.push(CallLane::Control, message());
        }
    }

    fn find(&self, room: RoomId, join: &Join) -> Result<CallAddress, CallError> {
        let media = self.media.as_ref().ok_or(CallError::Off)?;
        let node = self.node();
        let node = node
            .filter(|node| !node.draining.load(Ordering::SeqCst))
            .ok_or(CallError::Stopping)?;
        let mut calls = self.lock();
        if let Some(active) = calls.get(&room) {
            return Ok(active.address.clone());
        }
        if join.resume.is_some() || join.is_player() {
            return Err(CallError::None);
        }
        if !join.caller.can_post {
            return Err(CallError::MayNotStart);
        }
        let call = CallId::from_bytes(node.random().ok_or(CallError::Overloaded)?);
        let seat = media.open_call(call);
        let charter = Arc::new(Charter {
            call,
            room,
            participants_max: self.participants_max,
            media: media.clone(),
        });
        let keeper = Keeper::default();
        let (kept, founded) = (keeper.clone(), Arc::clone(&charter));
        let spec = ActorSpec::new(room.to_string(), Restart::Transient, move |incarnation| {
            let charter = Arc::clone(&founded);
            CallActor::new(charter, Arc::clone(&node), kept.clone(), incarnation)
        })
        .on(seat.arbiter);
        let address = spec.address();
        let child = self
            .supervisor
            .start_child(spec)
            .map_err(|StartError::Refused| CallError::Stopping)?;
        let active = Active {
            charter,
            keeper,
            address: address.clone(),
            child,
            info: None,
        };
        calls.insert(room, active);
        Ok(address)
    }

    fn forget(&self, room: RoomId, address: &CallAddress) {
        let mut calls = self.lock();
        if calls
            .get(&room)
            .is_some_and(|active| active.address.same(address))
        {
            calls.remove(&room);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RoomId, Active>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
