//! One m-line of an offer.

use super::{Setup, agreed::Feedback, agreed::MediaKind};
use crate::rtc::{codec::Codec, extension::Extension};

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

/// What an m-line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineKind {
    Media(MediaKind),
    Data,
    /// Something that is refused.
    Unknown,
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
    /// The header extensions that are known here.
    pub extensions: Vec<(u8, Extension)>,
    /// The simulcast encodings that the offerer sends, in its order.
    pub rids: Vec<String>,
    /// The streams that the offerer names; the first is the media's.
    pub ssrcs: Vec<u32>,
    /// The streams of media and of their retransmissions (`ssrc-group:FID`).
    pub repairs: Vec<(u32, u32)>,
    pub(super) kind: LineKind,
    /// As in `m=`: media, protocol and formats, for refusing.
    pub(super) media: String,
    pub(super) protocol: String,
    pub(super) formats: String,
    /// The offerer stopped it.
    pub(super) stopped: bool,
    pub(super) rtcp_mux: bool,
    pub(super) ufrag: Option<String>,
    pub(super) pwd: Option<String>,
    pub(super) fingerprint: Option<[u8; 32]>,
    pub(super) setup: Option<Setup>,
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
}
