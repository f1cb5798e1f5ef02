//! SRTP_AES128_CM_HMAC_SHA1_80 (RFC 3711 §4.1.1, §4.2): counter mode, then 10 bytes of HMAC-SHA1. For clients that have
//! nothing else.

use super::{
    OpenError, SealError,
    kdf::{Master, Use},
    packet::{INDEX_WORD_LEN, RTCP_HEADER_LEN, index_word, ssrc_of_rtcp, ssrc_of_rtp},
};
use aws_lc_rs::{
    cipher::{AES_128, EncryptingKey, EncryptionContext, UnboundCipherKey},
    constant_time::verify_slices_are_equal,
    error::Unspecified,
    hmac,
    iv::FixedLength,
};

/// Bytes of the tag: 80 bits of HMAC-SHA1.
pub(super) const TAG_LEN: usize = 10;

/// Bytes of the session salt.
const SALT_LEN: usize = 14;

/// Keys of one direction.
pub(super) struct Cm {
    rtp: Half,
    rtcp: Half,
}

struct Half {
    cipher: EncryptingKey,
    salt: [u8; SALT_LEN],
    authenticator: hmac::Key,
}

impl Cm {
    pub(super) fn new(master: &Master) -> Result<Self, Unspecified> {
        Ok(Self {
            rtp: Half::derive(master, Use::Rtp)?,
            rtcp: Half::derive(master, Use::Rtcp)?,
        })
    }

    /// Seals `header | payload | room for the tag`.
    pub(super) fn seal_rtp(
        &self,
        packet: &mut [u8],
        header_len: usize,
        index: u64,
    ) -> Result<(), SealError> {
        let payload_end = packet
            .len()
            .checked_sub(TAG_LEN)
            .filter(|end| *end >= header_len)
            .ok_or(SealError::Malformed)?;
        let (sealed, room) = packet.split_at_mut(payload_end);
        let ssrc = ssrc_of_rtp(sealed);
        self.rtp
            .apply_keystream(&mut sealed[header_len..], ssrc, index)
            .map_err(|Unspecified| SealError::Malformed)?;
        room.copy_from_slice(&self.rtp.tag(sealed, &roll_over_counter(index)));
        Ok(())
    }

    /// Opens `header | payload | tag`; returns the length of the payload.
    pub(super) fn open_rtp(
        &self,
        packet: &mut [u8],
        header_len: usize,
        index: u64,
    ) -> Result<usize, OpenError> {
        let (sealed, tag) = packet.split_at_mut(packet.len() - TAG_LEN);
        let expected = self.rtp.tag(sealed, &roll_over_counter(index));
        verify_slices_are_equal(&expected, tag)
            .map_err(|Unspecified| OpenError::Unauthenticated)?;
        let ssrc = ssrc_of_rtp(sealed);
        let payload = &mut sealed[header_len..];
        self.rtp
            .apply_keystream(payload, ssrc, index)
            .map_err(|Unspecified| OpenError::Malformed)?;
        Ok(payload.len())
    }

    /// Seals plain RTCP and appends index word and tag (RFC 3711 §3.4).
    pub(super) fn seal_rtcp(&self, packet: &mut Vec<u8>, index: u32) -> Result<(), SealError> {
        let ssrc = ssrc_of_rtcp(packet);
        self.rtcp
            .apply_keystream(&mut packet[RTCP_HEADER_LEN..], ssrc, u64::from(index))
            .map_err(|Unspecified| SealError::Malformed)?;
        packet.extend_from_slice(&index_word(index));
        let tag = self.rtcp.tag(packet, &[]);
        packet.extend_from_slice(&tag);
        Ok(())
    }

    /// Opens `header | body | index word | tag`; returns the length of header and body.
    pub(super) fn open_rtcp(&self, packet: &mut [u8], index: u32) -> Result<usize, OpenError> {
        let (sealed, tag) = packet.split_at_mut(packet.len() - TAG_LEN);
        verify_slices_are_equal(&self.rtcp.tag(sealed, &[]), tag)
            .map_err(|Unspecified| OpenError::Unauthenticated)?;
        let plain_len = sealed.len() - INDEX_WORD_LEN;
        let ssrc = ssrc_of_rtcp(sealed);
        self.rtcp
            .apply_keystream(
                &mut sealed[RTCP_HEADER_LEN..plain_len],
                ssrc,
                u64::from(index),
            )
            .map_err(|Unspecified| OpenError::Malformed)?;
        Ok(plain_len)
    }
}

