//! Who a client is to the server: the bearer of a token, or a guest with a key of its own.

use super::Client;
use anyhow::Context;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use greenroom::access::{Challenge, GuestKey};
use greenroom::id::NodeId;
use greenroom::protocol::{ClientFrame, GuestLogin, Hello};
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// What a client shows at the door.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Login {
    /// A capability token.
    Token(String),
    /// A name and the seed of an Ed25519 key.
    Guest { name: String, seed: [u8; 32] },
}

impl Login {
    /// The part of a hello that says who.
    pub(crate) fn hello(&self) -> Hello {
        match self {
            Self::Token(token) => Hello {
                token: Some(token.clone()),
                ..Hello::default()
            },
            Self::Guest { name, seed } => Hello {
                guest: Some(GuestLogin {
                    name: name.clone(),
                    key: hex(key_pair(seed).public_key().as_ref()),
                }),
                ..Hello::default()
            },
        }
    }
}

impl Client {
    /// Answers a challenge.
    pub(super) fn prove(&self, nonce: &str, node: NodeId) {
        match self.signature(nonce, node) {
            Ok(signature) => self.send(&ClientFrame::Prove { signature }),
            Err(error) => self
                .tally
                .borrow_mut()
                .error(format!("challenge: {error:#}")),
        }
    }

    fn signature(&self, nonce: &str, node: NodeId) -> anyhow::Result<String> {
        let Login::Guest { name, seed } = &self.login else {
            anyhow::bail!("a token was answered with a challenge");
        };
        let pair = key_pair(seed);
        let key = GuestKey::parse(&hex(pair.public_key().as_ref()))?;
        let challenge = Challenge::new(node, nonce_bytes(nonce)?, name, key)?;
        Ok(hex(pair.sign(challenge.text().as_bytes()).as_ref()))
    }
}

fn key_pair(seed: &[u8; 32]) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(seed).expect("any 32 bytes are an Ed25519 seed")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to memory cannot fail");
        text
    })
}

fn nonce_bytes(text: &str) -> anyhow::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    anyhow::ensure!(
        text.len() == 64 && text.is_ascii(),
        "the nonce has 64 digits"
    );
    for (n, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * n..2 * n + 2], 16).context("the nonce")?;
    }
    Ok(bytes)
}
