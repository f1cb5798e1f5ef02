//! Logins for thousands of clients: tokens minted with the node's key, or guests.

use crate::client::Login;
use crate::content::mix;
use anyhow::Context;
use greenroom::access::{Grant, NodeKey, Rights, TOKEN_LIFETIME_S_MAX, TokenMint};
use greenroom::id::TokenId;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Makes logins.
pub(crate) enum Door {
    /// Tokens of this node.
    Mint(TokenMint),
    /// Whoever comes.
    Guests,
}

impl Door {
    /// Reads the node's key (PKCS#8 PEM).
    ///
    /// # Errors
    /// When there is no such file or it holds no key.
    pub(crate) fn with_key(file: &Path) -> anyhow::Result<Self> {
        let context = || format!("reading the node's key {}", file.display());
        let text = std::fs::read_to_string(file).with_context(context)?;
        let key = NodeKey::from_pem(&text).with_context(context)?;
        Ok(Self::Mint(TokenMint::new(&key)))
    }

    /// The login of the user called `lt-<run>-<who>`.
    ///
    /// # Errors
    /// When the token cannot be minted.
    pub(crate) fn login(&self, run: u32, who: &str) -> anyhow::Result<Login> {
        let name = format!("lt-{run:08x}-{who}");
        let mint = match self {
            Self::Mint(mint) => mint,
            Self::Guests => {
                return Ok(Login::Guest {
                    seed: seed(&name),
                    name,
                });
            }
        };
        let now_s = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let grant = Grant {
            user: name.parse().context("a user id")?,
            device: "loadtest".parse().context("a device id")?,
            name,
            rights: Rights::ALL,
            rooms: None,
            lifetime_s: TOKEN_LIFETIME_S_MAX.min(24 * 3600),
        };
        let mut id = [0; 16];
        id[..8].copy_from_slice(&mix(rand::random()).to_be_bytes());
        id[8..].copy_from_slice(&mix(rand::random()).to_be_bytes());
        let token = mint.user(&grant, TokenId::from_bytes(id), now_s)?;
        Ok(Login::Token(token))
    }
}

/// A guest's key follows from its name, so that it can come back under it. Worth nothing as a secret, nor need it be.
fn seed(name: &str) -> [u8; 32] {
    let mut state = name
        .bytes()
        .fold(0, |state, byte| mix(state ^ u64::from(byte)));
    let mut seed = [0; 32];
    for chunk in seed.chunks_mut(8) {
        state = mix(state);
        chunk.copy_from_slice(&state.to_be_bytes());
    }
    seed
}
