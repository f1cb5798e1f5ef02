//! SRTP and SRTCP in place (RFC 3711, RFC 7714), with keys that DTLS exports (RFC 5764).
//!
//! The sender of RTP gives each packet its 48-bit index, because only it knows how sequence numbers are assigned; the
//! receiver estimates it. Whatever fails authentication leaves no trace here.

mod cm;
mod gcm;
mod kdf;
mod packet;
mod replay;
mod sources;

pub use replay::REPLAY_WINDOW;

use aws_lc_rs::error::Unspecified;
use cm::Cm;
use gcm::Gcm;
use kdf::Master;
use packet::{
    INDEX_WORD_LEN, RTCP_HEADER_LEN, RTCP_INDEX_MAX, RTP_HEADER_LEN, index_of_word, sequence_of,
    ssrc_of_rtcp, ssrc_of_rtp,
};
use sources::Sources;
use std::{fmt, ops::Range};
use thiserror::Error;

/// Sources of RTP whose replay windows are kept: 16 publications of three layers with RTX are 96.
pub const RTP_SOURCES_MAX: usize = 256;

/// Sources of RTCP whose replay windows are kept: a browser sends from each of its SSRCs.
pub const RTCP_SOURCES_MAX: usize = 256;

/// Highest index of an RTP packet: 2^48 − 1.
pub const RTP_INDEX_MAX: u64 = (1 << 48) - 1;

/// A protection profile (RFC 5764 §4.1.2, RFC 7714 §14.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SrtpProfile {
    /// AEAD_AES_128_GCM, 16 bytes of tag.
    AeadAes128Gcm,
    /// SRTP_AES128_CM_HMAC_SHA1_80, 10 bytes of tag.
    Aes128CmSha1_80,
}

impl SrtpProfile {
    /// Bytes that the DTLS exporter must give: two keys and two salts.
    #[must_use]
    pub const fn keying_len(self) -> usize {
        2 * (kdf::KEY_LEN + self.salt_len())
    }

    /// Bytes that sealing adds to an RTP packet.
    #[must_use]
    pub const fn rtp_overhead(self) -> usize {
        match self {
            Self::AeadAes128Gcm => gcm::TAG_LEN,
            Self::Aes128CmSha1_80 => cm::TAG_LEN,
        }
    }

    /// Bytes that sealing adds to an RTCP packet.
    #[must_use]
    pub const fn rtcp_overhead(self) -> usize {
        self.rtp_overhead() + INDEX_WORD_LEN
    }

    const fn salt_len(self) -> usize {
        match self {
            Self::AeadAes128Gcm => 12,
            Self::Aes128CmSha1_80 => 14,
        }
    }
}

/// The keying material cannot be used: it has not [`SrtpProfile::keying_len`] bytes, or the library refuses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the keying material does not fit the SRTP profile")]
pub struct KeyingError;

impl From<Unspecified> for KeyingError {
    fn from(Unspecified: Unspecified) -> Self {
        Self
    }
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
    /// Shorter than its parts, or its index does not end in its sequence number or exceeds [`RTP_INDEX_MAX`].
    #[error("the packet is malformed")]
    Malformed,
    /// All 2^31 SRTCP indices are used: the session must be renewed.
    #[error("the keys are used up")]
    Exhausted,
}

/// Both directions of a connection.
pub struct Srtp {
    profile: SrtpProfile,
    outgoing: Cipher,
    incoming: Cipher,
    rtcp_sent: u32,
    rtp_heard: Sources<RTP_SOURCES_MAX>,
    rtcp_heard: Sources<RTCP_SOURCES_MAX>,
}

enum Cipher {
    Gcm(Gcm),
    /// Boxed: its prepared HMAC keys take kilobytes that most peers never need.
    Cm(Box<Cm>),
}

impl Cipher {
    fn new(profile: SrtpProfile, master: &Master) -> Result<Self, Unspecified> {
        Ok(match profile {
            SrtpProfile::AeadAes128Gcm => Self::Gcm(Gcm::new(master)?),
            SrtpProfile::Aes128CmSha1_80 => Self::Cm(Box::new(Cm::new(master)?)),
        })
    }
}

impl Srtp {
    /// The side that was the DTLS client.
    ///
    /// # Errors
    ///
    /// `keying` does not fit the profile.
    pub fn client(profile: SrtpProfile, keying: &[u8]) -> Result<Self, KeyingError> {
        let (client, server) = kdf::masters(profile, keying).ok_or(KeyingError)?;
        Self::new(profile, &client, &server)
    }

    /// The side that was the DTLS server.
    ///
    /// # Errors
    ///
    /// `keying` does not fit the profile.
    pub fn server(profile: SrtpProfile, keying: &[u8]) -> Result<Self, KeyingError> {
        let (client, server) = kdf::masters(profile, keying).ok_or(KeyingError)?;
        Self::new(profile, &server, &client)
    }

