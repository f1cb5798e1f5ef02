//! Small records for `access`: guests and revocations.

use super::error::{CommitError, ReadError};
use super::store::Store;
use super::{batch::Staged, key};
use crate::id::{DeviceId, UserId};

/// The most revocations kept; expired ones are dropped first.
pub(super) const REVOCATIONS_MAX: usize = 100_000;

/// A visitor who proved a key of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// The name they chose: unique on the node.
    pub name: String,
    /// Their Ed25519 public key.
    pub key: [u8; 32],
    /// The user id they act under.
    pub user: UserId,
    /// When they first came, Unix milliseconds.
    pub since_ms: u64,
}

/// What was revoked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Revoked {
    /// One token, by its id.
    Token(String),
    /// Every token of a user's device.
    Device(UserId, DeviceId),
    /// Every token of a user.
    User(UserId),
}

/// A revocation: needed until what it revokes has expired by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// What.
    pub what: Revoked,
    /// Until when, Unix milliseconds.
    pub until_ms: u64,
}

/// A change of the node's own records, written by [`Committer::record`](super::Committer::record).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeChange {
    /// Writes a guest, found by its key; [`CommitError::NameTaken`] when the name is another's.
    PutGuest(Guest),
    /// Removes a guest, and frees its name.
    RemoveGuest([u8; 32]),
    /// Writes a revocation.
    Revoke(Revocation),
    /// Removes revocations that nothing needs any more: those that ended before this, Unix milliseconds.
    ForgetRevocations {
        /// Now.
        before_ms: u64,
    },
}

/// Reads the node's own records.
#[derive(Clone, Copy)]
pub struct Directory<'a>(pub(super) &'a Store);

impl Directory<'_> {
    /// The guest of this name.
    ///
    /// # Errors
    /// [`ReadError`] when a record is damaged.
    pub fn guest(&self, name: &str) -> Result<Option<Guest>, ReadError> {
        self.0.guarded(
            || match self.0.get_record::<[u8; 32]>(&key::guest_name(name))? {
                Some(public_key) => self.0.get_record(&key::guest(&public_key)),
                None => Ok(None),
            },
        )
    }

    /// The guest with this public key.
    ///
    /// # Errors
    /// [`ReadError`] when a record is damaged.
    pub fn guest_by_key(&self, public_key: &[u8; 32]) -> Result<Option<Guest>, ReadError> {
        self.0
            .guarded(|| self.0.get_record(&key::guest(public_key)))
    }

    /// Every revocation, in no particular order: at most 100,000.
    ///
    /// # Errors
    /// [`ReadError`] when a record is damaged.
    pub fn revoked(&self) -> Result<Vec<Revocation>, ReadError> {
        self.0.guarded(|| {
            self.0
                .scan_records::<Revocation>(key::REVOCATIONS)
                .take(REVOCATIONS_MAX)
                .map(|item| item.map(|(_, revocation)| revocation))
                .collect()
        })
    }
}

/// Stages a node change.
pub(super) fn stage(staged: &mut Staged<'_>, change: NodeChange) -> Result<(), CommitError> {
    match change {
        NodeChange::PutGuest(guest) => {
            let (by_key, by_name) = (key::guest(&guest.key), key::guest_name(&guest.name));
            match staged.get::<[u8; 32]>(&by_name)? {
                Some(owner) if owner != guest.key => return Err(CommitError::NameTaken),
                _ => {}
            }
            if let Some(old) = staged.get::<Guest>(&by_key)? {
                staged.remove(key::guest_name(&old.name));
            }
            staged.put(by_name, &guest.key)?;
            staged.put(by_key, &guest)
        }
        NodeChange::RemoveGuest(public_key) => {
            if let Some(old) = staged.get::<Guest>(&key::guest(&public_key))? {
                staged.remove(key::guest_name(&old.name));
                staged.remove(key::guest(&public_key));
            }
            Ok(())
        }
        NodeChange::Revoke(revocation) => staged.put(revocation_key(&revocation.what), &revocation),
        NodeChange::ForgetRevocations { before_ms } => {
            for item in staged
                .store()
                .scan_records::<Revocation>(key::REVOCATIONS)
                .take(REVOCATIONS_MAX)
            {
                let (key, revocation) = item?;
                if revocation.until_ms < before_ms {
                    staged.remove(key.to_vec());
                }
            }
            Ok(())
        }
    }
}

/// Where a revocation is.
pub(super) fn revocation_key(what: &Revoked) -> Vec<u8> {
    match what {
        Revoked::Token(id) => key::revocation(&[b"token", id.as_bytes()]),
        Revoked::Device(user, device) => key::revocation(&[
            b"device",
            user.as_str().as_bytes(),
            device.as_str().as_bytes(),
        ]),
        Revoked::User(user) => key::revocation(&[b"user", user.as_str().as_bytes()]),
    }
}
