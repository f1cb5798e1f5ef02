//! What an m-line offers: codecs, header extensions and streams.

use super::{
    MediaLine, OfferLimits, OfferedCodec, SdpError,
    agreed::{Feedback, MediaKind},
    line::{Direction, LineKind, direction_named, malformed, values},
};
use crate::rtc::{codec::Codec, extension::Extension};
use rtc_sdp::description::media::MediaDescription;

/// The payload types of RTP beside RTCP on one port: 64 to 95 would be mistaken for it (RFC 5761 §4).
const RTCP_CONFLICTS: std::ops::RangeInclusive<u8> = 64..=95;

/// SSRCs, and pairs of media and retransmission.
type Streams = (Vec<u32>, Vec<(u32, u32)>);

/// What the attributes of an m-line say of one payload type.
#[derive(Debug, Clone, Copy, Default)]
struct Format<'a> {
    rtpmap: Option<&'a str>,
    fmtp: &'a str,
    feedback: Feedback,
}

pub(super) fn codecs(
    media: &MediaDescription,
    kind: LineKind,
    limits: &OfferLimits,
) -> Result<Vec<OfferedCodec>, SdpError> {
    let offered = &media.media_name.formats;
    if offered.len() > limits.payload_types_max {
        return Err(SdpError::TooMany {
            what: "payload types",
            max: limits.payload_types_max,
        });
    }
    let formats = formats(media);
    let mut codecs: Vec<OfferedCodec> = Vec::new();
    let mut repairs = Vec::new();
    for text in offered {
        let Some(payload_type) = payload_type(text) else {
            continue;
        };
        let format = formats[usize::from(payload_type)];
        let Some((name, clock)) = format.rtpmap.and_then(split_rtpmap) else {
            continue;
        };
        if name.eq_ignore_ascii_case("rtx") {
            repairs.extend(parameter(format.fmtp, "apt").map(|apt| (apt, payload_type)));
        } else if let Some(codec) = codec(name, clock, kind, format.fmtp)
            && !codecs
                .iter()
                .any(|known| known.payload_type == payload_type)
        {
            codecs.push(OfferedCodec {
                payload_type,
                codec,
                rtpmap: format.rtpmap.unwrap_or_default().to_owned(),
                fmtp: format.fmtp.to_owned(),
                rtx: None,
                feedback: format.feedback,
            });
        }
    }
    for (apt, rtx) in repairs {
        let repaired = |codec: &&mut OfferedCodec| payload_type(apt) == Some(codec.payload_type);
        if let Some(codec) = codecs.iter_mut().find(repaired) {
            codec.rtx = Some(rtx);
        }
    }
    drop_red_without_opus(&mut codecs);
    Ok(codecs)
}

pub(super) fn extensions(
    media: &MediaDescription,
    limits: &OfferLimits,
) -> Result<Vec<(u8, Extension, Direction)>, SdpError> {
    let mut extensions = Vec::new();
    for (count, text) in values(&media.attributes, "extmap").enumerate() {
        if count >= limits.extensions_max {
            return Err(SdpError::TooMany {
                what: "header extensions",
                max: limits.extensions_max,
            });
        }
        let mut words = text.split_ascii_whitespace();
        let (Some(id), Some(uri)) = (words.next(), words.next()) else {
            return Err(malformed("extmap", text));
        };
        let Some(extension) = Extension::from_uri(uri) else {
            continue;
        };
        // Firefox says of some which way they go: `3/sendonly`.
        let (id, direction) = id.split_once('/').unwrap_or((id, "sendrecv"));
        let id = id.parse::<u8>().ok().filter(|id| *id != 0);
        let id = id.ok_or_else(|| malformed("extmap", text))?;
        let direction = direction_named(direction).ok_or_else(|| malformed("extmap", text))?;
        extensions.push((id, extension, direction));
    }
    Ok(extensions)
}

