//! Which codecs are taken, and which profile can be decoded as which.

use super::{
    AgreedCodec, AudioNack, AudioRed, LineRole, LocalDescription, MediaKind, MediaLine,
    OfferedCodec, formats::parameter,
};
use crate::rtc::codec::Codec;

/// The codecs of an m-line: see [`super::AgreedLine::codecs`]. `transport_cc`: its packets have transport-wide numbers.
pub(super) fn codecs(
    line: &MediaLine,
    kind: MediaKind,
    role: LineRole,
    transport_cc: bool,
    local: &LocalDescription<'_>,
) -> Vec<AgreedCodec> {
    let known = |codec: &&OfferedCodec| match codec.codec {
        Codec::Opus => true,
        Codec::Red => local.red == AudioRed::Preferred,
        video => local.video_codecs.contains(&video),
    };
    let mut chosen: Vec<AgreedCodec> = line
        .codecs
        .iter()
        .filter(known)
        .map(|codec| agree(codec, transport_cc, local))
        .collect();
    match kind {
        // Chromium sends the codec that is named first: RED has to stand before Opus (its order is otherwise kept).
        MediaKind::Audio => chosen.sort_by_key(|codec| codec.codec != Codec::Red),
        MediaKind::Video if role == LineRole::Publication => chosen.truncate(1),
        MediaKind::Video => {}
    }
    // RED alone cannot be taken: what it carries must be named too.
    if chosen.iter().all(|codec| codec.codec == Codec::Red) {
        chosen.clear();
    }
    chosen
}

/// The codec among `accepted` that `published` can be received as.
pub(super) fn matching<'a>(
    accepted: &'a [AgreedCodec],
    published: &AgreedCodec,
) -> Option<&'a AgreedCodec> {
    let same = || {
        accepted
            .iter()
            .filter(|codec| codec.codec == published.codec)
    };
    let exact = same().find(|codec| profile(codec) == profile(published));
    exact.or_else(|| same().find(|codec| profile(codec).decodes(profile(published))))
}

fn agree(offered: &OfferedCodec, transport_cc: bool, local: &LocalDescription<'_>) -> AgreedCodec {
    let mut feedback = offered.feedback;
    if offered.codec == Codec::Opus && local.audio_nack == AudioNack::Always {
        feedback.nack = true;
    }
    // One of the two: transport-wide feedback says more, but speaks of numbers that the packets must have.
    feedback.transport_cc &= transport_cc;
    feedback.remb &= !feedback.transport_cc;
    AgreedCodec {
        payload_type: offered.payload_type,
        codec: offered.codec,
        clock_hz: offered.codec.clock_hz(),
        fmtp: offered.fmtp.clone(),
        rtx: offered.rtx,
        feedback,
    }
}

/// What a decoder must be able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Profile {
    /// Codecs without profiles, and those whose profiles do not include each other.
    Number(u8),
    H264(H264Profile),
}

/// Profiles of H.264 as far as WebRTC uses them. Baseline is taken for its constrained form, which is what browsers send
/// under either name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum H264Profile {
    Baseline,
    Main,
    ConstrainedHigh,
    High,
    Other(u8),
}

impl Profile {
    /// Whether a decoder of this profile decodes a stream of the other.
    fn decodes(self, stream: Self) -> bool {
        use H264Profile::{Baseline, ConstrainedHigh, High, Main, Other};
        match (self, stream) {
            (Self::H264(decoder), Self::H264(stream)) => match decoder {
                Baseline | Other(_) => decoder == stream,
                Main => matches!(stream, Baseline | Main),
                ConstrainedHigh => matches!(stream, Baseline | ConstrainedHigh),
                High => !matches!(stream, Other(_)),
            },
            (decoder, stream) => decoder == stream,
        }
    }
}

fn profile(codec: &AgreedCodec) -> Profile {
    let number = |name, default| {
        let value = parameter(&codec.fmtp, name).and_then(|value| value.parse().ok());
        Profile::Number(value.unwrap_or(default))
    };
    match codec.codec {
        Codec::Vp9 => number("profile-id", 0),
        Codec::H265 => number("profile-id", 1),
        Codec::Av1 => number("profile", 0),
        Codec::H264 => Profile::H264(h264_profile(&codec.fmtp)),
        Codec::Opus | Codec::Red | Codec::Vp8 => Profile::Number(0),
    }
}

/// `profile-level-id` (RFC 6184 §8.1): profile_idc, constraint flags, level; level asymmetry is the rule in WebRTC.
fn h264_profile(fmtp: &str) -> H264Profile {
    let id = parameter(fmtp, "profile-level-id");
    let Some(id) = id.and_then(|id| u32::from_str_radix(id, 16).ok()) else {
        return H264Profile::Baseline;
    };
    let [_, idc, flags, _] = id.to_be_bytes();
    match idc {
        0x42 => H264Profile::Baseline,
        0x4d if flags & 0x80 != 0 => H264Profile::Baseline,
        0x4d => H264Profile::Main,
        0x64 if flags & 0x0c == 0x0c => H264Profile::ConstrainedHigh,
        0x64 => H264Profile::High,
        other => H264Profile::Other(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtc::sdp::Feedback;

    fn codec(codec: Codec, fmtp: &str) -> AgreedCodec {
        AgreedCodec {
            payload_type: 96,
            codec,
            clock_hz: 90_000,
            fmtp: fmtp.into(),
            rtx: None,
            feedback: Feedback::default(),
        }
    }

    fn h264(id: &str) -> AgreedCodec {
        codec(
            Codec::H264,
            &format!("level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={id}"),
        )
    }

    #[test]
    fn an_h264_decoder_takes_what_its_profile_includes() {
        for (decoder, stream, decodes) in [
            ("42e01f", "42001f", true),
            ("42e01f", "4d001f", false),
            ("42e01f", "4de01f", true),
            ("4d001f", "42e01f", true),
            ("64001f", "640c1f", true),
            ("640c1f", "64001f", false),
            ("640c1f", "42e034", true),
            ("f4001f", "42e01f", false),
        ] {
            let accepted = [h264(decoder)];
            let found = matching(&accepted, &h264(stream));
            assert_eq!(found.is_some(), decodes, "{decoder} {stream}");
        }
    }

    #[test]
    fn the_same_profile_is_preferred() {
        let accepted = [h264("64001f"), h264("42001f")];
        assert_eq!(matching(&accepted, &h264("42e01f")), Some(&accepted[1]));
    }

    #[test]
    fn profiles_of_other_codecs_are_equal_or_not() {
        let accepted = [codec(Codec::Vp9, "profile-id=2"), codec(Codec::Av1, "")];
        assert_eq!(matching(&accepted, &codec(Codec::Vp9, "")), None);
        let av1 = codec(Codec::Av1, "level-idx=5;profile=0;tier=0");
        assert_eq!(matching(&accepted, &av1), Some(&accepted[1]));
        assert_eq!(matching(&accepted, &codec(Codec::Vp8, "")), None);
    }
}
