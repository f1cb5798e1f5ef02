//! The dependency descriptor (RTP payload format for AV1, appendix A).

/// The most decode targets (A.8.2: five bits).
pub const TARGETS_MAX: usize = 32;

/// What is kept of an SSRC between packets: the template structure of its dependency descriptors. Bounded.
#[derive(Debug, Clone, Default)]
pub struct DescriptorState {}

impl DescriptorState {
    /// The highest layers of each decode target, `(spatial, temporal)`; empty before the first structure.
    #[must_use]
    pub fn targets(&self) -> &[(u8, u8)] {
        &[]
    }

    /// Width and height of each spatial layer, when the structure says.
    #[must_use]
    pub fn resolutions(&self) -> &[(u16, u16)] {
        &[]
    }
}

/// What a frame is to a decode target (A.8.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indication {
    /// Not part of it.
    NotPresent,
    /// Part of it, and nothing of the target needs it.
    Discardable,
    /// One may switch to the target here.
    Switch,
    /// Part of it, and needed.
    Required,
}

/// What a frame is to every decode target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeTargets {
    count: u8,
    /// Two bits a target, from the lowest.
    indications: u64,
    /// The targets that the sender makes at present, one bit each.
    pub active: u32,
}

impl DecodeTargets {
    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> u8 {
        self.count
    }

    /// What the frame is to one; not present if there is no such target.
    #[must_use]
    pub const fn indication(&self, target: u8) -> Indication {
        if target >= self.count {
            return Indication::NotPresent;
        }
        match (self.indications >> (2 * target)) & 3 {
            0 => Indication::NotPresent,
            1 => Indication::Discardable,
            2 => Indication::Switch,
            _ => Indication::Required,
        }
    }
}

/// Rewrites the frame number of a descriptor in place.
pub fn rewrite_frame_number(descriptor: &mut [u8], frame_number: u16) {
    if let Some(bytes) = descriptor.get_mut(1..3) {
        bytes.copy_from_slice(&frame_number.to_be_bytes());
    }
}
