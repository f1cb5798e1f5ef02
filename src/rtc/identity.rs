//! The certificate by which this node proves itself in DTLS, and the fingerprint by which a peer is told which to expect.
//!
//! Nobody signs these certificates: the fingerprint travels in the SDP, over a channel that is already trusted
//! (RFC 8122 §5, RFC 8827 §5.5).

use rtc_crypto::{RTCCryptoProvider, default_provider};
use rtc_dtls::crypto::Certificate;
use std::{fmt, str::FromStr, sync::Arc};
use thiserror::Error;

/// Bytes of a SHA-256 digest.
const DIGEST_LEN: usize = 32;

/// The name in the certificate, which nobody reads.
const SUBJECT: &str = "greenroom";

/// No certificate could be made: the cryptographic library refused. The operator must act.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("cannot make a DTLS certificate: {0}")]
pub struct IdentityError(String);

/// This text is no SHA-256 fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a fingerprint is 32 pairs of hexadecimal digits, separated by colons")]
pub struct FingerprintError;

/// A node's DTLS certificate with its private key (ECDSA P-256, self-signed), shared by all its sessions.
pub struct Identity {
    provider: Arc<dyn RTCCryptoProvider>,
    certificate: Certificate,
    fingerprint: Fingerprint,
}

impl Identity {
    /// Makes a new key pair and certificate.
    ///
    /// # Errors
    ///
    /// The cryptographic library has no provider or no entropy.
    pub fn generate() -> Result<Self, IdentityError> {
        let provider = default_provider().map_err(|e| IdentityError(e.to_string()))?;
        let certificate =
            Certificate::generate_self_signed(vec![SUBJECT.to_owned()], provider.crypto())
                .map_err(|e| IdentityError(e.to_string()))?;
        let der = certificate
            .certificate
            .first()
            .ok_or_else(|| IdentityError("it is empty".to_owned()))?;
        let fingerprint = Fingerprint::of_certificate(der);
        Ok(Self {
            provider,
            certificate,
            fingerprint,
        })
    }

    /// What a peer must be told in the SDP.
    #[must_use]
    pub const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    pub(super) const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    pub(super) const fn provider(&self) -> &Arc<dyn RTCCryptoProvider> {
        &self.provider
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

/// SHA-256 of a certificate in DER. Written as `AA:BB:..` (RFC 8122 §5), without the name of the hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; DIGEST_LEN]);

impl Fingerprint {
    /// The fingerprint of a certificate in DER.
    #[must_use]
    pub fn of_certificate(der: &[u8]) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, der);
        let mut bytes = [0; DIGEST_LEN];
        bytes.copy_from_slice(digest.as_ref());
        Self(bytes)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.0.iter().enumerate() {
            let separator = if i == 0 { "" } else { ":" };
            write!(f, "{separator}{byte:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; DIGEST_LEN];
        let mut pairs = text.split(':');
        for byte in &mut bytes {
            let pair = pairs.next().ok_or(FingerprintError)?;
            if pair.len() != 2 {
                return Err(FingerprintError);
            }
            hex::decode_to_slice(pair, std::slice::from_mut(byte)).map_err(|_| FingerprintError)?;
        }
        match pairs.next() {
            None => Ok(Self(bytes)),
            Some(_) => Err(FingerprintError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_survives_being_written() {
        let identity = Identity::generate().unwrap();
        let text = identity.fingerprint().to_string();
        assert_eq!(text.len(), 95);
        assert_eq!(text.parse(), Ok(identity.fingerprint()));
        assert_eq!(text.to_lowercase().parse(), Ok(identity.fingerprint()));
    }

    #[test]
    fn two_identities_differ() {
        let one = Identity::generate().unwrap().fingerprint();
        assert_ne!(one, Identity::generate().unwrap().fingerprint());
    }

    #[test]
    fn other_texts_are_no_fingerprints() {
        let good = Fingerprint([0xAB; 32]).to_string();
        for bad in [
            "",
            "AB",
            &good[3..],
            &format!("{good}:00"),
            &good.replacen("AB", "XY", 1),
            &good.replacen("AB", "+B", 1),
            &good.replace(':', ""),
        ] {
            assert_eq!(bad.parse::<Fingerprint>(), Err(FingerprintError), "{bad}");
        }
    }
}
