//! Which packets of a publication a slot takes, and in which lane they leave.

use super::{Encoding, TrackId, lanes::EgressLane, packet::Packet};
use crate::rtc::codec::Codec;

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

/// The selector of one slot.
#[derive(Debug)]
pub struct Selector {}

impl Selector {
    /// Takes nothing yet.
    #[must_use]
    pub fn new(accepts: CodecSet) -> Self {
        let _ = accepts;
        todo!()
    }

    /// Changes what is shown. What was shown goes on until the new encoding's keyframe; `None` stops at once.
    /// Returns the encoding whose keyframe is needed now.
    pub fn set_target(&mut self, target: Option<Target>) -> Option<(TrackId, Encoding)> {
        let _ = target;
        todo!()
    }

    /// What is to be shown.
    #[must_use]
    pub fn target(&self) -> Option<Target> {
        todo!()
    }

    /// What is shown.
    #[must_use]
    pub fn current(&self) -> Option<Target> {
        todo!()
    }

    /// Decides on every packet of the publications that are shown or to be shown, in the order of arrival.
    pub fn decide(&mut self, packet: &Packet) -> Decision {
        let _ = packet;
        todo!()
    }
}
