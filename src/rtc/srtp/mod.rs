//! SRTP and SRTCP in place (RFC 3711, RFC 7714).

use std::ops::Range;
use thiserror::Error;

/// A protection profile (RFC 5764 §4.1.2, RFC 7714 §14.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SrtpProfile {
    /// AEAD_AES_128_GCM, 16 bytes of tag.
    AeadAes128Gcm,
    /// SRTP_AES128_CM_HMAC_SHA1_80, 10 bytes of tag.
    Aes128CmSha1_80,
}

/// An RTP packet that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedRtp {
    /// 48 bits: roll-over counter and sequence number (RFC 3711 §3.3.1).
    pub index: u64,
    /// Where the plain payload (with RTP padding, if any) stands in the packet.
    pub payload: Range<usize>,
}

/// Why a packet was not opened. Drop it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum OpenError {
    /// There are no keys yet.
    #[error("the session is not connected")]
    NotConnected,
    /// Shorter than its parts, or not encrypted.
    #[error("the packet is malformed")]
    Malformed,
    /// Its tag is wrong.
    #[error("the packet is not authentic")]
    Unauthenticated,
    /// It came before, or is older than the window that would tell.
    #[error("the packet is a repetition or too old")]
    Replayed,
}

/// Why a packet was not sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum SealError {
    /// There are no keys yet.
    #[error("the session is not connected")]
    NotConnected,
    /// Shorter than its parts, or the index does not end in the header's sequence number or exceeds 48 bits.
    #[error("the packet is malformed")]
    Malformed,
    /// All 2^31 SRTCP indices are used: the session must be renewed.
    #[error("the keys are used up")]
    Exhausted,
}
