//! What connections are let in by: the node's key, what is revoked, limits.

use super::data_folder;
use super::revoked::{RevokedError, RevokedFile};
use crate::access::limits::{Rate, Rates, UserLimits};
use crate::access::{KeyError, NodeKey, Rights, TokenMint, TokenVerifier};
use crate::actors::gate::{Gate, GuestPolicy};
use crate::actors::node::Node;
use crate::config::{self, Config};
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

/// Reads (or makes) the node's key, and reads what is revoked.
///
/// # Errors
/// [`GateError`].
pub fn open(config: &Config) -> Result<(Gate, RevokedFile), GateError> {
    let key = node_key(&config.node_key_file())?;
    let mut revoked = RevokedFile::in_folder(&config.server.data);
    let revocations = revoked.poll(now_s())?.unwrap_or_default();
    let gate = Gate::new(
        key.node_id(),
        TokenVerifier::new(&[key.public()], config.tokens.leeway_s),
        TokenMint::new(&key),
        guests(&config.guests),
        UserLimits::new(rates(&config.limits.user)),
    );
    gate.revoke(revocations);
    Ok((gate, revoked))
}

fn guests(config: &config::Guests) -> GuestPolicy {
    if !config.enabled {
        return GuestPolicy::Refused;
    }
    // Who makes a room looks after it: there may be nobody else who could.
    let rights = if config.create_rooms {
        Rights::ALL
    } else {
        Rights::GUEST
    };
    GuestPolicy::Admitted {
        rights,
        lifetime_s: config.token_lifetime_s,
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

/// Keeps the node's revocations as the file is, for ever, and closes what a new one hits. A file that becomes
/// unreadable or wrong changes nothing but the log.
pub async fn watch_revocations(node: Arc<Node>, mut file: RevokedFile) {
    loop {
        tokio::time::sleep(REVOKED_POLL).await;
        match file.poll(now_s()) {
            Ok(None) => (),
            Ok(Some(revocations)) => {
                // In force first: whoever gets in meanwhile looks once more when it can be found here.
                node.gate.revoke(revocations.clone());
                let closed = node.users.revoke(&revocations);
                let revocations = Arc::new(revocations);
                node.calls.revoke(&revocations);
                tracing::info!(count = revocations.len(), closed, "revocations read");
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

pub(super) fn rates(of: &config::Rates) -> Rates {
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
