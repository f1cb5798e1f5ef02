//! Who may connect, and with what rights: capability tokens (EdDSA), guests, revocation, rate limits.
//!
//! Pure: time, random bytes and the contents of key files are arguments. Owns what a token says and when it counts, how
//! a guest proves a key, what a revocation hits, and how much a connection or user may ask for. Knows nothing of rooms'
//! members (membership decides, a token only caps), of files, sockets or accounts: those will enter as another
//! [`Credential`].

mod capability;
mod guest;
mod key;
pub mod limits;
mod revocation;
mod rights;
mod token;

pub use capability::{Capability, Credential, Principal};
pub use guest::{Challenge, GUEST_PREFIX, GuestError, GuestKey, GuestName};
pub use key::{KeyError, NodeKey, NodePublicKey};
pub use revocation::{REVOCATIONS_MAX, Revocation, RevocationError, Revocations};
pub use rights::{Right, Rights, RightsError};
pub use token::{
    AUDIENCE, Grant, MintError, TOKEN_BYTES_MAX, TOKEN_LIFETIME_S_MAX, TOKEN_ROOMS_MAX, TokenError,
    TokenMint, TokenVerifier,
};
