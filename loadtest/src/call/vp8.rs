//! VP8 as far as a server looks at it: the payload descriptor (RFC 7741 4.2) and the first bytes of a frame (9.1).

use super::stamp::{STAMP_BYTES, Stamp};

/// The descriptor written here: extended, with picture id, temporal index and temporal layer.
const DESCRIPTOR_BYTES: usize = 6;
/// Frame tag, start code and dimensions; frames that need them not carry them all the same.
const FRAME_HEADER_BYTES: usize = 10;
/// The shortest payload.
pub(crate) const PAYLOAD_BYTES_MIN: usize = DESCRIPTOR_BYTES + FRAME_HEADER_BYTES + STAMP_BYTES;

/// What a payload's descriptor says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Descriptor {
    /// First packet of its frame.
    pub(crate) start: bool,
    pub(crate) keyframe: bool,
    /// 15 bits.
    pub(crate) picture_id: u16,
    pub(crate) tl0: u8,
    pub(crate) width: u16,
    pub(crate) height: u16,
}

/// A payload of `bytes` in all, with its stamp.
pub(crate) fn payload(bytes: usize, descriptor: Descriptor, stamp: &Stamp) -> Vec<u8> {
    let mut out = vec![0xA5; bytes.max(PAYLOAD_BYTES_MIN)];
    out[0] = 0x80 | u8::from(descriptor.start) << 4;
    out[1] = 0xE0;
    let [high, low] = (descriptor.picture_id & 0x7FFF).to_be_bytes();
    out[2..6].copy_from_slice(&[0x80 | high, low, descriptor.tl0, 0]);
    let mut at = DESCRIPTOR_BYTES;
    if descriptor.start {
        let tag = &mut out[at..at + FRAME_HEADER_BYTES];
        // P = 0 is a key frame; the frame is to be shown.
        tag[..3].copy_from_slice(&[0x10 | u8::from(!descriptor.keyframe), 0x02, 0x00]);
        tag[3..6].copy_from_slice(&[0x9D, 0x01, 0x2A]);
        tag[6..8].copy_from_slice(&descriptor.width.to_le_bytes());
        tag[8..10].copy_from_slice(&descriptor.height.to_le_bytes());
        at += FRAME_HEADER_BYTES;
    }
    stamp.write(&mut out[at..]);
    out
}

/// Reads the stamp of a payload; the server may have rewritten the descriptor.
pub(crate) fn read(payload: &[u8]) -> Option<Stamp> {
    let first = *payload.first()?;
    let mut at = 1;
    if first & 0x80 != 0 {
        let extension = *payload.get(at)?;
        at += 1;
        if extension & 0x80 != 0 {
            at += if payload.get(at)? & 0x80 != 0 { 2 } else { 1 };
        }
        at += usize::from(extension & 0x40 != 0);
        at += usize::from(extension & 0x30 != 0);
    }
    if first & 0x10 != 0 && first & 0x07 == 0 {
        at += FRAME_HEADER_BYTES;
    }
    Stamp::read(payload.get(at..)?)
}

#[cfg(test)]
mod tests {
    use super::super::stamp::{Kind, StreamId};
    use super::*;

    #[test]
    fn a_stamp_is_found_behind_any_descriptor() {
        let stamp = Stamp {
            stream: StreamId(1),
            kind: Kind::KeyFrame,
            sequence: 9,
            group: 2,
            part: 0,
            parts: 2,
            sent_us: 5,
        };
        for start in [true, false] {
            let descriptor = Descriptor {
                start,
                keyframe: true,
                picture_id: 0x1234,
                tl0: 7,
                width: 640,
                height: 360,
            };
            let bytes = payload(100, descriptor, &stamp);
            assert_eq!(bytes.len(), 100);
            assert_eq!(read(&bytes), Some(stamp));
            // A short picture id, as a server may write it.
            let mut short = bytes[..2].to_vec();
            short.push(0x12);
            short.extend_from_slice(&bytes[4..]);
            assert_eq!(read(&short), Some(stamp));
            // Without any extension.
            let mut bare = vec![bytes[0] & 0x7F];
            bare.extend_from_slice(&bytes[6..]);
            assert_eq!(read(&bare), Some(stamp));
        }
        assert_eq!(read(&[]), None);
    }

    #[test]
    fn the_server_sees_key_frames() {
        let mut state = [0, 0];
        for (n, keyframe) in [true, false].into_iter().enumerate() {
            let stamp = Stamp {
                stream: StreamId(1),
                kind: Kind::DeltaFrame,
                sequence: 0,
                group: 0,
                part: 0,
                parts: 1,
                sent_us: 0,
            };
            let descriptor = Descriptor {
                start: true,
                keyframe,
                picture_id: 1,
                tl0: 1,
                width: 1280,
                height: 720,
            };
            // Bit 0 of the frame tag is the inverse key frame flag.
            state[n] = payload(60, descriptor, &stamp)[DESCRIPTOR_BYTES] & 1;
        }
        assert_eq!(state, [0, 1]);
    }
}
