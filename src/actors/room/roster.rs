//! Who follows a room. It belongs to the registry, not to the room's incarnation, so that a restarted room goes on where
//! the crashed one stopped, without asking its subscribers anything.

use super::message::Subscription;
use super::ring::Ring;
use crate::actors::connection::{ConnectionAddress, ConnectionLane, ConnectionMessage, Missing};
use crate::actors::outbox::{self, OutItem, OutLane, Outbox};
use crate::id::{ConnectionId, Offset, RoomId, UserId};
use crate::protocol::{Advice, ErrorCode, Outgoing, ServerFrame, Status};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One connection that follows a room.
pub(in crate::actors) struct Subscriber {
    /// Whose.
    pub(in crate::actors) user: UserId,
    /// Its queue to the socket.
    pub(in crate::actors) outbox: Arc<Outbox>,
    /// Its actor, which reads pages for it until it is live.
    pub(in crate::actors) connection: ConnectionAddress,
    /// Which opening of the room by it this is.
    pub(in crate::actors) subscription: Subscription,
    /// Its device's status.
    pub(in crate::actors) status: Status,
    /// The newest offset that was queued for it by the room.
    pub(in crate::actors) queued: Offset,
    /// How far its connection was last told to read: what it says of less was said before that.
    pub(in crate::actors) expected: Offset,
    /// Whether live ops go to it.
    pub(in crate::actors) live: bool,
}

/// The subscribers of a room, and how far the room is known to be on disk.
#[derive(Clone, Default)]
pub(in crate::actors) struct Roster(Arc<Shared>);

#[derive(Default)]
struct Shared {
    /// The mutex is there for the hand-over between incarnations alone: only the current incarnation of the room locks
    /// it, for as long as it pushes one frame to every subscriber; and the registry, once a room is quarantined.
    subscribers: Mutex<BTreeMap<ConnectionId, Subscriber>>,
    /// Critical section: one value read or written.
    durable: Mutex<Option<Offset>>,
}

impl Roster {
    /// The subscribers. A panic while it was locked leaves every subscriber as valid as before: `queued` is written
    /// after its push.
    pub(super) fn lock(&self) -> MutexGuard<'_, BTreeMap<ConnectionId, Subscriber>> {
        let subscribers = &self.0.subscribers;
        subscribers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything up to here is on disk for good.
    pub(super) fn settled(&self, durable: Offset) {
        let mut known = self
            .0
            .durable
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *known = Some(durable);
    }

    /// What [`Self::settled`] was told last, in this life or an earlier one.
    pub(super) fn durable(&self) -> Option<Offset> {
        *self
            .0
            .durable
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends frames with the ops up to `last` to every live subscriber but `except`; whoever cannot take them any more
    /// is closed by its outbox.
    pub(super) fn publish(
        &self,
        frames: &[Arc<Outgoing>],
        last: Offset,
        except: Option<ConnectionId>,
    ) {
        for (id, subscriber) in self
            .lock()
            .iter_mut()
            .filter(|(_, subscriber)| subscriber.live)
        {
            if Some(*id) != except {
                for frame in frames {
                    let item = OutItem::Frame(Arc::clone(frame));
                    outbox::push(&subscriber.outbox, OutLane::Ops, item);
                }
            }
            subscriber.queued = last;
        }
    }

    /// Sends a frame that may be lost (presence, typing, read markers) to every subscriber that `wants` it.
    pub(super) fn signal(&self, frame: &Arc<Outgoing>, wants: impl Fn(&Subscriber) -> bool) {
        for subscriber in self.lock().values().filter(|subscriber| wants(subscriber)) {
            outbox::push(
                &subscriber.outbox,
                OutLane::Signal,
                OutItem::Frame(Arc::clone(frame)),
            );
        }
    }

    /// Takes out the subscribers that `leave`.
    pub(super) fn take(
        &self,
        leave: impl Fn(&Subscriber) -> bool,
    ) -> Vec<(ConnectionId, Subscriber)> {
        self.lock()
            .extract_if(.., |_, subscriber| leave(subscriber))
            .collect()
    }

    /// Ends the following of everybody: the room is unavailable for now.
    pub(in crate::actors) fn disband(&self, room: RoomId) {
        for (_, subscriber) in self.take(|_| true) {
            subscriber.put_out(room, ErrorCode::RoomUnavailable, Advice::Retry);
        }
    }
}

impl Subscriber {
    /// Brings it to `head` from the ring and makes it live, or says that the disk must be read.
    pub(super) fn catch_up(&mut self, ring: &Ring, head: Offset) -> bool {
        let Some(frames) = ring.since(self.queued, head) else {
            self.live = false;
            return false;
        };
        for frame in frames {
            outbox::push(&self.outbox, OutLane::Ops, OutItem::Frame(frame));
        }
        self.queued = head;
        self.live = true;
        true
    }

    /// Tells its connection. A connection that takes no more messages is closing, and unsubscribes as it ends.
    fn tell(&self, message: ConnectionMessage) {
        let _ = self.connection.push(ConnectionLane::Room, message);
    }

    /// Has its connection read the log up to `head`, which it has read up to some place.
    pub(super) fn read_on(&mut self, room: RoomId, head: Offset) {
        self.live = false;
        self.expected = head;
        let subscription = self.subscription;
        self.tell(ConnectionMessage::Behind {
            room,
            subscription,
            head,
        });
    }

    /// Has its connection read what is `missing`.
    pub(super) fn read(&mut self, room: RoomId, missing: Missing) {
        self.live = false;
        self.expected = missing.up_to;
        self.taken(room, Some(missing));
    }

    /// Tells its connection that it follows the room, and what to read first.
    pub(super) fn taken(&self, room: RoomId, missing: Option<Missing>) {
        let subscription = self.subscription;
        self.tell(ConnectionMessage::Taken {
            room,
            subscription,
            missing,
        });
    }

    /// Tells the client and its connection that the following has ended, and why.
    pub(super) fn put_out(&self, room: RoomId, code: ErrorCode, advice: Advice) {
        let closed = ServerFrame::Closed { room, code, advice };
        outbox::deliver(&self.outbox, OutLane::Ops, closed);
        let subscription = self.subscription;
        self.tell(ConnectionMessage::PutOut { room, subscription });
    }
}
