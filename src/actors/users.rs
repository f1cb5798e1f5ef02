//! Who is here: the connections of each user, for what concerns a user and not a room.

use super::connection::{ConnectionAddress, ConnectionLane, ConnectionMessage};
use crate::access::{Capability, Revocations};
use crate::id::{ConnectionId, UserId};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The connections that have logged in.
///
/// Critical section of the mutex: one look-up or change, or one pass over a user's connections; pushes to their
/// mailboxes never wait.
#[derive(Default)]
pub struct Users(Mutex<HashMap<UserId, Devices>>);

/// A user's connections. Boxed: most users have one, and a map's first node has room for eleven.
type Devices = BTreeMap<ConnectionId, Box<Here>>;

struct Here {
    capability: Arc<Capability>,
    address: ConnectionAddress,
}

impl Users {
    /// A connection logged in, or renewed its token.
    pub fn here(&self, id: ConnectionId, capability: &Arc<Capability>, address: ConnectionAddress) {
        let here = Box::new(Here {
            capability: Arc::clone(capability),
            address,
        });
        self.lock()
            .entry(capability.user.clone())
            .or_default()
            .insert(id, here);
    }

    /// A connection ends.
    pub fn gone(&self, id: ConnectionId, user: &UserId) {
        let mut users = self.lock();
        if let Some(connections) = users.get_mut(user) {
            connections.remove(&id);
            if connections.is_empty() {
                users.remove(user);
            }
        }
    }

    /// A user's set of rooms changed.
    pub fn rooms_changed(&self, user: &UserId) {
        for here in self.lock().get(user).into_iter().flat_map(BTreeMap::values) {
            // A connection that takes no more messages is closing, and asks for the list when it is back.
            let _ = here
                .address
                .push(ConnectionLane::Control, ConnectionMessage::RoomsChanged);
        }
    }

    /// Closes whatever these revocations hit; returns how many connections.
    pub fn revoke(&self, revocations: &Revocations) -> usize {
        let users = self.lock();
        let hit = users
            .values()
            .flat_map(BTreeMap::values)
            .filter(|here| revocations.hits(&here.capability));
        hit.filter(|here| {
            here.address
                .push(ConnectionLane::Control, ConnectionMessage::Revoked)
                .is_ok()
        })
        .count()
    }

    /// Tells every connection that has logged in.
    pub fn tell_all(&self, message: impl Fn() -> ConnectionMessage) {
        for here in self.lock().values().flat_map(BTreeMap::values) {
            // A connection that takes no more messages is closing already.
            let _ = here.address.push(ConnectionLane::Control, message());
        }
    }

    /// The display name of a user who is here.
    #[must_use]
    pub fn name_of(&self, user: &UserId) -> Option<String> {
        let users = self.lock();
        Some(users.get(user)?.values().next()?.capability.name.clone())
    }

    /// Makes one connection panic, for tests; false when it is not here.
    #[cfg(feature = "failpoints")]
    pub fn panic(&self, id: ConnectionId) -> bool {
        let users = self.lock();
        let here = users.values().find_map(|connections| connections.get(&id));
        here.is_some_and(|here| {
            here.address
                .push(ConnectionLane::Control, ConnectionMessage::Panic)
                .is_ok()
        })
    }

    /// How many users are here.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether nobody is here.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, Devices>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
