//! Frames on their way out: header and payload in one `Bytes`, to be shared by reference.

use super::close::is_sendable;
use super::deflate::compress;
use super::header::{CONTROL_BYTES_MAX, OpCode, put};
use super::mask::Mask;
use super::message::MessageKind;
use bytes::Bytes;

const HEADER_BYTES_MAX: usize = 14;

/// A server's message in one frame; compressed if asked for and if that makes it shorter.
#[must_use]
pub fn message(kind: MessageKind, payload: &[u8], compressed: bool) -> Bytes {
    let opcode = match kind {
        MessageKind::Text => OpCode::Text,
        MessageKind::Binary => OpCode::Binary,
    };
    match compressed.then(|| compress(payload)).flatten() {
        Some(shorter) => build(opcode, true, &shorter, None),
        None => build(opcode, false, payload, None),
    }
}

/// A server's frame, whole and uncompressed.
#[must_use]
pub fn frame(opcode: OpCode, payload: &[u8]) -> Bytes {
    build(opcode, false, payload, None)
}

/// A client's frame, whole and uncompressed. The key must be unpredictable (RFC 6455 §10.3).
#[must_use]
pub fn masked_frame(opcode: OpCode, payload: &[u8], key: [u8; 4]) -> Bytes {
    build(opcode, false, payload, Some(key))
}

/// A server's answer to a ping.
#[must_use]
pub fn pong(payload: &[u8]) -> Bytes {
    frame(OpCode::Pong, payload)
}

/// A server's close frame. Without a code, or with one that must not be on the wire, it is empty; a reason is cut to
/// 123 bytes at a character.
#[must_use]
pub fn close(code: Option<u16>, reason: &str) -> Bytes {
    let Some(code) = code.filter(|code| is_sendable(*code)) else {
        return frame(OpCode::Close, &[]);
    };
    let reason = &reason[..reason.floor_char_boundary(CONTROL_BYTES_MAX as usize - 2)];
    frame(
        OpCode::Close,
        &[&code.to_be_bytes()[..], reason.as_bytes()].concat(),
    )
}

fn build(opcode: OpCode, compressed: bool, payload: &[u8], key: Option<[u8; 4]>) -> Bytes {
    let mut out = Vec::with_capacity(HEADER_BYTES_MAX + payload.len());
    put(&mut out, opcode, compressed, payload.len(), key);
    let start = out.len();
    out.extend_from_slice(payload);
    if let Some(key) = key {
        Mask::new(key).apply(&mut out[start..]);
    }
    Bytes::from(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6455 §5.7.
    #[test]
    fn the_examples_of_the_rfc() {
        assert_eq!(
            &message(MessageKind::Text, b"Hello", false)[..],
            [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]
        );
        assert_eq!(
            &masked_frame(OpCode::Text, b"Hello", [0x37, 0xfa, 0x21, 0x3d])[..],
            [
                0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58
            ]
        );
        assert_eq!(
            &pong(b"Hello")[..],
            [0x8a, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]
        );
        assert_eq!(
            message(MessageKind::Binary, &[0; 256], false)[..4],
            [0x82, 0x7e, 0x01, 0x00]
        );
        assert_eq!(
            message(MessageKind::Binary, &[0; 65_536], false)[..10],
            [0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]
        );
    }

    #[test]
    fn a_close_frame_is_always_valid() {
        assert_eq!(&close(Some(4004), "slow")[..], b"\x88\x06\x0f\xa4slow");
        assert_eq!(&close(Some(1005), "never sent")[..], b"\x88\x00");
        assert_eq!(close(Some(1000), &"ü".repeat(100)).len(), 2 + 2 + 122);
    }
}
