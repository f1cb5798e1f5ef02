//! The node's Ed25519 key: it signs capability tokens, and the node's id follows from it.

use crate::id::NodeId;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use sha2::{Digest, Sha256};
use std::fmt;
use zeroize::Zeroizing;

/// Why bytes are not an Ed25519 key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not PKCS#8 in PEM (RFC 7468), or of another algorithm.
    #[error(
        "not an Ed25519 private key in PKCS#8 PEM (`openssl genpkey -algorithm ed25519` makes one)"
    )]
    Pkcs8,
    /// Not a public key of 32 bytes.
    #[error("an Ed25519 public key has 32 bytes")]
    Public,
}

/// The node's private key.
pub struct NodeKey {
    pair: Ed25519KeyPair,
}

impl NodeKey {
    /// The key of a random seed (RFC 8032 §5.1.5).
    ///
    /// # Panics
    /// Never: every 32 bytes are a seed.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed)
            .expect("every 32 bytes are an Ed25519 seed (RFC 8032 §5.1.5)");
        Self { pair }
    }

    /// Reads PKCS#8, version 1 or 2 (RFC 5958).
    ///
    /// # Errors
    /// [`KeyError::Pkcs8`].
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map_err(|_| KeyError::Pkcs8)?;
        Ok(Self { pair })
    }

    /// Reads PKCS#8 in PEM: what [`NodeKey::to_pem`] or openssl wrote.
    ///
    /// # Errors
    /// [`KeyError::Pkcs8`].
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let block = pem::parse(text).map_err(|_| KeyError::Pkcs8)?;
        if block.tag() != "PRIVATE KEY" {
            return Err(KeyError::Pkcs8);
        }
        Self::from_pkcs8(&Zeroizing::new(block.into_contents()))
    }

    /// The key as PKCS#8 in PEM.
    ///
    /// # Panics
    /// Never: the key was checked when it was read.
    #[must_use]
    pub fn to_pem(&self) -> Zeroizing<String> {
        Zeroizing::new(pem::encode_config(
            &pem::Pem::new("PRIVATE KEY", self.to_pkcs8()),
            pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF),
        ))
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> NodePublicKey {
        let bytes = self.pair.public_key().as_ref();
        NodePublicKey(
            bytes
                .try_into()
                .expect("an Ed25519 public key has 32 bytes"),
        )
    }

    /// The node's id.
    #[must_use]
    pub fn node_id(&self) -> NodeId {
        self.public().node_id()
    }

    pub(super) fn to_pkcs8(&self) -> Vec<u8> {
        let document = self.pair.to_pkcs8();
        document.expect("a parsed key encodes").as_ref().to_vec()
    }
}

impl fmt::Debug for NodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeKey(of node {})", self.node_id())
    }
}

/// The public half of a node's key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodePublicKey([u8; 32]);

impl NodePublicKey {
    /// A key of raw bytes (RFC 8032 §5.1.5). Whether they are a point shows when a signature is checked.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The raw bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The node that has this key: the first 8 bytes of its SHA-256. So whoever reads the key knows the node's id
    /// without opening its database.
    #[must_use]
    pub fn node_id(&self) -> NodeId {
        let hash: [u8; 32] = Sha256::digest(self.0).into();
        let (first, _) = hash.split_first_chunk().expect("a hash has 32 bytes");
        NodeId::from_bytes(*first)
    }
}

impl fmt::Debug for NodePublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_file() {
        let key = NodeKey::from_seed(&[7; 32]);
        let pem = key.to_pem();
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
        let again = NodeKey::from_pem(&pem).expect("what we wrote");
        assert_eq!(again.public(), key.public());
        assert_eq!(again.node_id(), key.node_id());
    }

    #[test]
    fn keys_of_openssl_are_read() {
        // openssl genpkey -algorithm ed25519 (PKCS#8 version 1, without the public key)
        let pem = "-----BEGIN PRIVATE KEY-----\n\
                   MC4CAQAwBQYDK2VwBCIEIAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH\n\
                   -----END PRIVATE KEY-----\n";
        let key = NodeKey::from_pem(pem).expect("an Ed25519 key");
        assert_eq!(key.public(), NodeKey::from_seed(&[7; 32]).public());
    }

    #[test]
    fn other_files_are_refused() {
        for bad in [
            "",
            "not a key",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        ] {
            assert_eq!(NodeKey::from_pem(bad).err(), Some(KeyError::Pkcs8));
        }
    }
}
