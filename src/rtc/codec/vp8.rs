//! The payload descriptor of VP8 (RFC 7741 §4.2).

use super::{FrameInfo, PictureIds};

/// Where things stand in a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Descriptor {
    start: bool,
    non_reference: bool,
    /// Of the picture id, and whether it has 15 bits.
    picture_id: Option<(usize, bool)>,
    tl0: Option<usize>,
    temporal: u8,
    layer_sync: bool,
    length: usize,
}

pub(super) fn describe(payload: &[u8], marker: bool) -> Option<FrameInfo> {
    let descriptor = parse(payload)?;
    // RFC 6386 §9.1: the first bit of a frame is 0 for a keyframe.
    let keyframe = descriptor.start && payload.get(descriptor.length)? & 1 == 0;
    Some(FrameInfo {
        start: descriptor.start,
        keyframe,
        temporal: descriptor.temporal,
        layer_sync: keyframe || descriptor.layer_sync || descriptor.temporal == 0,
        discardable: descriptor.non_reference,
        picture: ids(payload, &descriptor),
        ..FrameInfo::part(marker)
    })
}

/// Rewrites the picture id and the number of the base layer's picture in place, as far as the payload has them.
pub fn rewrite(payload: &mut [u8], ids: PictureIds) {
    if let Some(descriptor) = parse(payload) {
        write_picture_id(payload, descriptor.picture_id, ids.picture_id);
        if let (Some(at), Some(tl0)) = (descriptor.tl0, ids.tl0) {
            payload[at] = tl0;
        }
    }
}

pub(super) fn write_picture_id(payload: &mut [u8], place: Option<(usize, bool)>, id: u16) {
    let [high, low] = id.to_be_bytes();
    match place {
        Some((at, true)) => payload[at..at + 2].copy_from_slice(&[0x80 | high, low]),
        Some((at, false)) => payload[at] = low & 0x7f,
        None => {}
    }
}

pub(super) fn read_picture_id(payload: &[u8], at: usize, long: bool) -> u16 {
    if long {
        u16::from_be_bytes([payload[at] & 0x7f, payload[at + 1]])
    } else {
        u16::from(payload[at] & 0x7f)
    }
}

fn parse(payload: &[u8]) -> Option<Descriptor> {
    let first = *payload.first()?;
    let mut descriptor = Descriptor {
        start: first & 0x10 != 0 && first & 0x07 == 0,
        non_reference: first & 0x20 != 0,
        picture_id: None,
        tl0: None,
        temporal: 0,
        layer_sync: false,
        length: 1,
    };
    if first & 0x80 != 0 {
        let present = *payload.get(1)?;
        let mut at = 2;
        if present & 0x80 != 0 {
            let long = payload.get(at)? & 0x80 != 0;
            descriptor.picture_id = Some((at, long));
            at += if long { 2 } else { 1 };
        }
        if present & 0x40 != 0 {
            descriptor.tl0 = Some(at);
            at += 1;
        }
        if present & 0x30 != 0 {
            let layer = *payload.get(at)?;
            if present & 0x20 != 0 {
                descriptor.temporal = layer >> 6;
                descriptor.layer_sync = layer & 0x20 != 0;
            }
            at += 1;
        }
        descriptor.length = at;
    }
    (payload.len() > descriptor.length).then_some(descriptor)
}

fn ids(payload: &[u8], descriptor: &Descriptor) -> Option<PictureIds> {
    let (at, long) = descriptor.picture_id?;
    Some(PictureIds {
        picture_id: read_picture_id(payload, at, long),
        long,
        tl0: descriptor.tl0.map(|at| payload[at]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first packet of a keyframe of Chromium with three temporal layers.
    const KEYFRAME: [u8; 9] = [0x90, 0xe0, 0x92, 0x34, 0x07, 0x20, 0x10, 0x02, 0x00];

    #[test]
    fn a_keyframe_is_seen_in_its_first_packet() {
        let info = describe(&KEYFRAME, false).unwrap();
        assert!(info.start && info.keyframe && info.layer_sync);
        assert!(!info.end_of_frame && !info.discardable);
        let ids = PictureIds {
            picture_id: 0x1234,
            long: true,
            tl0: Some(7),
        };
        assert_eq!(info.picture, Some(ids));
        let mut later = KEYFRAME;
        later[0] = 0x80;
        let info = describe(&later, true).unwrap();
        assert!(!info.start && !info.keyframe && info.end_of_frame && info.end_of_picture);
    }

    #[test]
    fn only_the_first_partition_starts_a_frame() {
        let mut partition = KEYFRAME;
        partition[0] = 0x91;
        assert!(!describe(&partition, false).unwrap().start);
    }

    #[test]
    fn temporal_layers_are_read() {
        // Temporal layer 2, synchronised, a picture id of 7 bits, not referred to.
        let payload = [0xb0, 0xe0, 0x05, 0x08, 0xa0, 0x11, 0x00];
        let info = describe(&payload, true).unwrap();
        assert_eq!((info.temporal, info.layer_sync), (2, true));
        assert!(!info.keyframe && info.discardable);
        let mut unsynchronised = payload;
        unsynchronised[4] = 0x80;
        assert!(!describe(&unsynchronised, true).unwrap().layer_sync);
    }

    #[test]
    fn the_shortest_descriptor_is_read() {
        let info = describe(&[0x10, 0x00], true).unwrap();
        assert!(info.keyframe && info.layer_sync);
        assert_eq!(info.picture, None);
    }

    #[test]
    fn ids_are_rewritten_in_their_width() {
        let mut payload = KEYFRAME;
        let ids = PictureIds {
            picture_id: 0x7f80,
            long: true,
            tl0: Some(0xfe),
        };
        rewrite(&mut payload, ids);
        assert_eq!(payload[..6], [0x90, 0xe0, 0xff, 0x80, 0xfe, 0x20]);
        assert_eq!(describe(&payload, false).unwrap().picture, Some(ids));
        let mut short = [0x90, 0x80, 0x05, 0x00];
        rewrite(&mut short, ids);
        assert_eq!(short, [0x90, 0x80, 0x00, 0x00]);
        let mut none = [0x10, 0x00];
        rewrite(&mut none, ids);
        assert_eq!(none, [0x10, 0x00]);
    }

    #[test]
    fn cut_payloads_are_refused() {
        for length in 0..=6 {
            assert_eq!(describe(&KEYFRAME[..length], false), None, "{length}");
            rewrite(&mut KEYFRAME.to_vec()[..length], PictureIds::default());
        }
    }
}
