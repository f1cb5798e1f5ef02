//! Which pictures can still be decoded after one was dropped.

use crate::rtc::codec::FrameInfo;

/// The temporal layers whose references all left, or wait to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gate {
    /// Layers below this pass; 0: none, until a keyframe.
    open: u8,
}

impl Gate {
    /// Nothing passes before a keyframe.
    pub(super) const SHUT: Self = Self { open: 0 };

    /// A picture of a layer is missing: so is what may need it.
    pub(super) const fn without(temporal: u8) -> Self {
        Self { open: temporal }
    }

    /// Also what is missing in another gate is missing.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            open: self.open.min(other.open),
        }
    }

    pub(super) const fn is_shut(self) -> bool {
        self.open == 0
    }

    /// Whether a picture, of which this is the first packet, can be decoded; it may open the gate for others.
    pub(super) const fn admit(&mut self, frame: &FrameInfo) -> bool {
        if frame.keyframe && frame.start && frame.spatial == 0 {
            self.open = u8::MAX;
        } else if frame.layer_sync && self.open > 0 && frame.temporal == self.open {
            self.open += 1;
        }
        frame.temporal < self.open
    }
}
