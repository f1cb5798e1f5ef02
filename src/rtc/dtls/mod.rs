//! DTLS 1.2 (RFC 6347) with use_srtp (RFC 5764).

/// Who sends the ClientHello.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DtlsRole {
    /// We do: `a=setup:active`.
    Active,
    /// The peer does: `a=setup:passive`.
    Passive,
}

/// The SRTP profiles that are acceptable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SrtpOffer {
    /// AEAD_AES_128_GCM alone, which every browser takes when nothing else is offered.
    #[default]
    GcmOnly,
    /// SRTP_AES128_CM_HMAC_SHA1_80 too. The passive side chooses: as [`DtlsRole::Passive`] we take GCM whenever the peer
    /// has it, as [`DtlsRole::Active`] the peer may choose SHA1 although it has GCM.
    WithSha1,
}
