//! Which packets of a publication a slot takes, and in which lane they leave.

#[cfg(test)]
mod tests;

use super::{
    Encoding, MediaKind, Source, TrackId,
    lanes::EgressLane,
    packet::{Packet, Stream},
};
use crate::rtc::codec::Codec;
use std::collections::VecDeque;

/// Codecs that a subscriber decodes in a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CodecSet(u8);

impl CodecSet {
    /// With one more.
    #[must_use]
    pub const fn with(self, codec: Codec) -> Self {
        Self(self.0 | 1 << codec as u8)
    }

    /// Whether a codec is in it.
    #[must_use]
    pub const fn has(self, codec: Codec) -> bool {
        self.0 & (1 << codec as u8) != 0
    }
}

/// What a slot is to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// The publication.
    pub track: TrackId,
    /// Its encoding; sound has only 0.
    pub encoding: Encoding,
    /// The highest spatial layer, from 0.
    pub spatial: u8,
    /// The highest temporal layer, from 0.
    pub temporal: u8,
}

/// How a packet leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    /// Its lane.
    pub lane: EgressLane,
    /// Its marker, which is set where higher spatial layers are cut.
    pub marker: bool,
    /// The slot begins with another stream here, or again with the same.
    pub begins: bool,
}

/// What a slot does with a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Takes it: `EgressLanes::push`.
    Forward(Pass),
    /// Leaves it: `EgressLanes::skip`.
    Skip,
    /// Leaves it, and cannot begin with the target's encoding without a keyframe: `EgressLanes::skip` and
    /// `KeyframeRequests::request`, which throttles.
    NeedKeyframe,
}

/// Pictures whose decision is remembered for packets that come late: a second at 60 pictures a second.
const PICTURES_MAX: usize = 64;

/// What was decided for a picture, for all of its packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Picture {
    timestamp: u32,
    /// The highest spatial layer that is taken; `None`: the picture is not.
    spatial: Option<u8>,
    keyframe: bool,
}

/// What is shown.
#[derive(Debug, Clone, Copy)]
struct Current {
    stream: Stream,
    spatial: u8,
    temporal: u8,
    /// The index of the newest packet.
    newest: u64,
}

/// The selector of one slot.
#[derive(Debug)]
pub struct Selector {
    accepts: CodecSet,
    target: Option<Target>,
    current: Option<Current>,
    /// The newest packet of the stream whose keyframe is waited for.
    awaited: Option<(Stream, u64)>,
    /// The newest last.
    pictures: VecDeque<Picture>,
    /// The picture that is the last, by stream and timestamp.
    finishing: Option<(Stream, u32)>,
}

impl Selector {
    /// Takes nothing yet.
    #[must_use]
    pub const fn new(accepts: CodecSet) -> Self {
        Self {
            accepts,
            target: None,
            current: None,
            awaited: None,
            pictures: VecDeque::new(),
            finishing: None,
        }
    }

    /// Changes what is shown. What was shown goes on until the new encoding's keyframe; `None` stops at once (clear the
    /// slot's lane too). Returns the encoding whose keyframe is needed now; sound has none.
    pub fn set_target(&mut self, target: Option<Target>) -> Option<(TrackId, Encoding)> {
        self.target = target;
        self.finishing = None;
        let Some(target) = target else {
            self.current = None;
            return None;
        };
        let waits = self.current.is_none_or(|current| {
            current.stream.track != target.track
                || current.stream.encoding != target.encoding
                || target.spatial > current.spatial
        });
        waits.then_some((target.track, target.encoding))
    }

    /// Shows nothing more after the picture that has begun, so that it is whole. A target later needs a keyframe.
    pub fn finish(&mut self) {
        self.target = None;
        let last = self.pictures.back().map(|it| it.timestamp);
        self.finishing = self.current.take().map(|it| it.stream).zip(last);
    }

    /// What is to be shown.
    #[must_use]
    pub const fn target(&self) -> Option<Target> {
        self.target
    }

    /// What is shown.
    #[must_use]
    pub fn current(&self) -> Option<Target> {
        self.current.map(|current| Target {
            track: current.stream.track,
            encoding: current.stream.encoding,
            spatial: current.spatial,
            temporal: current.temporal,
        })
    }

    /// Decides on every packet of the publications that are shown or to be shown, in the order of arrival.
    pub fn decide(&mut self, packet: &Packet) -> Decision {
        let Some(target) = self.target else {
            return self.decide_last(packet);
        };
        if packet.is_padding() || !self.accepts.has(packet.codec) {
            return Decision::Skip;
        }
        if packet.kind() == MediaKind::Audio {
            return self.decide_sound(target, packet);
        }
        let shown = self
            .current
            .filter(|current| current.stream == packet.stream());
        match shown {
            Some(current) => self.decide_shown(current, target, packet),
            None if packet.track != target.track || packet.encoding != target.encoding => {
                Decision::Skip
            }
            None if packet.begins_keyframe() && !self.comes_late(packet) => {
                self.begin(target, packet)
            }
            None => self.wait(packet),
        }
    }

