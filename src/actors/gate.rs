//! Who gets in: tokens of this node, guests if it admits them, never what was revoked.

use super::node::Node;
use crate::access::limits::UserLimits;
use crate::access::{
    Capability, Challenge, Grant, GuestError, GuestKey, GuestName, Revocations, Rights, TokenError,
    TokenMint, TokenVerifier,
};
use crate::chat::Caller;
use crate::id::{NodeId, TokenId};
use crate::protocol::{Advice, CloseCode, ErrorCode};
use crate::storage::{CommitError, Guest, NodeChange};
use arc_swap::ArcSwap;
use std::sync::Arc;

/// What guests may do here.
#[derive(Debug, Clone, Copy)]
pub enum GuestPolicy {
    /// They are not let in.
    Refused,
    /// They are let in.
    Admitted {
        /// With these rights.
        rights: Rights,
        /// For so long until they must prove their key again, seconds.
        lifetime_s: u64,
    },
}

/// The gate of a node.
pub struct Gate {
    node: NodeId,
    verifier: TokenVerifier,
    mint: TokenMint,
    guests: GuestPolicy,
    revocations: ArcSwap<Revocations>,
    /// What each user may ask of the node, over all connections.
    pub user_limits: UserLimits,
}

/// A guest was let in.
pub struct Admission {
    /// What it may do.
    pub capability: Capability,
    /// The token to come back with.
    pub token: Option<String>,
}

/// Why someone is not let in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Neither token nor guest.
    #[error("hello needs a token, or a guest's name and key")]
    NoCredential,
    /// The token is no good.
    #[error("{0}")]
    Token(TokenError),
    /// The token was revoked.
    #[error("the token was revoked")]
    Revoked,
    /// The token has no right to read: it opens nothing.
    #[error("the token does not allow reading")]
    MayNotRead,
    /// The guest's name or key is no good.
    #[error("{0}")]
    Guest(GuestError),
    /// The node does not let guests in.
    #[error("this node does not let guests in: ask its operator for a token")]
    GuestsRefused,
    /// The signature is not by the guest's key over the challenge.
    #[error("the signature does not fit the challenge")]
    BadProof,
    /// The node cannot write the guest's name.
    #[error("the node cannot write: new guests must wait")]
    ReadOnly,
    /// The node cannot make tokens or challenges.
    #[error("the node cannot issue a token")]
    Broken,
}

impl Rejection {
    /// What the client is told.
    #[must_use]
    pub const fn code(&self) -> (ErrorCode, Advice) {
        match self {
            Self::Token(TokenError::Expired) => (ErrorCode::TokenExpired, Advice::Reconnect),
            Self::Revoked => (ErrorCode::TokenRevoked, Advice::Operator),
            Self::MayNotRead => (ErrorCode::Forbidden, Advice::Operator),
            Self::Guest(GuestError::Name | GuestError::NameTaken) => {
                (ErrorCode::NameTaken, Advice::Fix)
            }
            Self::GuestsRefused => (ErrorCode::GuestsRefused, Advice::Operator),
            Self::ReadOnly => (ErrorCode::ReadOnly, Advice::Operator),
            Self::Broken => (ErrorCode::Overloaded, Advice::Retry),
            Self::NoCredential | Self::Token(_) | Self::Guest(_) | Self::BadProof => {
                (ErrorCode::Unauthorized, Advice::Fix)
            }
        }
    }

    /// How the connection is closed after it.
    #[must_use]
    pub const fn close(&self) -> CloseCode {
        match self {
            Self::Token(TokenError::Expired) => CloseCode::TokenExpired,
            Self::Revoked => CloseCode::TokenRevoked,
            _ => CloseCode::Unauthorized,
        }
    }
}

impl Gate {
    /// A gate with the node's keys.
    #[must_use]
    pub fn new(
        node: NodeId,
        verifier: TokenVerifier,
        mint: TokenMint,
        guests: GuestPolicy,
        user_limits: UserLimits,
    ) -> Self {
        let revocations = ArcSwap::from_pointee(Revocations::default());
        Self {
            node,
            verifier,
            mint,
            guests,
            revocations,
            user_limits,
        }
    }

    /// The node, as tokens name it.
    #[must_use]
    pub const fn node(&self) -> NodeId {
        self.node
    }

    /// Puts a new list of revocations in force for whoever comes from now on.
    pub fn revoke(&self, revocations: Revocations) {
        self.revocations.store(Arc::new(revocations));
    }

    /// Whether the list in force now revokes it.
    #[must_use]
    pub fn has_revoked(&self, capability: &Capability) -> bool {
        self.revocations.load().hits(capability)
    }

