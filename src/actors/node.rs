//! What every actor of the node shares: handles, each safe from any thread.

use super::calls::Calls;
use super::clock::WallClock;
use super::gate::Gate;
use super::readers::Readers;
use super::rooms::Rooms;
use super::users::Users;
use crate::access::limits::Rates;
use crate::chat::{Caller, Fresh};
use crate::id::{ConnectionId, Epoch, ReplicaId, RoomId, UserId};
use crate::storage::{Committer, Store};
use crate::telemetry::Metrics;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

/// The shared handles.
pub struct Node {
    /// Reads.
    pub store: Store,
    /// Writes.
    pub committer: Committer,
    /// Longer reads, off the arbiters.
    pub readers: Readers,
    /// The rooms in memory.
    pub rooms: Rooms,
    /// The calls of rooms.
    pub calls: Calls,
    /// The users who are here.
    pub users: Users,
    /// Who gets in.
    pub gate: Gate,
    /// What the operator sees.
    pub metrics: Arc<Metrics>,
    /// The wall clock.
    pub clock: WallClock,
    /// When the process started: the zero of monotonic time.
    pub started_at: Instant,
    /// What the operator set.
    pub settings: NodeSettings,
    /// Whom rooms name as the caller of what only time causes.
    pub itself: Caller,
    /// Whether the node goes away: nobody new is let in.
    pub draining: AtomicBool,
    /// Connections made so far.
    pub connections: AtomicU64,
}

/// What the operator set, as far as actors need it.
#[derive(Debug, Clone, Copy)]
pub struct NodeSettings {
    /// What one connection may ask for.
    pub connection_rates: Rates,
    /// Clients spread their reconnects over so many milliseconds after a drain.
    pub reconnect_ms: u32,
    /// Days that bodies are kept in rooms whose makers do not say; `None`: for ever.
    pub retention_days: Option<u32>,
}

impl Node {
    /// The next connection's id.
    pub fn next_connection(&self) -> ConnectionId {
        ConnectionId(self.connections.fetch_add(1, Ordering::Relaxed))
    }

    /// Random bytes; `None` when the system has none to give.
    #[must_use]
    pub fn random<const N: usize>(&self) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        getrandom::fill(&mut bytes).ok().map(|()| bytes)
    }

    /// The ids of a new log; `None` when the system has no randomness to give.
    #[must_use]
    pub fn fresh_log(&self) -> Option<Fresh> {
        let epoch = Epoch::from_bytes(self.random()?);
        Some(Fresh {
            epoch,
            server_replica: ReplicaId::from_bytes(self.random()?),
        })
    }

    /// The room of two users: the same whoever asks first, so that two who ask at once meet.
    #[must_use]
    pub fn direct_room(one: &UserId, other: &UserId) -> RoomId {
        let (first, second) = if one <= other {
            (one, other)
        } else {
            (other, one)
        };
        let text = format!(
            "greenroom direct room v1
{first}
{second}"
        );
        let hash: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        let mut id = [0; 16];
        id.copy_from_slice(&hash[..16]);
        RoomId::from_bytes(id)
    }
}
