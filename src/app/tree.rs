//! The supervision tree and the node that its actors share.

use super::media::Media;
use crate::actors::calls::Calls;
use crate::actors::clock::WallClock;
use crate::actors::gate::Gate;
use crate::actors::node::{Node, NodeSettings};
use crate::actors::readers::Readers;
use crate::actors::rooms::Rooms;
use crate::actors::supervision::{
    Backoff, Excess, Intensity, Policy, Strategy, Supervisor, SupervisorSpec, Tree,
};
use crate::actors::users::Users;
use crate::chat::Caller;
use crate::config::Config;
use crate::crdt::Role;
use crate::storage::{Committer, Store};
use crate::telemetry::Metrics;
use actix_rt::Arbiter;
use std::io;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

/// Threads that read pages from disk.
const READERS: usize = 2;
/// Clients spread their reconnects over this long after a drain, milliseconds.
const RECONNECT_MS: u32 = 2_000;
/// A room that fails more often than this within a minute is quarantined.
const ROOM_RESTARTS_MAX: u32 = 5;
/// It is given another chance after this long.
const ROOM_QUARANTINE: Duration = Duration::from_secs(60);

/// A call that fails more often than this within a minute is ended.
const CALL_RESTARTS_MAX: u32 = 10;

/// The running node.
pub(super) struct Running {
    /// What actors share.
    pub(super) node: Arc<Node>,
    /// The tree.
    pub(super) tree: Tree,
    /// Under whom connections live.
    pub(super) connections: Supervisor,
    /// The threads of rooms and media; they end with the process.
    pub(super) arbiters: Vec<Arbiter>,
}

/// Builds the node and starts its tree.
///
/// # Errors
/// When the system refuses a thread.
pub(super) fn start(
    config: &Config,
    store: Store,
    committer: Committer,
    gate: Gate,
    metrics: Arc<Metrics>,
    media: Media,
) -> io::Result<Running> {
    let registry: Arc<OnceLock<Weak<Node>>> = Arc::default();
    let rooms = SupervisorSpec::new("rooms", rooms_policy()).watch({
        let registry = Arc::clone(&registry);
        move |notice| {
            if let Some(node) = registry.get().and_then(Weak::upgrade) {
                node.rooms.notice(notice);
            }
        }
    });
    let calls = SupervisorSpec::new("calls", calls_policy()).watch({
        let registry = Arc::clone(&registry);
        move |notice| {
            if let Some(node) = registry.get().and_then(Weak::upgrade) {
                node.calls.notice(notice);
            }
        }
    });
    let connections = SupervisorSpec::new("connections", Policy::default());
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let mut arbiters: Vec<Arbiter> = (0..processors).map(|_| Arbiter::new()).collect();
    let handles = arbiters.iter().map(Arbiter::handle).collect();
    arbiters.extend(media.arbiters);
    let node = Arc::new(Node {
        readers: Readers::start(&store, READERS)?,
        store,
        committer,
        rooms: Rooms::new(rooms.handle(), handles, ROOM_QUARANTINE),
        calls: Calls::new(calls.handle(), media.handle, config.calls.participants_max),
        users: Users::default(),
        gate,
        metrics,
        clock: WallClock,
        started_at: Instant::now(),
        settings: NodeSettings {
            connection_rates: super::gate::rates(&config.limits.connection),
            reconnect_ms: RECONNECT_MS,
            retention_days: config.storage.retention_days.map(NonZeroU32::get),
        },
        itself: itself(),
        draining: AtomicBool::new(false),
        connections: AtomicU64::new(0),
    });
    node.rooms.attach(&node);
    node.calls.attach(&node);
    // The first node counts: there is one.
    let _ = registry.set(Arc::downgrade(&node));
    let connected = connections.handle();
    let tree = Tree::start(
        SupervisorSpec::new(
            "node",
            Policy {
                strategy: Strategy::RestForOne,
                ..Policy::default()
            },
        )
        .supervisor(rooms)
        .supervisor(media.supervisor)
        .supervisor(calls)
        .supervisor(connections),
    );
    Ok(Running {
        node,
        tree,
        connections: connected,
        arbiters,
    })
}

/// A room that keeps failing is halted by itself; its siblings go on.
fn rooms_policy() -> Policy {
    Policy {
        intensity: Intensity {
            restarts_max: ROOM_RESTARTS_MAX,
            within: Duration::from_secs(60),
        },
        excess: Excess::Quarantine,
        backoff: Backoff {
            base: Duration::from_millis(10),
            max: Duration::from_secs(5),
        },
        ..Policy::default()
    }
}

/// A call that keeps failing ends by itself; its siblings go on.
fn calls_policy() -> Policy {
    Policy {
        intensity: Intensity {
            restarts_max: CALL_RESTARTS_MAX,
            within: Duration::from_secs(60),
        },
        excess: Excess::Quarantine,
        backoff: Backoff {
            base: Duration::from_millis(5),
            max: Duration::from_secs(1),
        },
        ..Policy::default()
    }
}

/// Whom rooms name as the caller of what only time causes: it has no rights, and needs none.
fn itself() -> Caller {
    Caller {
        user: "greenroom".parse().expect("a legal user id"),
        device: "node".parse().expect("a legal device id"),
        name: String::new(),
        role_max: Role::Guest,
        can_post: false,
    }
}
