//! What connections are let in by: the node's key, what is revoked, limits.

use super::data_folder;
use super::revoked::{RevokedError, RevokedFile};
use crate::access::limits::{Rate, Rates, UserLimits};
use crate::access::{KeyError, NodeKey, Revocations, Right, Rights, TokenMint, TokenVerifier};
use crate::config::{self, Config};
use crate::id::NodeId;
use arc_swap::ArcSwap;
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};
use zeroize::Zeroizing;

/// How often the list of revoked tokens is looked at.
const REVOKED_POLL: Duration = Duration::from_secs(2);

/// Why nobody can be let in. The operator must act.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// The node's key cannot be read or made.
    #[error("cannot use the node's key {}: {source}", path.display())]
    KeyFile {
        /// Where it should be.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no key.
    #[error("{}: {source}", path.display())]
    Key {
        /// Where it is.
        path: PathBuf,
        /// Why.
        source: KeyError,
    },
    /// The list of revoked tokens cannot be used.
    #[error(transparent)]
    Revoked(#[from] RevokedError),
}

/// All that a connection needs to let its client in and keep it within bounds. Shared by all connections.
pub struct Gate {
    /// The node: its id follows from its key.
    pub node: NodeId,
    /// Checks tokens.
    pub verifier: TokenVerifier,
    /// Mints guests' tokens.
    pub mint: TokenMint,
    /// What guests may do and for how long; `None`: no guests.
    pub guests: Option<GuestPolicy>,
    /// What is revoked now.
    pub revocations: ArcSwap<Revocations>,
    /// The rates of one connection: each makes its own `ConnectionLimits`.
    pub connection_rates: Rates,
    /// The buckets of all users.
    pub user_limits: UserLimits,
    revoked: RevokedFile,
}

/// How guests are let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuestPolicy {
    /// What their tokens allow.
    pub rights: Rights,
    /// How long a token lives, seconds.
    pub token_lifetime_s: u64,
}

impl Gate {
    /// Reads (or makes) the node's key, and reads what is revoked.
    ///
    /// # Errors
    /// [`GateError`].
    pub fn open(config: &Config) -> Result<Self, GateError> {
        let key = node_key(&config.node_key_file())?;
        let mut revoked = RevokedFile::in_folder(&config.server.data);
        let revocations = revoked.poll(now_s())?.unwrap_or_default();
        let mut rights = Rights::GUEST;
        if config.guests.create_rooms {
            rights = rights.with(Right::Create);
        }
        let guests = config.guests.enabled.then_some(GuestPolicy {
            rights,
            token_lifetime_s: config.guests.token_lifetime_s,
        });
        Ok(Self {
            node: key.node_id(),
            verifier: TokenVerifier::new(&[key.public()], config.tokens.leeway_s),
            mint: TokenMint::new(&key),
            guests,
            revocations: ArcSwap::from_pointee(revocations),
            connection_rates: rates(&config.limits.connection),
            user_limits: UserLimits::new(rates(&config.limits.user)),
            revoked,
        })
    }
}

/// Reads the node's key, or makes it.
///
/// # Errors
/// [`GateError::KeyFile`], [`GateError::Key`].
pub fn node_key(path: &Path) -> Result<NodeKey, GateError> {
    let make = || -> io::Result<_> {
        if let Some(folder) = path.parent() {
            data_folder::create(folder)?;
        }
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed).map_err(io::Error::other)?;
        Ok(NodeKey::from_seed(&seed).to_pem())
    };
    let pem = data_folder::private_file(path, make).map_err(|source| GateError::KeyFile {
        path: path.into(),
        source,
    })?;
    NodeKey::from_pem(&pem).map_err(|source| GateError::Key {
        path: path.into(),
        source,
    })
}

/// Keeps `gate.revocations` as the file is, for ever; tells each change, for connections to be checked again.
/// A file that becomes unreadable or wrong changes nothing but the log.
pub async fn watch_revocations(gate: Arc<Gate>, changed: impl Fn(&Revocations)) {
    let mut file = gate.revoked.clone();
    loop {
        tokio::time::sleep(REVOKED_POLL).await;
        match file.poll(now_s()) {
            Ok(None) => (),
            Ok(Some(revocations)) => {
                tracing::info!(count = revocations.len(), "revocations read");
                gate.revocations.store(Arc::new(revocations));
                changed(&gate.revocations.load());
            }
            Err(error) => tracing::error!(%error, "revocations stay as they were"),
        }
    }
}

/// Unix seconds by this machine's clock.
#[must_use]
pub fn now_s() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

fn rates(of: &config::Rates) -> Rates {
    let rate = |of: config::Rate| Rate {
        per_s: of.per_s,
        burst: of.burst,
    };
    Rates {
        frames: rate(of.frames),
        bytes: rate(of.bytes),
        ops: rate(of.ops),
        signals: rate(of.signals),
        reads: rate(of.reads),
        changes: rate(of.changes),
    }
}
