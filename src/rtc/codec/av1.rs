//! The aggregation header of AV1 (RTP payload format for AV1, §4.4) and the units behind it.

use super::FrameInfo;

const SEQUENCE_HEADER: u8 = 1;
const TILE_GROUP: u8 = 4;
const TILE_LIST: u8 = 8;

pub(super) fn describe(payload: &[u8], marker: bool) -> Option<FrameInfo> {
    let header = *payload.first()?;
    let continues = header & 0x80 != 0;
    let begins_sequence = header & 0x08 != 0;
    let mut info = FrameInfo::part(marker);
    info.layer_sync = true;
    if continues {
        return Some(info);
    }
    let count = (header >> 4) & 3;
    let rest = &payload[1..];
    // The last of a known number of units has no length before it.
    let unit = if count == 1 { rest } else { leb128(rest)?.1 };
    let unit_header = *unit.first()?;
    let kind = (unit_header >> 3) & 0x0f;
    if unit_header & 0x04 != 0 {
        let layers = *unit.get(1)?;
        info.temporal = layers >> 5;
        info.spatial = (layers >> 3) & 3;
        info.layer_sync = info.temporal == 0;
    }
    info.keyframe = begins_sequence || kind == SEQUENCE_HEADER;
    info.start = info.keyframe || !matches!(kind, TILE_GROUP | TILE_LIST);
    info.layer_sync |= info.keyframe;
    Some(info)
}

/// A number of up to 32 bits in seven-bit pieces, the lowest first (AV1 specification, 4.10.5), and what follows it.
fn leb128(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let mut value = 0_u32;
    for (i, byte) in bytes.iter().take(5).enumerate() {
        value |= u32::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[i + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_sequence_is_a_keyframe() {
        // W=2, N: a sequence header of 3 bytes, then a frame.
        let info = describe(&[0x28, 0x03, 0x08, 0, 0, 0x30, 1], false).unwrap();
        assert!(info.keyframe && info.start && info.layer_sync);
        // W=1 without N: a frame.
        let info = describe(&[0x10, 0x30, 1], true).unwrap();
        assert!(!info.keyframe && info.start && info.end_of_frame);
        // A fragment that goes on.
        let info = describe(&[0x90, 0xff, 1], true).unwrap();
        assert!(!info.keyframe && !info.start && info.end_of_picture);
        // A tile group in a packet of its own.
        assert!(!describe(&[0x10, 0x20, 1], false).unwrap().start);
    }

    #[test]
    fn layers_are_read() {
        let info = describe(&[0x10, 0x34, 0x48, 1], false).unwrap();
        assert_eq!(
            (info.temporal, info.spatial, info.layer_sync),
            (2, 1, false)
        );
    }

    #[test]
    fn cut_payloads_are_refused() {
        for payload in [
            &[][..],
            &[0x10],
            &[0x20],
            &[0x20, 0x80],
            &[0x20, 0x03],
            &[0x10, 0x34],
        ] {
            assert_eq!(describe(payload, false), None, "{payload:?}");
        }
    }

    #[test]
    fn lengths_are_read() {
        assert_eq!(leb128(&[0xe5, 0x8e, 0x26, 9]), Some((624_485, &[9][..])));
        assert_eq!(leb128(&[0x80; 6]), None);
    }
}
