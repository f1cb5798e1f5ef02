//! One m-line of an offer.

use super::{
    OfferLimits, SdpError,
    agreed::{Feedback, MediaKind},
    formats, simulcast,
};
use crate::rtc::{codec::Codec, extension::Extension, ice::IceCredentials, identity::Fingerprint};
use rtc_sdp::description::{common::Attribute, media::MediaDescription};

/// The longest mid or rid, in bytes.
pub(super) const NAME_BYTES_MAX: usize = 32;

/// Which way the offerer says media go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Both.
    SendRecv,
    /// From the offerer.
    SendOnly,
    /// To the offerer.
    RecvOnly,
    /// Neither.
    Inactive,
}

/// A DTLS role as offered (RFC 8842 §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Setup {
    Active,
    Passive,
    ActPass,
}

/// What an m-line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineKind {
    Media(MediaKind),
    Data,
    /// Something that is refused.
    Unknown,
}

/// What stands in `m=`: repeated when the m-line is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MediaName {
    pub(super) media: String,
    pub(super) protocol: String,
    pub(super) formats: String,
}

/// The transport of an m-line; what it does not say is that of the session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Transport {
    pub(super) ufrag: Option<String>,
    pub(super) pwd: Option<String>,
    pub(super) fingerprint: Option<Fingerprint>,
    pub(super) setup: Option<Setup>,
}

/// An m-line of an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaLine {
    /// Its name.
    pub mid: String,
    /// Which way media go.
    pub direction: Direction,
    /// The codecs that are known here, in the offer's order, each with its retransmissions.
    pub codecs: Vec<OfferedCodec>,
    /// The header extensions that are known here, and which way they go.
    pub extensions: Vec<(u8, Extension, Direction)>,
    /// The simulcast encodings that the offerer sends, in its order.
    pub rids: Vec<String>,
    /// The streams that the offerer names; the first is the media's.
    pub ssrcs: Vec<u32>,
    /// The streams of media and of their retransmissions (`ssrc-group:FID`).
    pub repairs: Vec<(u32, u32)>,
    pub(super) kind: LineKind,
    pub(super) name: MediaName,
    /// The offerer stopped it.
    pub(super) stopped: bool,
    pub(super) rtcp_mux: bool,
    pub(super) rtcp_rsize: bool,
    pub(super) transport: Transport,
}

/// A codec of an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedCodec {
    /// The payload type.
    pub payload_type: u8,
    /// What it is.
    pub codec: Codec,
    /// `name/clock/channels` as offered.
    pub rtpmap: String,
    /// The parameters, empty without.
    pub fmtp: String,
    /// The payload type of its retransmissions.
    pub rtx: Option<u8>,
    /// The feedback that is offered.
    pub feedback: Feedback,
}

impl MediaLine {
    /// Sound or picture; nothing for data and what is unknown.
    #[must_use]
    pub const fn kind(&self) -> Option<MediaKind> {
        match self.kind {
            LineKind::Media(kind) => Some(kind),
            LineKind::Data | LineKind::Unknown => None,
        }
    }

    /// Whether the offerer wants something of it: it is neither stopped nor unknown.
    #[must_use]
    pub fn is_live(&self) -> bool {
        !self.stopped && self.kind != LineKind::Unknown
    }

    pub(super) fn parse(
        media: &MediaDescription,
        default_direction: Direction,
        limits: &OfferLimits,
    ) -> Result<Self, SdpError> {
        let name = MediaName {
            media: media.media_name.media.clone(),
            protocol: media.media_name.protos.join("/"),
            formats: media.media_name.formats.join(" "),
        };
        let kind = kind(&name);
        let mid = value(&media.attributes, "mid").ok_or(SdpError::Missing("mid"))?;
        let flag = |key| media.attributes.iter().any(|a| a.key == key);
        let (codecs, extensions, rids) = if matches!(kind, LineKind::Media(_)) {
            (
                formats::codecs(media, kind, limits)?,
                formats::extensions(media, limits)?,
                simulcast::rids(media, limits)?,
            )
        } else {
            Default::default()
        };
        let (ssrcs, repairs) = formats::streams(media, limits)?;
        Ok(Self {
            mid: token(mid, "mid")?.to_owned(),
            direction: direction(&media.attributes).unwrap_or(default_direction),
            codecs,
            extensions,
            rids,
            ssrcs,
            repairs,
            kind,
            name,
            // Port 0 stops a line, except that one which exists only inside of the bundle has no port of its own.
            stopped: media.media_name.port.value == 0 && !flag("bundle-only"),
            rtcp_mux: flag("rtcp-mux") || flag("rtcp-mux-only"),
            rtcp_rsize: flag("rtcp-rsize"),
            transport: Transport::parse(&media.attributes)?,
        })
    }
}

