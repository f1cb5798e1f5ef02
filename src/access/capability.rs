//! What an accepted credential comes to.

use super::Rights;
use crate::id::{DeviceId, RoomId, TokenId, UserId};
use std::collections::BTreeSet;

/// What a client presents. Accounts will add a variant; nothing else need change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// A capability token: `hello.token`.
    Token(String),
    /// A guest's name and key, to be proven: `hello.guest`.
    Guest {
        /// The chosen name, as sent.
        name: String,
        /// The device's Ed25519 public key: 64 hexadecimal digits.
        key: String,
    },
}

/// What kind of user it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Principal {
    /// A user whom the operator (or a product's back end with the node's key) vouches for.
    User,
    /// A guest who proved a key.
    Guest,
}

/// What a connection may do, until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capability {
    /// What kind of user.
    pub principal: Principal,
    /// Who.
    pub user: UserId,
    /// On which device. A guest's device id is its public key.
    pub device: DeviceId,
    /// Display name.
    pub name: String,
    /// The cap on what it may do.
    pub rights: Rights,
    /// The only rooms it may touch; `None`: any.
    pub rooms: Option<BTreeSet<RoomId>>,
    /// When it was issued, Unix seconds.
    pub issued_s: u64,
    /// When it ends, Unix milliseconds (the verifier's leeway is not included).
    pub expires_ms: u64,
    /// The token it came from.
    pub token_id: TokenId,
}

impl Capability {
    /// Whether the token lets its bearer touch this room at all; membership is another matter.
    #[must_use]
    pub fn covers(&self, room: &RoomId) -> bool {
        self.rooms.as_ref().is_none_or(|rooms| rooms.contains(room))
    }
}