/// The upper 32 bits of a packet's index, authenticated with it but not sent.
fn roll_over_counter(index: u64) -> [u8; 4] {
    let [_, _, a, b, c, d, _, _] = index.to_be_bytes();
    [a, b, c, d]
}

impl Half {
    fn derive(master: &Master, of: Use) -> Result<Self, Unspecified> {
        Self::new(
            &master.encryption_key(of)?,
            master.salt(of)?,
            &master.authentication_key(of)?,
        )
    }

    fn new(key: &[u8], salt: [u8; SALT_LEN], authenticator: &[u8]) -> Result<Self, Unspecified> {
        Ok(Self {
            cipher: EncryptingKey::ctr(UnboundCipherKey::new(&AES_128, key)?)?,
            salt,
            authenticator: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, authenticator),
        })
    }

    /// Encrypts or decrypts: RFC 3711 §4.1.1, salt · 2^16 ⊕ SSRC · 2^64 ⊕ index · 2^16.
    fn apply_keystream(&self, text: &mut [u8], ssrc: u32, index: u64) -> Result<(), Unspecified> {
        let mut iv = [0; 16];
        iv[..SALT_LEN].copy_from_slice(&self.salt);
        for (byte, ssrc) in iv[4..8].iter_mut().zip(ssrc.to_be_bytes()) {
            *byte ^= ssrc;
        }
        for (byte, index) in iv[8..SALT_LEN].iter_mut().zip(&index.to_be_bytes()[2..]) {
            *byte ^= index;
        }
        self.cipher
            .less_safe_encrypt(text, EncryptionContext::Iv128(FixedLength::from(iv)))?;
        Ok(())
    }

    fn tag(&self, sealed: &[u8], behind: &[u8]) -> [u8; TAG_LEN] {
        let mut mac = hmac::Context::with_key(&self.authenticator);
        mac.update(sealed);
        mac.update(behind);
        let mut tag = [0; TAG_LEN];
        tag.copy_from_slice(&mac.sign().as_ref()[..TAG_LEN]);
        tag
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtc::srtp::{Srtp, SrtpProfile};

    /// RFC 3711 appendix B.2.
    #[test]
    fn the_keystream_is_that_of_the_rfc() {
        let key = hex::decode("2B7E151628AED2A6ABF7158809CF4F3C").unwrap();
        let mut salt = [0; SALT_LEN];
        hex::decode_to_slice("F0F1F2F3F4F5F6F7F8F9FAFBFCFD", &mut salt).unwrap();
        let half = Half::new(&key, salt, &[0; 20]).unwrap();
        let mut stream = [0; 32];
        half.apply_keystream(&mut stream, 0, 0).unwrap();
        assert_eq!(
            hex::encode_upper(stream),
            "E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB"
        );
    }

    /// The vector that libsrtp validates itself with (`srtp_validate` in its test/srtp_driver.c).
    #[test]
    fn a_packet_is_sealed_as_by_libsrtp() {
        let mut keying = [0; 60];
        hex::decode_to_slice("E1F97A0D3E018BE0D64FA32C06DE4139", &mut keying[..16]).unwrap();
        hex::decode_to_slice("0EC675AD498AFEEBB6960B3AABE6", &mut keying[32..46]).unwrap();
        let srtp = Srtp::client(SrtpProfile::Aes128CmSha1_80, &keying).unwrap();
        let mut packet = hex::decode("800f1234decafbadcafebabe").unwrap();
        packet.extend([0xAB; 16]);
        packet.extend([0; TAG_LEN]);
        srtp.seal_rtp(&mut packet, 12, 0x1234).unwrap();
        assert_eq!(
            hex::encode(packet),
            concat!(
                "800f1234decafbadcafebabe",
                "4e55dc4ce79978d88ca4d215949d2402",
                "b78d6acc99ea179b8dbb"
            )
        );
    }
}
