//! Who follows a room. It belongs to the registry, not to the room's incarnation, so that a restarted room goes on where
//! the crashed one stopped, without asking its subscribers anything.

use super::ring::Ring;
use crate::actors::outbox::{self, OutItem, OutLane, Outbox};
use crate::id::{ConnectionId, Offset, UserId};
use crate::protocol::{Outgoing, Status};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One connection that follows a room.
pub(in crate::actors) struct Subscriber {
    /// Whose.
    pub(in crate::actors) user: UserId,
    /// Its queue to the socket.
    pub(in crate::actors) outbox: Arc<Outbox>,
    /// Its actor, which reads pages for it until it is live.
    pub(in crate::actors) connection: crate::actors::connection::ConnectionAddress,
    /// Its device's status.
    pub(in crate::actors) status: Status,
    /// The newest offset that was queued for it by the room.
    pub(in crate::actors) queued: Offset,
    /// Whether live ops go to it.
    pub(in crate::actors) live: bool,
}

/// The subscribers of a room.
///
/// The mutex is there for the hand-over between incarnations alone: only the current incarnation of the room locks it,
/// for as long as it pushes one frame to every subscriber.
#[derive(Clone, Default)]
pub(in crate::actors) struct Roster(Arc<Mutex<BTreeMap<ConnectionId, Subscriber>>>);

impl Roster {
    /// The subscribers. A panic while it was locked leaves every subscriber as valid as before: `queued` is written
    /// after its push.
    pub(super) fn lock(&self) -> MutexGuard<'_, BTreeMap<ConnectionId, Subscriber>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a frame with the ops up to `last` to every live subscriber but `except`; whoever cannot take it any more
    /// is closed by its outbox.
    pub(super) fn publish(
        &self,
        frame: &Arc<Outgoing>,
        last: Offset,
        except: Option<ConnectionId>,
    ) {
        for (id, subscriber) in self
            .lock()
            .iter_mut()
            .filter(|(_, subscriber)| subscriber.live)
        {
            if Some(*id) != except {
                outbox::push(
                    &subscriber.outbox,
                    OutLane::Ops,
                    OutItem::Frame(Arc::clone(frame)),
                );
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
}
