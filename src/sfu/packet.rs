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
    /// It fills a gap, repaired or reordered: newer packets came before it (any verdict but `Fresh`).
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

/// Packets for the tests of this layer.
#[cfg(test)]
pub(crate) mod sample {
    use super::*;
    use crate::rtc::codec::PictureIds;
    use std::sync::Arc;

    /// A publisher of one encoding in VP8 or Opus: packets in order.
    #[derive(Debug, Clone)]
    pub(crate) struct Publisher {
        pub(crate) next: Packet,
        pub(crate) step: u32,
    }

    impl Publisher {
        pub(crate) fn camera(track: u32, encoding: u8, now: Instant) -> Self {
            let frame = FrameInfo {
                start: true,
                end_of_frame: true,
                end_of_picture: true,
                keyframe: false,
                spatial: 0,
                temporal: 0,
                layer_sync: false,
                inter_layer: false,
                needed_above: false,
                discardable: false,
                picture: Some(PictureIds {
                    picture_id: 32_700,
                    long: true,
                    tl0: Some(250),
                }),
                frame_number: None,
                targets: None,
            };
            let next = Packet {
                track: TrackId(track),
                participant: ParticipantId(track),
                source: Source::Camera,
                encoding: Encoding(encoding),
                ssrc: 1_000 * track + u32::from(encoding),
                index: 65_500 * u64::from(track),
                timestamp: u32::MAX - 9_000 * track,
                marker: false,
                codec: Codec::Vp8,
                frame,
                arrived: now,
                repaired: false,
                level: None,
                orientation: None,
                capture_time: None,
                dependency: None,
                payload: Bytes::from(vec![0; 1_000]),
            };
            Self { next, step: 3_000 }
        }

        pub(crate) fn microphone(track: u32, now: Instant) -> Self {
            let mut publisher = Self::camera(track, 0, now);
            publisher.next.source = Source::Microphone;
            publisher.next.codec = Codec::Opus;
            publisher.next.frame.picture = None;
            publisher.next.payload = Bytes::from(vec![0; 100]);
            publisher.step = 960;
            publisher
        }

        /// The next picture or sound, of so many packets.
        pub(crate) fn picture(
            &mut self,
            now: Instant,
            packets: usize,
            change: impl Fn(&mut FrameInfo),
        ) -> Vec<Arc<Packet>> {
            let picture = (0..packets)
                .map(|at| {
                    let mut packet = self.next.clone();
                    packet.arrived = now;
                    packet.frame.start = at == 0;
                    packet.frame.end_of_frame = at + 1 == packets;
                    packet.frame.end_of_picture = at + 1 == packets;
                    packet.marker = at + 1 == packets && packet.codec != Codec::Opus;
                    change(&mut packet.frame);
                    if let Some(ids) = &mut self.next.frame.picture {
                        if at == 0 && packet.frame.temporal == 0 {
                            ids.tl0 = ids.tl0.map(|tl0| tl0.wrapping_add(1));
                        }
                        packet.frame.picture = Some(*ids);
                    }
                    self.next.index += 1;
                    Arc::new(packet)
                })
                .collect();
            self.next.timestamp = self.next.timestamp.wrapping_add(self.step);
            if let Some(ids) = &mut self.next.frame.picture {
                ids.picture_id = (ids.picture_id + 1) & 0x7fff;
            }
            picture
        }

        /// A keyframe.
        pub(crate) fn keyframe(&mut self, now: Instant, packets: usize) -> Vec<Arc<Packet>> {
            self.picture(now, packets, |frame| frame.keyframe = true)
        }

        /// A picture of a temporal layer that any receiver of those below may begin to take.
        pub(crate) fn layer(
            &mut self,
            now: Instant,
            packets: usize,
            temporal: u8,
        ) -> Vec<Arc<Packet>> {
            self.picture(now, packets, |frame| frame.temporal = temporal)
        }

        /// The next sound.
        pub(crate) fn sound(&mut self, now: Instant) -> Arc<Packet> {
            let mut sound = self.picture(now, 1, |_| ());
            sound.remove(0)
        }
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
