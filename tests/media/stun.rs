//! The connectivity checks of a full agent (RFC 8445 §7.1), which the server only answers.

use aws_lc_rs::hmac;
use greenroom::rtc::ice::IceCredentials;

const MAGIC: u32 = 0x2112_a442;
const FINGERPRINT_XOR: u32 = 0x5354_554e;

/// A binding request of `from` to `to` that nominates its path.
pub(crate) fn check(to: &IceCredentials, from: &IceCredentials, transaction: u8) -> Vec<u8> {
    let mut message = vec![0x00, 0x01, 0, 0];
    message.extend(MAGIC.to_be_bytes());
    message.extend([transaction; 12]);
    let username = format!("{}:{}", to.ufrag, from.ufrag);
    attribute(&mut message, 0x0006, username.as_bytes());
    attribute(&mut message, 0x0024, &0x6e00_1effu32.to_be_bytes());
    attribute(&mut message, 0x802a, &7u64.to_be_bytes());
    attribute(&mut message, 0x0025, &[]);
    set_length(&mut message, 24);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, to.pwd.as_bytes());
    let tag = hmac::sign(&key, &message);
    attribute(&mut message, 0x0008, tag.as_ref());
    set_length(&mut message, 8);
    let fingerprint = crc32(&message) ^ FINGERPRINT_XOR;
    attribute(&mut message, 0x8028, &fingerprint.to_be_bytes());
    message
}

fn attribute(message: &mut Vec<u8>, kind: u16, value: &[u8]) {
    message.extend(kind.to_be_bytes());
    message.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
    message.extend(value);
    message.resize(message.len().next_multiple_of(4), 0);
    set_length(message, 0);
}

/// The length with `more` bytes that are still to come.
fn set_length(message: &mut [u8], more: usize) {
    let length = u16::try_from(message.len() - 20 + more).unwrap();
    message[2..4].copy_from_slice(&length.to_be_bytes());
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    };
    !bytes.iter().fold(u32::MAX, step)
}