/// The SSRCs of an m-line, each once, and pairs of media and retransmission.
pub(super) fn streams(media: &MediaDescription, limits: &OfferLimits) -> Result<Streams, SdpError> {
    let mut ssrcs = Vec::new();
    for text in values(&media.attributes, "ssrc") {
        let ssrc = text.split_ascii_whitespace().next().unwrap_or_default();
        let ssrc = ssrc.parse().map_err(|_| malformed("ssrc", text))?;
        if !ssrcs.contains(&ssrc) {
            ssrcs.push(ssrc);
        }
        if ssrcs.len() > limits.ssrcs_max {
            return Err(SdpError::TooMany {
                what: "SSRCs",
                max: limits.ssrcs_max,
            });
        }
    }
    let pair = |text: &str| {
        let mut words = text.strip_prefix("FID ")?.split_ascii_whitespace();
        Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
    };
    let repairs: Vec<_> = values(&media.attributes, "ssrc-group")
        .filter_map(pair)
        .filter(|(media, rtx)| ssrcs.contains(media) && ssrcs.contains(rtx))
        .take(limits.ssrcs_max)
        .collect();
    Ok((ssrcs, repairs))
}

impl MediaLine {
    /// The offered codec of a payload type.
    pub(super) fn codec_of(&self, payload_type: u8) -> Option<&OfferedCodec> {
        self.codecs
            .iter()
            .find(|codec| codec.payload_type == payload_type)
    }
}

/// The value of a parameter of `a=fmtp`; names are compared without case.
pub(super) fn parameter<'a>(fmtp: &'a str, name: &str) -> Option<&'a str> {
    fmtp.split(';').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

fn payload_type(text: &str) -> Option<u8> {
    let number = text.parse().ok()?;
    (number < 128 && !RTCP_CONFLICTS.contains(&number)).then_some(number)
}

fn formats(media: &MediaDescription) -> [Format<'_>; 128] {
    let mut formats = [Format::default(); 128];
    let mut everywhere = Feedback::default();
    for attribute in &media.attributes {
        let Some((payload, text)) = attribute.value.as_deref().and_then(|v| v.split_once(' '))
        else {
            continue;
        };
        let text = text.trim();
        if attribute.key == "rtcp-fb" && payload == "*" {
            everywhere.add(text);
        }
        let Some(format) = payload_type(payload).map(|i| &mut formats[usize::from(i)]) else {
            continue;
        };
        match attribute.key.as_str() {
            "rtpmap" => format.rtpmap = Some(text),
            "fmtp" => format.fmtp = text,
            "rtcp-fb" => format.feedback.add(text),
            _ => {}
        }
    }
    for format in &mut formats {
        format.feedback = format.feedback.or(everywhere);
    }
    formats
}

impl Feedback {
    fn add(&mut self, text: &str) {
        match text {
            "nack" => self.nack = true,
            "nack pli" => self.pli = true,
            "ccm fir" => self.fir = true,
            "transport-cc" => self.transport_cc = true,
            "goog-remb" => self.remb = true,
            _ => {}
        }
    }

    const fn or(self, other: Self) -> Self {
        Self {
            nack: self.nack || other.nack,
            pli: self.pli || other.pli,
            fir: self.fir || other.fir,
            transport_cc: self.transport_cc || other.transport_cc,
            remb: self.remb || other.remb,
        }
    }
}

fn split_rtpmap(rtpmap: &str) -> Option<(&str, u32)> {
    let (name, rest) = rtpmap.split_once('/')?;
    let clock = rest.split('/').next()?.parse().ok()?;
    Some((name, clock))
}

fn codec(name: &str, clock: u32, kind: LineKind, fmtp: &str) -> Option<Codec> {
    let codec = Codec::ALL
        .into_iter()
        .find(|codec| codec.name().eq_ignore_ascii_case(name))?;
    let kind_of_codec = if codec.is_audio() {
        MediaKind::Audio
    } else {
        MediaKind::Video
    };
    let fits = kind == LineKind::Media(kind_of_codec) && clock == codec.clock_hz();
    // Without mode 1 there are no fragments, and pictures larger than a packet cannot be sent (RFC 6184 §6.2).
    let sendable = codec != Codec::H264 || parameter(fmtp, "packetization-mode") == Some("1");
    (fits && sendable).then_some(codec)
}

/// RED is of use only when its blocks are Opus: `a=fmtp:63 111/111`.
fn drop_red_without_opus(codecs: &mut Vec<OfferedCodec>) {
    let opus: Vec<u8> = codecs
        .iter()
        .filter(|codec| codec.codec == Codec::Opus)
        .map(|codec| codec.payload_type)
        .collect();
    let is_of_opus = |fmtp: &str| {
        let mut blocks = fmtp.split('/').map(payload_type);
        blocks.all(|block| block.is_some_and(|block| opus.contains(&block)))
    };
    codecs.retain(|codec| codec.codec != Codec::Red || is_of_opus(&codec.fmtp));
}