    /// Only what is left of the last picture is taken.
    fn decide_last(&self, packet: &Packet) -> Decision {
        let last = Some((packet.stream(), packet.timestamp));
        if self.finishing.is_none() || self.finishing != last || packet.is_padding() {
            return Decision::Skip;
        }
        let newest = self.pictures.back();
        newest.map_or(Decision::Skip, |picture| {
            Self::forward(packet, *picture, false)
        })
    }

    /// What follows has come and was left: the keyframe would stay incomplete.
    fn comes_late(&self, packet: &Packet) -> bool {
        let awaited = self
            .awaited
            .filter(|(stream, _)| *stream == packet.stream());
        packet.repaired || awaited.is_some_and(|(_, newest)| packet.index < newest)
    }

    fn wait(&mut self, packet: &Packet) -> Decision {
        let stream = packet.stream();
        let newest = match self.awaited {
            Some((known, newest)) if known == stream => newest.max(packet.index),
            _ => packet.index,
        };
        self.awaited = Some((stream, newest));
        Decision::NeedKeyframe
    }

    fn decide_sound(&mut self, target: Target, packet: &Packet) -> Decision {
        if packet.track != target.track {
            return Decision::Skip;
        }
        let stream = packet.stream();
        let begins = self.current.is_none_or(|current| current.stream != stream);
        if begins {
            self.current = Some(Current {
                stream,
                spatial: 0,
                temporal: 0,
                newest: packet.index,
            });
        }
        Decision::Forward(Pass {
            lane: EgressLane::Audio,
            // A talkspurt begins (RFC 3551 §4.1).
            marker: packet.marker || begins,
            begins,
        })
    }

    fn begin(&mut self, target: Target, packet: &Packet) -> Decision {
        let current = Current {
            stream: packet.stream(),
            spatial: target.spatial,
            temporal: target.temporal,
            newest: packet.index,
        };
        self.current = Some(current);
        self.awaited = None;
        self.pictures.clear();
        let picture = self.remember(packet, Some(target.spatial));
        Self::forward(packet, picture, true)
    }

    fn decide_shown(&mut self, mut current: Current, target: Target, packet: &Packet) -> Decision {
        let is_newer = packet.index > current.newest;
        current.newest = current.newest.max(packet.index);
        let known = self
            .pictures
            .iter()
            .rev()
            .find(|picture| picture.timestamp == packet.timestamp)
            .copied();
        let picture = match known {
            Some(picture) => picture,
            None if is_newer => {
                current.follow(target, packet);
                self.remember(packet, current.takes(packet))
            }
            // All of the picture was lost, and is repaired now.
            None => Picture::new(packet, current.takes(packet)),
        };
        self.current = Some(current);
        Self::forward(packet, picture, false)
    }

    fn remember(&mut self, packet: &Packet, spatial: Option<u8>) -> Picture {
        if self.pictures.len() == PICTURES_MAX {
            self.pictures.pop_front();
        }
        let picture = Picture::new(packet, spatial);
        self.pictures.push_back(picture);
        picture
    }

    fn forward(packet: &Packet, picture: Picture, begins: bool) -> Decision {
        let frame = &packet.frame;
        let Some(top) = picture.spatial.filter(|top| frame.spatial <= *top) else {
            return Decision::Skip;
        };
        let lane = if picture.keyframe || packet.repaired {
            EgressLane::Repair
        } else if packet.source == Source::Screen || (frame.spatial == 0 && frame.temporal == 0) {
            EgressLane::Base
        } else {
            EgressLane::Enhancement
        };
        Decision::Forward(Pass {
            lane,
            marker: packet.marker || (frame.end_of_frame && frame.spatial == top),
            begins,
        })
    }
}

impl Picture {
    const fn new(packet: &Packet, spatial: Option<u8>) -> Self {
        Self {
            timestamp: packet.timestamp,
            spatial,
            keyframe: packet.frame.keyframe,
        }
    }
}

impl Current {
    /// Moves towards the target as far as a decoder can, at the first packet of a picture: down at once, up where the
    /// stream allows it.
    fn follow(&mut self, target: Target, packet: &Packet) {
        let to_be_left =
            target.track != self.stream.track || target.encoding != self.stream.encoding;
        if to_be_left {
            return;
        }
        let frame = &packet.frame;
        if packet.begins_keyframe() {
            (self.spatial, self.temporal) = (target.spatial, target.temporal);
        }
        self.spatial = self.spatial.min(target.spatial);
        self.temporal = self.temporal.min(target.temporal);
        if frame.layer_sync && frame.temporal == self.temporal + 1 {
            self.temporal = target.temporal.min(frame.temporal);
        }
    }

    const fn takes(&self, packet: &Packet) -> Option<u8> {
        if packet.frame.temporal <= self.temporal {
            Some(self.spatial)
        } else {
            None
        }
    }
}
