//! Codecs: what one RTP payload says of its frame, without decoding it.

mod av1;
pub mod dependency;
mod h264;
mod h265;
pub mod vp8;
pub mod vp9;

pub use dependency::{DecodeTargets, DescriptorState};

/// A codec that passes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Codec {
    /// Opus (RFC 7587).
    Opus,
    /// Redundant Opus (RFC 2198).
    Red,
    /// VP8 (RFC 7741).
    Vp8,
    /// VP9 (RFC 9628).
    Vp9,
    /// H.264 (RFC 6184).
    H264,
    /// H.265 (RFC 7798).
    H265,
    /// AV1 (RTP payload format for AV1).
    Av1,
}

impl Codec {
    /// Every one of them.
    pub const ALL: [Self; 7] = [
        Self::Opus,
        Self::Red,
        Self::Vp8,
        Self::Vp9,
        Self::H264,
        Self::H265,
        Self::Av1,
    ];

    /// Its encoding name in SDP, whose case does not matter.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opus => "opus",
            Self::Red => "red",
            Self::Vp8 => "VP8",
            Self::Vp9 => "VP9",
            Self::H264 => "H264",
            Self::H265 => "H265",
            Self::Av1 => "AV1",
        }
    }

    /// The clock of its timestamps.
    #[must_use]
    pub const fn clock_hz(self) -> u32 {
        if self.is_audio() { 48_000 } else { 90_000 }
    }

    /// Whether it is sound.
    #[must_use]
    pub const fn is_audio(self) -> bool {
        matches!(self, Self::Opus | Self::Red)
    }
}

/// The ids of a picture, as VP8 and VP9 count them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PictureIds {
    /// The picture: 15 bits, or 7 when not `long`.
    pub picture_id: u16,
    /// Whether the payload has 15 bits for it.
    pub long: bool,
    /// Counts the pictures of temporal layer 0, wrapping, when the payload has it.
    pub tl0: Option<u8>,
}

/// What a packet says of its frame. A *frame* is one spatial layer of a *picture*.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameInfo {
    /// The first packet of its frame. Of H.264 and H.265, whose payloads do not tell, every packet that may be first:
    /// parameter sets and the first slice.
    pub start: bool,
    /// The last packet of its frame.
    pub end_of_frame: bool,
    /// The last packet of its picture.
    pub end_of_picture: bool,
    /// The frame needs no earlier picture: decoding can begin here, or with [`FrameInfo::inter_layer`] in the spatial
    /// layer below. Certain with `start`; later packets of the same frame do not always tell.
    pub keyframe: bool,
    /// Spatial layer, from 0.
    pub spatial: u8,
    /// Temporal layer, from 0.
    pub temporal: u8,
    /// One may begin to take this temporal layer with this frame.
    pub layer_sync: bool,
    /// The frame needs the spatial layer below, of the same picture.
    pub inter_layer: bool,
    /// The spatial layer above, of the same picture, may need this frame.
    pub needed_above: bool,
    /// No other frame needs this one.
    pub discardable: bool,
    /// Ids to rewrite, of VP8 and VP9.
    pub picture: Option<PictureIds>,
    /// The frame's number, of a dependency descriptor.
    pub frame_number: Option<u16>,
    /// Where the frame belongs, of a dependency descriptor.
    pub targets: Option<DecodeTargets>,
}

/// Reads what `payload` (decrypted and without padding) says. `marker` is that of the RTP header, `descriptor` the value
/// of the dependency descriptor if the packet has one, and `state` what earlier packets of the same SSRC said.
///
/// A malformed payload is a middle part of a frame of layer 0: it is passed on and never switched to.
pub fn describe(
    codec: Codec,
    payload: &[u8],
    marker: bool,
    descriptor: Option<&[u8]>,
    state: &mut DescriptorState,
) -> FrameInfo {
    let info = match codec {
        Codec::Opus | Codec::Red => Some(FrameInfo::audio()),
        Codec::Vp8 => vp8::describe(payload, marker),
        Codec::Vp9 => vp9::describe(payload, marker),
        Codec::H264 => h264::describe(payload, marker),
        Codec::H265 => h265::describe(payload, marker),
        Codec::Av1 => av1::describe(payload, marker),
    };
    let info = info.unwrap_or(FrameInfo::part(marker));
    match descriptor.and_then(|value| dependency::parse(value, state)) {
        None => info,
        Some(described) => info.with(&described),
    }
}