    fn new(profile: SrtpProfile, ours: &Master, theirs: &Master) -> Result<Self, KeyingError> {
        Ok(Self {
            profile,
            outgoing: Cipher::new(profile, ours)?,
            incoming: Cipher::new(profile, theirs)?,
            rtcp_sent: 0,
            rtp_heard: Sources::default(),
            rtcp_heard: Sources::default(),
        })
    }

    /// What was agreed.
    #[must_use]
    pub const fn profile(&self) -> SrtpProfile {
        self.profile
    }

    /// Seals `header | payload | spare bytes` in place; the spare bytes are [`SrtpProfile::rtp_overhead`] many. Never
    /// seal two different packets of an SSRC under one index.
    ///
    /// # Errors
    ///
    /// [`SealError::Malformed`]; the packet is then worthless.
    pub fn seal_rtp(
        &self,
        packet: &mut [u8],
        header_len: usize,
        index: u64,
    ) -> Result<(), SealError> {
        let fits = header_len >= RTP_HEADER_LEN
            && packet.len() >= header_len + self.profile.rtp_overhead()
            && index <= RTP_INDEX_MAX
            && u64::from(sequence_of(packet)) == index & 0xFFFF;
        if !fits {
            return Err(SealError::Malformed);
        }
        match &self.outgoing {
            Cipher::Gcm(gcm) => gcm.seal_rtp(packet, header_len, index),
            Cipher::Cm(cm) => cm.seal_rtp(packet, header_len, index),
        }
    }

    /// Opens `header | payload | tag` in place. `header_len` includes CSRCs and header extensions.
    ///
    /// # Errors
    ///
    /// Any [`OpenError`] but `NotConnected`; the packet is then worthless.
    pub fn open_rtp(
        &mut self,
        packet: &mut [u8],
        header_len: usize,
    ) -> Result<OpenedRtp, OpenError> {
        if header_len < RTP_HEADER_LEN || packet.len() < header_len + self.profile.rtp_overhead() {
            return Err(OpenError::Malformed);
        }
        let ssrc = ssrc_of_rtp(packet);
        let window = self.rtp_heard.window(ssrc);
        let newest = window.map(replay::ReplayWindow::newest);
        let index = replay::estimate_index(newest, sequence_of(packet));
        if index > RTP_INDEX_MAX || window.is_some_and(|window| !window.is_fresh(index)) {
            return Err(OpenError::Replayed);
        }
        let payload_len = match &self.incoming {
            Cipher::Gcm(gcm) => gcm.open_rtp(packet, header_len, index),
            Cipher::Cm(cm) => cm.open_rtp(packet, header_len, index),
        }?;
        self.rtp_heard.accept(ssrc, index);
        Ok(OpenedRtp {
            index,
            payload: header_len..header_len + payload_len,
        })
    }

    /// Seals a compound RTCP packet and appends [`SrtpProfile::rtcp_overhead`] bytes.
    ///
    /// # Errors
    ///
    /// The packet is shorter than a header, or the keys are used up.
    pub fn seal_rtcp(&mut self, packet: &mut Vec<u8>) -> Result<(), SealError> {
        if packet.len() < RTCP_HEADER_LEN {
            return Err(SealError::Malformed);
        }
        if self.rtcp_sent == RTCP_INDEX_MAX {
            return Err(SealError::Exhausted);
        }
        self.rtcp_sent += 1;
        match &self.outgoing {
            Cipher::Gcm(gcm) => gcm.seal_rtcp(packet, self.rtcp_sent),
            Cipher::Cm(cm) => cm.seal_rtcp(packet, self.rtcp_sent),
        }
    }

    /// Opens an SRTCP packet in place and returns how long the plain compound packet at its beginning is.
    ///
    /// # Errors
    ///
    /// Any [`OpenError`] but `NotConnected`; a packet that is authenticated but not encrypted counts as malformed.
    pub fn open_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, OpenError> {
        let body_end = packet
            .len()
            .checked_sub(self.profile.rtcp_overhead())
            .filter(|end| *end >= RTCP_HEADER_LEN)
            .ok_or(OpenError::Malformed)?;
        let word_at = match self.profile {
            SrtpProfile::AeadAes128Gcm => packet.len() - INDEX_WORD_LEN,
            SrtpProfile::Aes128CmSha1_80 => body_end,
        };
        let index = index_of_word(&packet[word_at..]).ok_or(OpenError::Malformed)?;
        let ssrc = ssrc_of_rtcp(packet);
        let window = self.rtcp_heard.window(ssrc);
        if window.is_some_and(|window| !window.is_fresh(u64::from(index))) {
            return Err(OpenError::Replayed);
        }
        let plain_len = match &self.incoming {
            Cipher::Gcm(gcm) => gcm.open_rtcp(packet, index),
            Cipher::Cm(cm) => cm.open_rtcp(packet, index),
        }?;
        self.rtcp_heard.accept(ssrc, u64::from(index));
        Ok(plain_len)
    }
}

impl fmt::Debug for Srtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Srtp")
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