impl Transport {
    pub(super) fn parse(attributes: &[Attribute]) -> Result<Self, SdpError> {
        let ice = |key, lengths: std::ops::RangeInclusive<usize>| {
            let text = value(attributes, key);
            match text {
                Some(text) if !lengths.contains(&text.len()) || !text.bytes().all(is_ice_char) => {
                    Err(malformed(key, text))
                }
                text => Ok(text.map(str::to_owned)),
            }
        };
        Ok(Self {
            ufrag: ice("ice-ufrag", 4..=256)?,
            pwd: ice("ice-pwd", 22..=256)?,
            fingerprint: fingerprint(attributes)?,
            setup: match value(attributes, "setup") {
                None => None,
                Some("active") => Some(Setup::Active),
                Some("passive") => Some(Setup::Passive),
                Some("actpass") => Some(Setup::ActPass),
                Some(other) => return Err(malformed("setup", other)),
            },
        })
    }

    /// Credentials when both parts are there.
    pub(super) fn ice(&self) -> Option<IceCredentials> {
        Some(IceCredentials {
            ufrag: self.ufrag.clone()?,
            pwd: self.pwd.clone()?,
        })
    }
}

/// The value of the first attribute of a name.
pub(super) fn value<'a>(attributes: &'a [Attribute], key: &str) -> Option<&'a str> {
    values(attributes, key).next()
}

/// The values of all attributes of a name.
pub(super) fn values<'a>(attributes: &'a [Attribute], key: &str) -> impl Iterator<Item = &'a str> {
    attributes
        .iter()
        .filter(move |attribute| attribute.key == key)
        .filter_map(|attribute| attribute.value.as_deref())
}

/// The last of the four direction attributes.
pub(super) fn direction(attributes: &[Attribute]) -> Option<Direction> {
    attributes
        .iter()
        .rev()
        .find_map(|attribute| direction_named(&attribute.key))
}

pub(super) fn direction_named(name: &str) -> Option<Direction> {
    match name {
        "sendrecv" => Some(Direction::SendRecv),
        "sendonly" => Some(Direction::SendOnly),
        "recvonly" => Some(Direction::RecvOnly),
        "inactive" => Some(Direction::Inactive),
        _ => None,
    }
}

/// A name that may stand in an answer: printable ASCII without separators of SDP.
pub(super) fn token<'a>(text: &'a str, what: &'static str) -> Result<&'a str, SdpError> {
    let legal = |byte: u8| byte.is_ascii_graphic() && !br#"";,:=/()<>?@[]\"#.contains(&byte);
    if (1..=NAME_BYTES_MAX).contains(&text.len()) && text.bytes().all(legal) {
        Ok(text)
    } else {
        Err(malformed(what, text))
    }
}

pub(super) fn malformed(what: &str, text: &str) -> SdpError {
    let text: String = text.chars().take(40).collect();
    SdpError::Malformed(format!("{what} {text:?}"))
}

/// RFC 8839 §5.4: `ice-char`.
const fn is_ice_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

fn fingerprint(attributes: &[Attribute]) -> Result<Option<Fingerprint>, SdpError> {
    let mut others = None;
    for text in values(attributes, "fingerprint") {
        match text.split_once(' ') {
            Some((hash, digest)) if hash.eq_ignore_ascii_case("sha-256") => {
                let digest = digest.trim().parse();
                return digest.map(Some).map_err(|_| malformed("fingerprint", text));
            }
            _ => others = Some(text),
        }
    }
    match others {
        None => Ok(None),
        Some(text) => Err(malformed("fingerprint that is not sha-256", text)),
    }
}

fn kind(name: &MediaName) -> LineKind {
    let rtp = matches!(
        name.protocol.as_str(),
        "UDP/TLS/RTP/SAVPF" | "TCP/TLS/RTP/SAVPF" | "RTP/SAVPF"
    );
    let sctp = matches!(
        name.protocol.as_str(),
        "UDP/DTLS/SCTP" | "TCP/DTLS/SCTP" | "DTLS/SCTP"
    );
    match name.media.as_str() {
        "audio" if rtp => LineKind::Media(MediaKind::Audio),
        "video" if rtp => LineKind::Media(MediaKind::Video),
        "application" if sctp && name.formats == "webrtc-datachannel" => LineKind::Data,
        _ => LineKind::Unknown,
    }
}
