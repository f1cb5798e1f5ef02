//! TLS: the operator's certificate or a self-signed one. TLS 1.2 and 1.3 with the defaults of rustls on aws-lc, whose
//! first key exchange is the post-quantum hybrid X25519MLKEM768.

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use sha2::{Digest, Sha256};
use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

/// How long a self-signed certificate lives. Apple's systems refuse server certificates of more than 825 days.
pub const SELF_SIGNED_LIFETIME: Duration = Duration::from_secs(820 * DAY_S);
/// It is valid before it is made, for clients whose clocks are behind.
const CLOCKS_BEHIND_MAX: Duration = Duration::from_secs(DAY_S);
/// Names in a self-signed certificate.
const NAMES_MAX: usize = 64;

const DAY_S: u64 = 24 * 3600;

/// Why there is no TLS. The operator must act.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// No certificate in the PEM text.
    #[error("the certificate file holds no PEM certificate")]
    NoCertificate,
    /// No private key in the PEM text.
    #[error("the key file holds no PEM private key")]
    NoKey,
    /// Certificate and key do not fit, or are of an unknown kind.
    #[error("the certificate and the key do not fit: {0}")]
    Rejected(#[from] rustls::Error),
    /// A name cannot stand in a certificate.
    #[error("cannot make a certificate for these names: {0}")]
    Names(rcgen::Error),
    /// Too many names.
    #[error("a self-signed certificate has at most {NAMES_MAX} names")]
    TooManyNames,
}

/// What a server shows and proves.
#[derive(Clone)]
pub struct TlsIdentity {
    config: Arc<ServerConfig>,
    fingerprint: String,
}

impl TlsIdentity {
    /// Of a certificate chain (leaf first) and its private key, both PEM; the texts may be the same.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn from_pem(chain: &str, key: &str) -> Result<Self, TlsError> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(chain.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|_| TlsError::NoCertificate)?;
        let leaf = chain.first().ok_or(TlsError::NoCertificate)?;
        let fingerprint = fingerprint(leaf);
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| TlsError::NoKey)?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        Ok(Self {
            config: Arc::new(config),
            fingerprint,
        })
    }

    /// What rustls serves with.
    #[must_use]
    pub fn config(&self) -> &ServerConfig {
        &self.config
    }

    /// SHA-256 of the certificate, as browsers show it: `AB:CD:…`.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

/// A new self-signed certificate and its key as one PEM text, for these host names and IP addresses.
///
/// # Errors
/// [`TlsError::Names`], [`TlsError::TooManyNames`].
pub fn self_signed_pem(names: Vec<String>, now: SystemTime) -> Result<String, TlsError> {
    if names.len() > NAMES_MAX {
        return Err(TlsError::TooManyNames);
    }
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let now = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let mut params = CertificateParams::new(names).map_err(TlsError::Names)?;
    params.not_before = epoch + now.saturating_sub(CLOCKS_BEHIND_MAX);
    params.not_after = epoch + now + SELF_SIGNED_LIFETIME;
    params
        .distinguished_name
        .push(DnType::CommonName, "Greenroom");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate().map_err(TlsError::Names)?;
    let certificate = params.self_signed(&key).map_err(TlsError::Names)?;
    Ok(key.serialize_pem() + &certificate.pem())
}

fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let hash: [u8; 32] = Sha256::digest(certificate.as_ref()).into();
    hash.map(|byte| format!("{byte:02X}")).join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_self_signed_text_serves() {
        let names = vec!["localhost".into(), "192.168.1.7".into(), "::1".into()];
        let pem = self_signed_pem(names, SystemTime::UNIX_EPOCH + SELF_SIGNED_LIFETIME);
        let pem = pem.expect("legal names");
        let identity = TlsIdentity::from_pem(&pem, &pem).expect("our own");
        assert_eq!(identity.fingerprint().len(), 32 * 3 - 1);
        let again = TlsIdentity::from_pem(&pem, &pem).expect("our own");
        assert_eq!(identity.fingerprint(), again.fingerprint());
    }

    #[test]
    fn the_post_quantum_exchange_comes_first() {
        let groups = aws_lc_rs::default_provider().kx_groups;
        assert_eq!(groups[0].name(), rustls::NamedGroup::X25519MLKEM768);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let make = || self_signed_pem(vec!["a".into()], SystemTime::UNIX_EPOCH).expect("legal");
        let (one, other) = (make(), make());
        let identity = |chain, key| TlsIdentity::from_pem(chain, key).err();
        assert!(matches!(identity("", &one), Some(TlsError::NoCertificate)));
        assert!(matches!(identity(&one, "nothing"), Some(TlsError::NoKey)));
        assert!(matches!(
            identity(&one, &other),
            Some(TlsError::Rejected(_))
        ));
        assert!(matches!(
            self_signed_pem(vec!["é".into()], SystemTime::now()),
            Err(TlsError::Names(_))
        ));
    }
}
