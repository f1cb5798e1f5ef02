//! A received packet of media: what is shared by history, lanes and slots of every subscriber.

use super::{Encoding, MediaKind, ParticipantId, Source, TrackId};
use crate::rtc::{
    codec::{Codec, FrameInfo},
    extension::{AbsCaptureTime, AudioLevel},
};
use bytes::Bytes;
use std::time::Instant;

/// One RTP packet of a publication, opened and described; nothing changes it any more. Made once and shared by [`Arc`].
///
/// [`Arc`]: std::sync::Arc
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// The publication.
    pub track: TrackId,
    /// Who publishes it: the CSRC of what leaves.
    pub participant: ParticipantId,
    /// What it shows, which decides its lane.
    pub source: Source,
    /// The simulcast encoding.
    pub encoding: Encoding,
    /// The SSRC of the media, also of what came as a retransmission.
    pub ssrc: u32,
    /// The publisher's sequence number with its cycles above (the SRTP index), also of what came as a retransmission.
    pub index: u64,
    /// The publisher's timestamp.
    pub timestamp: u32,
    /// The marker of the header.
    pub marker: bool,
    /// What the payload is. RED that was unwrapped is Opus.
    pub codec: Codec,
    /// What the payload says of its frame.
    pub frame: FrameInfo,
    /// When it was received.
    pub arrived: Instant,
    /// It fills a gap: it came again after it was asked for, or by retransmission.
    pub repaired: bool,
    /// How loud the sound is.
    pub level: Option<AudioLevel>,
    /// How the picture is to be turned: the extension's value.
    pub orientation: Option<u8>,
    /// When it was captured.
    pub capture_time: Option<AbsCaptureTime>,
    /// The dependency descriptor, as received.
    pub dependency: Option<Bytes>,
    /// Without header, padding and the original sequence number of a retransmission. Empty: padding only, which no slot
    /// takes but each must hear of.
    pub payload: Bytes,
}

/// Where packets share one sequence: what a slot shows at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stream {
    /// The publication.
    pub track: TrackId,
    /// The simulcast encoding.
    pub encoding: Encoding,
    /// The SSRC, which a publisher may change.
    pub ssrc: u32,
    /// The codec, which a publisher may change too.
    pub codec: Codec,
}

impl Packet {
    /// Bytes that it counts in every bound: payload, descriptor and a header of ordinary size.
    #[must_use]
    pub fn bytes(&self) -> usize {
        const HEADER_BYTES: usize = 24;
        HEADER_BYTES + self.payload.len() + self.dependency.as_ref().map_or(0, Bytes::len)
    }

    /// Where it belongs.
    #[must_use]
    pub const fn stream(&self) -> Stream {
        Stream {
            track: self.track,
            encoding: self.encoding,
            ssrc: self.ssrc,
            codec: self.codec,
        }
    }

    /// Sound or picture.
    #[must_use]
    pub const fn kind(&self) -> MediaKind {
        self.source.kind()
    }

    /// It carries nothing.
    #[must_use]
    pub fn is_padding(&self) -> bool {
        self.payload.is_empty()
    }

    /// A decoder can begin with it: the first packet of a keyframe of the lowest layer.
    #[must_use]
    pub fn begins_keyframe(&self) -> bool {
        self.frame.keyframe && self.frame.start && self.frame.spatial == 0 && !self.is_padding()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_go_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<Packet>();
    }
}
