//! What an answer agrees to.

use crate::rtc::{
    codec::Codec, dtls::DtlsRole, extension::ExtensionMap, ice::IceCredentials,
    identity::Fingerprint,
};

/// The peer's side of the transport.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// ICE user fragment and password.
    pub ice: IceCredentials,
    /// Of the peer's DTLS certificate.
    pub fingerprint: Fingerprint,
}

/// What was agreed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    /// The peer's side of the transport.
    pub remote: Remote,
    /// Our DTLS role: active unless the peer can only be that.
    pub role: DtlsRole,
    /// The header extensions of all m-lines together.
    pub extensions: ExtensionMap,
    /// The peer understands one- and two-byte extensions mixed in one stream.
    pub mixed_extensions: bool,
    /// One per m-line of the offer with media, in order; refused ones too.
    pub lines: Vec<AgreedLine>,
    /// Data channels were agreed.
    pub data: bool,
}

/// Sound or picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// Sound.
    Audio,
    /// Pictures.
    Video,
}

/// What an m-line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineRole {
    /// The client sends.
    Publication,
    /// The client receives.
    Slot,
    /// Accepted, and neither sends for now.
    Inactive,
    /// Refused, or stopped by the client.
    Refused,
}

/// An m-line with media.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgreedLine {
    /// Its name.
    pub mid: String,
    /// Sound or picture.
    pub kind: MediaKind,
    /// What it is.
    pub direction: LineRole,
    /// The codecs, the preferred first. A video publication has one; an audio one has RED (if agreed) and Opus; a slot
    /// has all that its subscriber can decode.
    pub codecs: Vec<AgreedCodec>,
    /// The header extensions of this m-line.
    pub extensions: ExtensionMap,
    /// The simulcast encodings of a publication, the smallest first as far as their names or sizes tell; empty without
    /// simulcast.
    pub rids: Vec<String>,
    /// The same in the order of `a=simulcast`, by which a video layers allocation counts.
    pub rids_offered: Vec<String>,
    /// The stream of a publication, when the offer names it.
    pub ssrc: Option<u32>,
    /// Its retransmissions.
    pub rtx_ssrc: Option<u32>,
    /// The streams of a slot: media and retransmissions.
    pub ours: Option<(u32, u32)>,
}

/// A codec of an m-line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgreedCodec {
    /// The payload type.
    pub payload_type: u8,
    /// What it is.
    pub codec: Codec,
    /// The clock of its timestamps.
    pub clock_hz: u32,
    /// Its parameters as the offer has them; empty without.
    pub fmtp: String,
    /// The payload type of its retransmissions.
    pub rtx: Option<u8>,
    /// Which feedback was agreed.
    pub feedback: Feedback,
}

/// Feedback of a codec (RFC 4585 §4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Feedback {
    /// Lost packets are named.
    pub nack: bool,
    /// Lost pictures are.
    pub pli: bool,
    /// Keyframes are asked for by FIR.
    pub fir: bool,
    /// Transport-wide arrival times.
    pub transport_cc: bool,
    /// The receiver's estimate.
    pub remb: bool,
}

impl AgreedLine {
    /// The codec of this slot that a publication's packets can go out as: the same, of a profile that its decoder can
    /// take. `None` when the subscriber cannot decode it.
    #[must_use]
    pub fn accepts(&self, published: &AgreedCodec) -> Option<&AgreedCodec> {
        super::choose::matching(&self.codecs, published)
    }

    /// The codec of a payload type, and whether it is that of its retransmissions.
    #[must_use]
    pub fn codec_of(&self, payload_type: u8) -> Option<(&AgreedCodec, bool)> {
        self.codecs.iter().find_map(|codec| {
            let rtx = codec.rtx == Some(payload_type);
            (rtx || codec.payload_type == payload_type).then_some((codec, rtx))
        })
    }
}

impl Agreed {
    /// Whether the peer restarted ICE since `earlier` (RFC 8839 §4.4.1.1.1).
    #[must_use]
    pub fn restarts_ice(&self, earlier: &Remote) -> bool {
        self.remote.ice != earlier.ice
    }

    /// The m-line of a mid.
    #[must_use]
    pub fn line(&self, mid: &str) -> Option<&AgreedLine> {
        self.lines.iter().find(|line| line.mid == mid)
    }
}
