//! Session keys from the master key that DTLS exports (RFC 3711 §4.3, RFC 5764 §4.2).

use super::SrtpProfile;
use aws_lc_rs::{
    cipher::{AES_128, EncryptingKey, EncryptionContext, UnboundCipherKey},
    error::Unspecified,
    iv::FixedLength,
};

/// Bytes of the AES-128 keys.
pub(super) const KEY_LEN: usize = 16;

/// Bytes of the longest master salt.
const SALT_LEN_MAX: usize = 14;

/// What a key is for (RFC 3711 §4.3.2): the distance between RTP's and RTCP's is 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Rtp = 0,
    Rtcp = 3,
}

/// A master key and its salt, for one direction.
pub(super) struct Master {
    key: [u8; KEY_LEN],
    /// Padded with zeros on the right (RFC 7714 §11).
    salt: [u8; SALT_LEN_MAX],
}

/// Both directions, as the exporter orders them: client key, server key, client salt, server salt.
pub(super) fn masters(profile: SrtpProfile, keying: &[u8]) -> Option<(Master, Master)> {
    if keying.len() != profile.keying_len() {
        return None;
    }
    let (keys, salts) = keying.split_at(2 * KEY_LEN);
    let (client_key, server_key) = keys.split_at(KEY_LEN);
    let (client_salt, server_salt) = salts.split_at(profile.salt_len());
    let master = |key: &[u8], salt: &[u8]| {
        let mut master = Master {
            key: [0; KEY_LEN],
            salt: [0; SALT_LEN_MAX],
        };
        master.key.copy_from_slice(key);
        master.salt[..salt.len()].copy_from_slice(salt);
        master
    };
    Some((
        master(client_key, client_salt),
        master(server_key, server_salt),
    ))
}

impl Master {
    pub(super) fn encryption_key(&self, of: Use) -> Result<[u8; KEY_LEN], Unspecified> {
        self.derive(of as u8)
    }

    pub(super) fn authentication_key(&self, of: Use) -> Result<[u8; 20], Unspecified> {
        self.derive(of as u8 + 1)
    }

    /// 14 bytes for AES-CM, the first 12 of them for AES-GCM.
    pub(super) fn salt(&self, of: Use) -> Result<[u8; SALT_LEN_MAX], Unspecified> {
        self.derive(of as u8 + 2)
    }

    /// AES in counter mode from the salt with the label in it; the key derivation rate is 0.
    fn derive<const LEN: usize>(&self, label: u8) -> Result<[u8; LEN], Unspecified> {
        let mut iv = [0; 16];
        iv[..SALT_LEN_MAX].copy_from_slice(&self.salt);
        iv[7] ^= label;
        let key = EncryptingKey::ctr(UnboundCipherKey::new(&AES_128, &self.key)?)?;
        let mut derived = [0; LEN];
        key.less_safe_encrypt(
            &mut derived,
            EncryptionContext::Iv128(FixedLength::from(iv)),
        )?;
        Ok(derived)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes<const LEN: usize>(text: &str) -> [u8; LEN] {
        let mut bytes = [0; LEN];
        hex::decode_to_slice(text, &mut bytes).unwrap();
        bytes
    }

    /// RFC 3711 appendix B.3.
    #[test]
    fn keys_are_those_of_the_rfc() {
        let master = Master {
            key: bytes("E1F97A0D3E018BE0D64FA32C06DE4139"),
            salt: bytes("0EC675AD498AFEEBB6960B3AABE6"),
        };
        assert_eq!(
            master.encryption_key(Use::Rtp),
            Ok(bytes("C61E7A93744F39EE10734AFE3FF7A087"))
        );
        assert_eq!(
            master.salt(Use::Rtp),
            Ok(bytes("30CBBC08863D8C85D49DB34A9AE1"))
        );
        assert_eq!(
            master.authentication_key(Use::Rtp),
            Ok(bytes("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"))
        );
    }

    /// RFC 7714 has no vectors of its own for the derivation; these are the label and padding rules of its §11.
    #[test]
    fn a_short_salt_is_padded_on_the_right() {
        let mut keying = [0x11; 56];
        keying[32..44].fill(0x22);
        keying[44..].fill(0x33);
        let (client, server) = masters(SrtpProfile::AeadAes128Gcm, &keying).unwrap();
        assert_eq!(client.salt, bytes("2222222222222222222222220000"));
        assert_eq!(server.salt, bytes("3333333333333333333333330000"));
        assert!(masters(SrtpProfile::AeadAes128Gcm, &keying[1..]).is_none());
        assert!(masters(SrtpProfile::Aes128CmSha1_80, &keying).is_none());
    }
}
