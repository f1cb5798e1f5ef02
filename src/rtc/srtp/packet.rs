//! The few fields of RTP and RTCP packets that SRTP looks at. Callers have checked the lengths.

/// Bytes of the shortest RTP header (RFC 3550 §5.1).
pub(super) const RTP_HEADER_LEN: usize = 12;

/// Bytes of an RTCP packet that stay plain: header and sender SSRC (RFC 3711 §3.4).
pub(super) const RTCP_HEADER_LEN: usize = 8;

/// Bytes of the word behind an SRTCP packet: a bit that says "encrypted" and 31 bits of index.
pub(super) const INDEX_WORD_LEN: usize = 4;

/// Highest index of SRTCP.
pub(super) const RTCP_INDEX_MAX: u32 = (1 << 31) - 1;

const ENCRYPTED: u32 = 1 << 31;

/// The word of an encrypted packet.
pub(super) const fn index_word(index: u32) -> [u8; INDEX_WORD_LEN] {
    (index | ENCRYPTED).to_be_bytes()
}

/// The index in a word, when it says that the packet is encrypted.
pub(super) fn index_of_word(word: &[u8]) -> Option<u32> {
    let word = read_u32(word, 0);
    (word & ENCRYPTED != 0).then_some(word & RTCP_INDEX_MAX)
}

pub(super) fn sequence_of(header: &[u8]) -> u16 {
    u16::from_be_bytes([header[2], header[3]])
}

pub(super) fn ssrc_of_rtp(header: &[u8]) -> u32 {
    read_u32(header, 8)
}

pub(super) fn ssrc_of_rtcp(header: &[u8]) -> u32 {
    read_u32(header, 4)
}

fn read_u32(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
