//! Sealed values: `version | key id⁴ | nonce²⁴ | XChaCha20-Poly1305`, bound to their key by the associated data.
//!
//! (draft-irtf-cfrg-xchacha: 24-byte nonces may be drawn at random.) A value moved under another key does not open.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;
const HEADER_BYTES: usize = 1 + 4 + NONCE_BYTES;
/// What sealing adds to a value, bytes.
pub(super) const OVERHEAD_BYTES: usize = HEADER_BYTES + 16;
/// Data keys a database may have: one more with each rotation that asks for it.
pub(super) const DATA_KEYS_MAX: usize = 1024;

/// A key of 32 bytes, wiped when dropped.
pub(super) type Secret = Zeroizing<[u8; 32]>;

/// Why a value could not be sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum SealError {
    #[error("the system has no randomness")]
    NoRandomness,
    #[error("sealed with unknown version {0}")]
    Version(u8),
    #[error("sealed with unknown data key {0}")]
    UnknownKey(u32),
    #[error("does not open: damaged, or moved from another key")]
    Forged,
}

/// The open data keys: all of them open, the newest seals.
pub(super) struct KeyRing {
    ciphers: BTreeMap<u32, XChaCha20Poly1305>,
}

impl KeyRing {
    pub(super) fn new(keys: &BTreeMap<u32, Secret>) -> Self {
        let ciphers = keys
            .iter()
            .map(|(id, key)| (*id, XChaCha20Poly1305::new(&(**key).into())))
            .collect();
        Self { ciphers }
    }

    /// Seals `plain` for `key`.
    pub(super) fn seal(&self, key: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let (id, cipher) = self
            .ciphers
            .last_key_value()
            .ok_or(SealError::UnknownKey(0))?;
        seal_with(cipher, *id, key, plain)
    }

    /// Opens what was sealed for `key`.
    pub(super) fn open(&self, key: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let id = sealed_by(sealed)?;
        let cipher = self.ciphers.get(&id).ok_or(SealError::UnknownKey(id))?;
        open_with(cipher, key, sealed)
    }
}

/// The id of the key that sealed a value.
pub(super) fn sealed_by(sealed: &[u8]) -> Result<u32, SealError> {
    let (version, rest) = sealed.split_first().ok_or(SealError::Forged)?;
    if *version != VERSION {
        return Err(SealError::Version(*version));
    }
    let id = rest.first_chunk().ok_or(SealError::Forged)?;
    Ok(u32::from_be_bytes(*id))
}

/// Seals under one cipher; `id` names it.
pub(super) fn seal_with(
    cipher: &XChaCha20Poly1305,
    id: u32,
    key: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, SealError> {
    let nonce: [u8; NONCE_BYTES] = random()?;
    let payload = Payload {
        msg: plain,
        aad: key,
    };
    let sealed = cipher
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| SealError::Forged)?;
    let mut value = Vec::with_capacity(HEADER_BYTES + sealed.len());
    value.push(VERSION);
    value.extend_from_slice(&id.to_be_bytes());
    value.extend_from_slice(&nonce);
    value.extend_from_slice(&sealed);
    Ok(value)
}

/// Opens with one cipher.
pub(super) fn open_with(
    cipher: &XChaCha20Poly1305,
    key: &[u8],
    sealed: &[u8],
) -> Result<Vec<u8>, SealError> {
    let (header, msg) = sealed
        .split_at_checked(HEADER_BYTES)
        .ok_or(SealError::Forged)?;
    let nonce: [u8; NONCE_BYTES] = *header.last_chunk().ok_or(SealError::Forged)?;
    cipher
        .decrypt(&XNonce::from(nonce), Payload { msg, aad: key })
        .map_err(|_| SealError::Forged)
}

/// Bytes from the operating system.
pub(super) fn random<const N: usize>() -> Result<[u8; N], SealError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| SealError::NoRandomness)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(ids: &[u32]) -> KeyRing {
        let keys = ids
            .iter()
            .map(|id| (*id, Secret::new([*id as u8; 32])))
            .collect();
        KeyRing::new(&keys)
    }

    #[test]
    fn a_value_opens_under_its_own_key_only() {
        let ring = ring(&[1]);
        let sealed = ring.seal(b"here", b"text").expect("sealed");
        assert_eq!(sealed.len(), 4 + OVERHEAD_BYTES);
        assert_eq!(ring.open(b"here", &sealed).expect("opened"), b"text");
        assert_eq!(ring.open(b"there", &sealed), Err(SealError::Forged));
        for i in HEADER_BYTES - 1..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[i] ^= 1;
            assert_eq!(ring.open(b"here", &damaged), Err(SealError::Forged));
        }
        assert_eq!(ring.open(b"here", &[]), Err(SealError::Forged));
        assert_eq!(
            ring.open(b"here", &sealed[..HEADER_BYTES - 1]),
            Err(SealError::Forged)
        );
    }

    #[test]
    fn the_newest_key_seals_and_older_ones_still_open() {
        let old = ring(&[1]).seal(b"k", b"old").expect("sealed");
        let both = ring(&[1, 2]);
        let new = both.seal(b"k", b"new").expect("sealed");
        assert_eq!(sealed_by(&new), Ok(2));
        assert_eq!(both.open(b"k", &old).expect("opened"), b"old");
        assert_eq!(ring(&[1]).open(b"k", &new), Err(SealError::UnknownKey(2)));
        let mut other = new;
        other[0] = 9;
        assert_eq!(both.open(b"k", &other), Err(SealError::Version(9)));
    }
}
