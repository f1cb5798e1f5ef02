//! Whose each replica is, and how far its log goes.

use super::ReplicaOwner;
use super::limits::{REPLICAS_MAX, REPLICAS_PER_USER_MAX};
use crate::crdt::{Dot, VersionVector};
use crate::id::{Counter, DeviceId, ReplicaId, UserId};
use std::collections::{BTreeMap, BTreeSet};

/// A replica in memory.
#[derive(Debug, Clone, PartialEq)]
struct Writer {
    /// `None` before its first op.
    counter: Option<Counter>,
    /// `None` for the server's own.
    owner: Option<ReplicaOwner>,
}

/// What a snapshot holds of replicas.
pub(super) type Replicas = BTreeMap<ReplicaId, (Option<Counter>, Option<ReplicaOwner>)>;

/// All replicas of a room.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Writers {
    replicas: BTreeMap<ReplicaId, Writer>,
    by_user: BTreeMap<UserId, BTreeSet<ReplicaId>>,
}

/// What a replica is to a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    /// The caller's own.
    Own,
    /// Nobody's yet.
    Free,
    /// Somebody else's.
    Foreign,
    /// Nobody's, and the caller or the room has too many.
    TooMany,
}

impl Writers {
    pub(super) fn new(replicas: Replicas) -> Self {
        let mut writers = Self::default();
        for (replica, (counter, owner)) in replicas {
            if let Some(owner) = &owner {
                writers.index(replica, &owner.user);
            }
            writers.replicas.insert(replica, Writer { counter, owner });
        }
        writers
    }

    pub(super) fn snapshot(&self) -> Replicas {
        self.replicas
            .iter()
            .map(|(replica, writer)| (*replica, (writer.counter, writer.owner.clone())))
            .collect()
    }

    /// The highest counter of a replica; 0 when there is none.
    pub(super) fn have(&self, replica: ReplicaId) -> u64 {
        self.replicas
            .get(&replica)
            .and_then(|writer| writer.counter)
            .map_or(0, Counter::get)
    }

    pub(super) fn contains(&self, dot: Dot) -> bool {
        dot.counter().get() <= self.have(dot.replica())
    }

    pub(super) fn claim(&self, replica: ReplicaId, user: &UserId, device: &DeviceId) -> Claim {
        match self.replicas.get(&replica) {
            Some(Writer {
                owner: Some(owner), ..
            }) if owner.user == *user && owner.device == *device => Claim::Own,
            Some(_) => Claim::Foreign,
            None if self.replicas.len() >= REPLICAS_MAX => Claim::TooMany,
            None => match self.by_user.get(user) {
                Some(own) if own.len() >= REPLICAS_PER_USER_MAX => Claim::TooMany,
                _ => Claim::Free,
            },
        }
    }

    pub(super) fn bind(&mut self, replica: ReplicaId, owner: Option<ReplicaOwner>) {
        if let Some(owner) = &owner {
            self.index(replica, &owner.user);
        }
        let counter = None;
        self.replicas.insert(replica, Writer { counter, owner });
    }

    /// Notes that the dot's op is in the log.
    pub(super) fn advance(&mut self, dot: Dot) {
        if let Some(writer) = self.replicas.get_mut(&dot.replica()) {
            writer.counter = Some(dot.counter());
        }
    }

    /// A device's replicas, each with how far it is known.
    pub(super) fn of(&self, user: &UserId, device: &DeviceId) -> Vec<(ReplicaId, u64)> {
        let Some(own) = self.by_user.get(user) else {
            return Vec::new();
        };
        own.iter()
            .filter(|replica| {
                let writer = self.replicas.get(replica);
                writer
                    .and_then(|writer| writer.owner.as_ref())
                    .is_some_and(|owner| owner.device == *device)
            })
            .map(|replica| (*replica, self.have(*replica)))
            .collect()
    }

    pub(super) fn vector(&self) -> VersionVector {
        let mut vector = VersionVector::default();
        for (replica, writer) in &self.replicas {
            if let Some(counter) = writer.counter {
                vector.advance(Dot::new(*replica, counter));
            }
        }
        vector
    }

    fn index(&mut self, replica: ReplicaId, user: &UserId) {
        self.by_user
            .entry(user.clone())
            .or_default()
            .insert(replica);
    }
}