    /// Checks a token.
    ///
    /// # Errors
    /// [`Rejection`].
    pub fn admit(&self, token: &str, now_ms: u64) -> Result<Capability, Rejection> {
        let capability = self
            .verifier
            .verify(token, now_ms / 1000)
            .map_err(Rejection::Token)?;
        if self.has_revoked(&capability) {
            return Err(Rejection::Revoked);
        }
        Ok(capability)
    }

    /// A challenge for a guest who wants in.
    ///
    /// # Errors
    /// [`Rejection::GuestsRefused`], or what is wrong with the name.
    pub fn challenge(&self, name: &str, key: &GuestKey) -> Result<Challenge, Rejection> {
        if matches!(self.guests, GuestPolicy::Refused) {
            return Err(Rejection::GuestsRefused);
        }
        let mut nonce = [0; 32];
        getrandom::fill(&mut nonce).map_err(|_| Rejection::Broken)?;
        Challenge::new(self.node, nonce, name, *key).map_err(Rejection::Guest)
    }

    /// A challenge for a guest who is here and wants a new token.
    ///
    /// # Errors
    /// As [`Gate::challenge`].
    pub fn rechallenge(&self, capability: &Capability) -> Result<Challenge, Rejection> {
        let key = GuestKey::of_device(&capability.device).map_err(Rejection::Guest)?;
        self.challenge(&capability.name, &key)
    }

    /// Lets a guest in who has proven its key and owns its name.
    ///
    /// # Errors
    /// [`Rejection`].
    pub fn admit_guest(
        &self,
        key: &GuestKey,
        name: &GuestName,
        now_ms: u64,
    ) -> Result<Admission, Rejection> {
        self.guest(key, name.as_str(), now_ms)
    }

    /// A new token for a guest who has proven its key again.
    ///
    /// # Errors
    /// [`Rejection`].
    pub fn renew_guest(
        &self,
        capability: &Capability,
        now_ms: u64,
    ) -> Result<Admission, Rejection> {
        let key = GuestKey::of_device(&capability.device).map_err(Rejection::Guest)?;
        self.guest(&key, &capability.name, now_ms)
    }

    /// Sees to it that the name is the key's: `Some` when that is decided already, otherwise `done` runs once the claim
    /// is on disk or has failed.
    pub fn claim_name(
        &self,
        node: &Node,
        name: &GuestName,
        key: &GuestKey,
        done: impl FnOnce(Result<(), Rejection>) + Send + 'static,
    ) -> Option<Result<(), Rejection>> {
        let folded = name.folded();
        match node.store.directory().guest(&folded) {
            Ok(Some(guest)) if guest.key == *key.as_bytes() => return Some(Ok(())),
            Ok(Some(_)) => return Some(Err(Rejection::Guest(GuestError::NameTaken))),
            Ok(None) => {}
            Err(error) => {
                tracing::error!(%error, "the list of guests cannot be read");
                return Some(Err(Rejection::Broken));
            }
        }
        let guest = Guest {
            name: folded,
            key: *key.as_bytes(),
            user: key.user(),
            since_ms: node.clock.now_ms(),
        };
        let done = Box::new(move |result| {
            done(match result {
                Ok(()) => Ok(()),
                Err(CommitError::NameTaken) => Err(Rejection::Guest(GuestError::NameTaken)),
                Err(_) => Err(Rejection::ReadOnly),
            });
        });
        match node.committer.record(NodeChange::PutGuest(guest), done) {
            Ok(()) => None,
            Err(_) => Some(Err(Rejection::Broken)),
        }
    }

    fn guest(&self, key: &GuestKey, name: &str, now_ms: u64) -> Result<Admission, Rejection> {
        let GuestPolicy::Admitted { rights, lifetime_s } = self.guests else {
            return Err(Rejection::GuestsRefused);
        };
        let grant = Grant {
            user: key.user(),
            device: key.device(),
            name: name.into(),
            rights,
            rooms: None,
            lifetime_s,
        };
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|_| Rejection::Broken)?;
        let token = self
            .mint
            .guest(&grant, TokenId::from_bytes(id), now_ms / 1000)
            .map_err(|_| Rejection::Broken)?;
        let capability = self.admit(&token, now_ms)?;
        Ok(Admission {
            capability,
            token: Some(token),
        })
    }
}

/// Who asks, for rooms.
#[must_use]
pub fn caller(capability: &Capability) -> Caller {
    Caller {
        user: capability.user.clone(),
        device: capability.device.clone(),
        name: capability.name.clone(),
        role_max: capability.rights.role_max(),
        can_post: capability.rights.can_post(),
    }
}
