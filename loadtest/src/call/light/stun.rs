//! The controlling side of ICE, as far as an ICE-lite server needs it: binding requests (RFC 8489 5, RFC 8445 7.1).

use aws_lc_rs::hmac;

const MAGIC: u32 = 0x2112_A442;
const BINDING_REQUEST: u16 = 0x0001;
const BINDING_SUCCESS: u16 = 0x0101;
const USERNAME: u16 = 0x0006;
const INTEGRITY: u16 = 0x0008;
const PRIORITY: u16 = 0x0024;
const USE_CANDIDATE: u16 = 0x0025;
const CONTROLLING: u16 = 0x802A;
const FINGERPRINT: u16 = 0x8028;
const HEADER_BYTES: usize = 20;
/// The priority a host candidate would get (RFC 8445 5.1.2).
const HOST_PRIORITY: u32 = 0x7E7F_00FF;

/// Names one request.
pub(super) type Transaction = [u8; 12];

/// A binding request that nominates the pair. `username` is `theirs:ours`, `pwd` is theirs.
pub(super) fn request(id: Transaction, username: &str, pwd: &str, tie_breaker: u64) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    out.extend_from_slice(&BINDING_REQUEST.to_be_bytes());
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(&MAGIC.to_be_bytes());
    out.extend_from_slice(&id);
    attribute(&mut out, USERNAME, username.as_bytes());
    attribute(&mut out, PRIORITY, &HOST_PRIORITY.to_be_bytes());
    attribute(&mut out, CONTROLLING, &tie_breaker.to_be_bytes());
    attribute(&mut out, USE_CANDIDATE, &[]);
    // Both cover a header whose length already counts them.
    set_len(&mut out, 24);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, pwd.as_bytes());
    let tag = hmac::sign(&key, &out);
    attribute(&mut out, INTEGRITY, tag.as_ref());
    set_len(&mut out, 8);
    let crc = crc32(&out) ^ 0x5354_554E;
    attribute(&mut out, FINGERPRINT, &crc.to_be_bytes());
    set_len(&mut out, 0);
    out
}

/// Whether this answers request `id` with success.
pub(super) fn is_success(datagram: &[u8], id: &Transaction) -> bool {
    datagram.len() >= HEADER_BYTES
        && datagram[..2] == BINDING_SUCCESS.to_be_bytes()
        && datagram[8..HEADER_BYTES] == *id
}

fn attribute(out: &mut Vec<u8>, kind: u16, value: &[u8]) {
    let len = u16::try_from(value.len()).expect("attributes here are short");
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(value);
    out.resize(out.len().next_multiple_of(4), 0);
}

fn set_len(out: &mut [u8], to_come: usize) {
    let len = u16::try_from(out.len() - HEADER_BYTES + to_come).expect("requests are short");
    out[2..4].copy_from_slice(&len.to_be_bytes());
}

/// CRC-32 of ITU V.42, bit by bit: requests are few.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            let odd = crc & 1;
            (crc >> 1) ^ (0xEDB8_8320 * odd)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use greenroom::rtc::ice::stun_local_ufrag;

    #[test]
    fn the_checksum_is_the_known_one() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn the_server_reads_whom_a_request_is_for() {
        let request = request([7; 12], "theirs:ours", "secret", 1);
        assert_eq!(stun_local_ufrag(&request), Some("theirs"));
        let mut answer = request[..HEADER_BYTES].to_vec();
        answer[0] = 1;
        assert!(is_success(&answer, &[7; 12]));
        assert!(!is_success(&answer, &[8; 12]));
        assert!(!is_success(&request, &[7; 12]));
    }
}