impl FrameInfo {
    /// A packet of which nothing is known but its marker.
    const fn part(marker: bool) -> Self {
        Self {
            start: false,
            end_of_frame: marker,
            end_of_picture: marker,
            keyframe: false,
            spatial: 0,
            temporal: 0,
            layer_sync: false,
            inter_layer: false,
            needed_above: true,
            discardable: false,
            picture: None,
            frame_number: None,
            targets: None,
        }
    }

    /// Sound: every packet is whole and needs no other.
    const fn audio() -> Self {
        Self {
            start: true,
            keyframe: true,
            layer_sync: true,
            needed_above: false,
            ..Self::part(true)
        }
    }

    /// A dependency descriptor knows better than the payload, except of ids.
    const fn with(self, described: &dependency::Described) -> Self {
        Self {
            start: described.start,
            end_of_frame: described.end,
            keyframe: described.keyframe || self.keyframe,
            spatial: described.spatial,
            temporal: described.temporal,
            layer_sync: described.layer_sync || self.keyframe,
            inter_layer: described.inter_layer,
            discardable: described.discardable,
            frame_number: Some(described.frame_number),
            targets: Some(described.targets),
            ..self
        }
    }
}

/// Rewrites the picture ids of VP8 and VP9 in place, within the width that the payload has; other codecs have none.
pub fn rewrite_picture_ids(codec: Codec, payload: &mut [u8], ids: PictureIds) {
    match codec {
        Codec::Vp8 => vp8::rewrite(payload, ids),
        Codec::Vp9 => vp9::rewrite(payload, ids),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn described(codec: Codec, payload: &[u8]) -> FrameInfo {
        describe(codec, payload, true, None, &mut DescriptorState::default())
    }

    #[test]
    fn sound_is_whole() {
        for codec in [Codec::Opus, Codec::Red] {
            let info = described(codec, &[1]);
            assert!(info.start && info.end_of_picture && info.keyframe && info.layer_sync);
        }
    }

    #[test]
    fn malformed_pictures_are_never_switched_to() {
        for codec in Codec::ALL.into_iter().filter(|codec| !codec.is_audio()) {
            let info = described(codec, &[]);
            assert!(
                !info.start && !info.keyframe && !info.discardable,
                "{codec:?}"
            );
        }
    }

    #[test]
    fn ids_come_from_the_payload_and_layers_from_the_descriptor() {
        // A structure of one template and one target; the payload is the start of a keyframe of VP8 with ids.
        let descriptor = [0xc0, 0x00, 0x07, 0x80, 0x00, 0xd0, 0x00];
        let payload = [0x90, 0xe0, 0x92, 0x34, 0x07, 0x20, 0x10];
        let mut state = DescriptorState::default();
        let info = describe(Codec::Vp8, &payload, false, Some(&descriptor), &mut state);
        assert_eq!(info.frame_number, Some(7));
        assert!(info.start && info.end_of_frame && !info.end_of_picture && info.keyframe);
        assert_eq!(info.picture.unwrap().picture_id, 0x1234);
        assert_eq!(state.targets(), [(0, 0)]);
    }

    proptest! {
        #[test]
        fn garbage_does_not_panic(
            mut payload in prop::collection::vec(any::<u8>(), 0..40),
            descriptor in prop::option::of(prop::collection::vec(any::<u8>(), 0..40)),
            codec in prop::sample::select(&Codec::ALL[..]),
            picture_id: u16,
        ) {
            let mut state = DescriptorState::default();
            let before = describe(codec, &payload, true, descriptor.as_deref(), &mut state);
            let ids = PictureIds { picture_id: picture_id & 0x7fff, long: true, tl0: Some(9) };
            rewrite_picture_ids(codec, &mut payload, ids);
            // Only the ids change.
            let after = describe(codec, &payload, true, descriptor.as_deref(), &mut state);
            prop_assert_eq!(FrameInfo { picture: None, ..after }, FrameInfo { picture: None, ..before });
            if let Some(PictureIds { picture_id: read, long, tl0 }) = after.picture {
                prop_assert_eq!(read, picture_id & if long { 0x7fff } else { 0x7f });
                prop_assert!(tl0.is_none_or(|tl0| tl0 == 9));
            }
        }
    }
}
