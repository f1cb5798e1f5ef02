//! AEAD_AES_128_GCM (RFC 7714): one pass, 16 bytes of tag.

use super::{
    OpenError, SealError,
    kdf::{Master, Use},
    packet::{RTCP_HEADER_LEN, index_word, ssrc_of_rtcp, ssrc_of_rtp},
};
use aws_lc_rs::{
    aead::{AES_128_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    error::Unspecified,
};

/// Bytes of the tag.
pub(super) const TAG_LEN: usize = 16;

/// Keys of one direction.
pub(super) struct Gcm {
    rtp: Half,
    rtcp: Half,
}

struct Half {
    key: LessSafeKey,
    salt: [u8; NONCE_LEN],
}

impl Gcm {
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
        let (header, body) = packet.split_at_mut(header_len);
        let payload_len = body
            .len()
            .checked_sub(TAG_LEN)
            .ok_or(SealError::Malformed)?;
        let (payload, room) = body.split_at_mut(payload_len);
        let nonce = self.rtp.nonce(ssrc_of_rtp(header), index);
        let tag = self
            .rtp
            .key
            .seal_in_place_separate_tag(nonce, Aad::from(&*header), payload)
            .map_err(|Unspecified| SealError::Malformed)?;
        room.copy_from_slice(tag.as_ref());
        Ok(())
    }

    /// Opens `header | payload | tag`; returns the length of the payload.
    pub(super) fn open_rtp(
        &self,
        packet: &mut [u8],
        header_len: usize,
        index: u64,
    ) -> Result<usize, OpenError> {
        let (header, body) = packet.split_at_mut(header_len);
        let nonce = self.rtp.nonce(ssrc_of_rtp(header), index);
        self.rtp
            .key
            .open_in_place(nonce, Aad::from(&*header), body)
            .map(|payload| payload.len())
            .map_err(|Unspecified| OpenError::Unauthenticated)
    }

    /// Seals plain RTCP and appends tag and index word (RFC 7714 §9.2).
    pub(super) fn seal_rtcp(&self, packet: &mut Vec<u8>, index: u32) -> Result<(), SealError> {
        let word = index_word(index);
        let (header, body) = packet.split_at_mut(RTCP_HEADER_LEN);
        let nonce = self.rtcp.nonce(ssrc_of_rtcp(header), u64::from(index));
        let tag = self
            .rtcp
            .key
            .seal_in_place_separate_tag(nonce, Aad::from(rtcp_aad(header, word)), body)
            .map_err(|Unspecified| SealError::Malformed)?;
        packet.extend_from_slice(tag.as_ref());
        packet.extend_from_slice(&word);
        Ok(())
    }

    /// Opens `header | body | tag | index word`; returns the length of header and body.
    pub(super) fn open_rtcp(&self, packet: &mut [u8], index: u32) -> Result<usize, OpenError> {
        let word = index_word(index);
        let sealed_len = packet.len() - word.len();
        let (header, body) = packet[..sealed_len].split_at_mut(RTCP_HEADER_LEN);
        let nonce = self.rtcp.nonce(ssrc_of_rtcp(header), u64::from(index));
        self.rtcp
            .key
            .open_in_place(nonce, Aad::from(rtcp_aad(header, word)), body)
            .map(|body| RTCP_HEADER_LEN + body.len())
            .map_err(|Unspecified| OpenError::Unauthenticated)
    }
}

/// What is authenticated but not encrypted: the header and the index word behind the packet.
fn rtcp_aad(header: &[u8], word: [u8; 4]) -> [u8; RTCP_HEADER_LEN + 4] {
    let mut aad = [0; RTCP_HEADER_LEN + 4];
    aad[..RTCP_HEADER_LEN].copy_from_slice(header);
    aad[RTCP_HEADER_LEN..].copy_from_slice(&word);
    aad
}

impl Half {
    fn derive(master: &Master, of: Use) -> Result<Self, Unspecified> {
        let mut salt = [0; NONCE_LEN];
        salt.copy_from_slice(&master.salt(of)?[..NONCE_LEN]);
        Self::new(&master.encryption_key(of)?, salt)
    }

    fn new(key: &[u8], salt: [u8; NONCE_LEN]) -> Result<Self, Unspecified> {
        Ok(Self {
            key: LessSafeKey::new(UnboundKey::new(&AES_128_GCM, key)?),
            salt,
        })
    }

    /// RFC 7714 §8.1 and §9.1: two zeros, the SSRC, the index in 48 bits, all over the salt.
    fn nonce(&self, ssrc: u32, index: u64) -> Nonce {
        let mut nonce = self.salt;
        for (byte, ssrc) in nonce[2..6].iter_mut().zip(ssrc.to_be_bytes()) {
            *byte ^= ssrc;
        }
        for (byte, index) in nonce[6..].iter_mut().zip(&index.to_be_bytes()[2..]) {
            *byte ^= index;
        }
        Nonce::assume_unique_for_key(nonce)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_the_rfc() -> Gcm {
        let key: [u8; 16] = std::array::from_fn(|i| i as u8);
        let half = || Half::new(&key, *b"Quid pro quo").unwrap();
        Gcm {
            rtp: half(),
            rtcp: half(),
        }
    }

    /// RFC 7714 §16.1.1 and §16.1.2.
    #[test]
    fn rtp_is_sealed_as_in_the_rfc() {
        let plain = hex::decode(concat!(
            "8040f17b8041f8d35501a0b2",
            "47616c6c696120657374206f6d6e697320646976697361",
            "20696e207061727465732074726573",
        ))
        .unwrap();
        let sealed = hex::decode(concat!(
            "8040f17b8041f8d35501a0b2",
            "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833",
            "899d7f27beb16a9152cf765ee4390cce",
        ))
        .unwrap();
        let gcm = of_the_rfc();
        let mut packet = plain.clone();
        packet.extend([0; TAG_LEN]);
        gcm.seal_rtp(&mut packet, 12, 0xF17B).unwrap();
        assert_eq!(hex::encode(&packet), hex::encode(sealed));
        assert_eq!(gcm.open_rtp(&mut packet, 12, 0xF17B), Ok(plain.len() - 12));
        assert_eq!(packet[..plain.len()], plain);
    }

    /// RFC 7714 §17.1 and §17.2.
    #[test]
    fn rtcp_is_sealed_as_in_the_rfc() {
        let plain = hex::decode(concat!(
            "81c8000d4d6172734e5450314e545032525450200000042a0000e930",
            "4c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef",
        ))
        .unwrap();
        let sealed = hex::decode(concat!(
            "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f7",
            "6c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275bc84aa458",
            "96cf4d2fc5abf87245d9eade800005d4",
        ))
        .unwrap();
        let gcm = of_the_rfc();
        let mut packet = plain.clone();
        gcm.seal_rtcp(&mut packet, 0x5D4).unwrap();
        assert_eq!(hex::encode(&packet), hex::encode(sealed));
        assert_eq!(gcm.open_rtcp(&mut packet, 0x5D4), Ok(plain.len()));
        assert_eq!(packet[..plain.len()], plain);
    }
}
