//! The payload descriptor of VP9 (RFC 9628 §4.2), flexible and not.

use super::{
    FrameInfo, PictureIds,
    vp8::{read_picture_id, write_picture_id},
};

/// Where things stand in a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Descriptor {
    predicted: bool,
    start: bool,
    end: bool,
    needed_above: bool,
    picture_id: Option<(usize, bool)>,
    tl0: Option<usize>,
    spatial: u8,
    temporal: u8,
    switching_up: bool,
    inter_layer: bool,
}

pub(super) fn describe(payload: &[u8], marker: bool) -> Option<FrameInfo> {
    let descriptor = parse(payload)?;
    let keyframe = !descriptor.predicted;
    Some(FrameInfo {
        start: descriptor.start,
        end_of_frame: descriptor.end,
        end_of_picture: marker,
        keyframe,
        spatial: descriptor.spatial,
        temporal: descriptor.temporal,
        layer_sync: keyframe || descriptor.switching_up || descriptor.temporal == 0,
        inter_layer: descriptor.inter_layer,
        needed_above: descriptor.needed_above,
        picture: descriptor.picture_id.map(|(at, long)| PictureIds {
            picture_id: read_picture_id(payload, at, long),
            long,
            tl0: descriptor.tl0.map(|at| payload[at]),
        }),
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

/// Reads up to the layer indices; reference indices and the scalability structure that may follow are not of use here.
fn parse(payload: &[u8]) -> Option<Descriptor> {
    let first = *payload.first()?;
    let bit = |mask: u8| first & mask != 0;
    let (has_id, predicted, has_layers, flexible) = (bit(0x80), bit(0x40), bit(0x20), bit(0x10));
    let mut descriptor = Descriptor {
        predicted,
        start: bit(0x08),
        end: bit(0x04),
        needed_above: !bit(0x01),
        picture_id: None,
        tl0: None,
        spatial: 0,
        temporal: 0,
        switching_up: false,
        inter_layer: false,
    };
    let mut at = 1;
    if has_id {
        let long = payload.get(at)? & 0x80 != 0;
        descriptor.picture_id = Some((at, long));
        at += if long { 2 } else { 1 };
    }
    if has_layers {
        let layer = *payload.get(at)?;
        descriptor.temporal = layer >> 5;
        descriptor.switching_up = layer & 0x10 != 0;
        descriptor.spatial = (layer >> 1) & 0x07;
        descriptor.inter_layer = layer & 0x01 != 0;
        at += 1;
        if !flexible {
            descriptor.tl0 = Some(at);
            at += 1;
        }
    }
    (payload.len() > at).then_some(descriptor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layers_of_a_key_picture_are_read() {
        // I, L, B, V: picture 0x1234, spatial layer 0, tl0 9, then the scalability structure.
        let base = [0xaa, 0x92, 0x34, 0x00, 0x09, 0x18, 0x01, 0x40];
        let info = describe(&base, false).unwrap();
        assert!(info.start && info.keyframe && info.layer_sync && info.needed_above);
        assert!(!info.end_of_frame && !info.end_of_picture && !info.inter_layer);
        let ids = PictureIds {
            picture_id: 0x1234,
            long: true,
            tl0: Some(9),
        };
        assert_eq!(info.picture, Some(ids));
        // The last packet of spatial layer 1 of the same picture, which needs layer 0 and is not needed above.
        let above = [0xa5, 0x92, 0x34, 0x03, 0x09, 0xff];
        let info = describe(&above, true).unwrap();
        assert_eq!((info.spatial, info.temporal), (1, 0));
        assert!(info.inter_layer && info.keyframe && !info.needed_above);
        assert!(!info.start && info.end_of_frame && info.end_of_picture);
    }

    #[test]
    fn a_frame_ends_before_its_picture() {
        let info = describe(&[0xec, 0x05, 0x00, 0x09, 0xff], false).unwrap();
        assert!(info.start && info.end_of_frame && !info.end_of_picture && !info.keyframe);
    }

    #[test]
    fn switching_points_are_read_in_flexible_mode() {
        // I, P, L, F, B: temporal layer 2, switching up.
        let payload = [0xf8, 0x05, 0x50, 0x03, 0xff];
        let info = describe(&payload, false).unwrap();
        assert_eq!((info.temporal, info.layer_sync), (2, true));
        assert_eq!(info.picture.unwrap().tl0, None);
        let info = describe(&[0xf8, 0x05, 0x40, 0x03, 0xff], false).unwrap();
        assert!(!info.layer_sync && !info.keyframe);
    }

    #[test]
    fn ids_are_rewritten_in_their_width() {
        let ids = PictureIds {
            picture_id: 0x7fff,
            long: true,
            tl0: Some(1),
        };
        let mut long = [0xaa, 0x92, 0x34, 0x00, 0x09, 0x18];
        rewrite(&mut long, ids);
        assert_eq!(long, [0xaa, 0xff, 0xff, 0x00, 0x01, 0x18]);
        let mut flexible = [0xf8, 0x05, 0x50, 0x03, 0xff];
        rewrite(&mut flexible, ids);
        assert_eq!(flexible, [0xf8, 0x7f, 0x50, 0x03, 0xff]);
    }

    #[test]
    fn cut_payloads_are_refused() {
        let payload = [0xaa, 0x92, 0x34, 0x00, 0x09, 0x18];
        for length in 0..=5 {
            assert_eq!(describe(&payload[..length], false), None, "{length}");
        }
    }
}
