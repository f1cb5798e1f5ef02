//! The dependency descriptor (RTP payload format for AV1, appendix A).

mod bits;
mod structure;

use bits::Bits;
use structure::{References, Structure};

/// The most decode targets (A.8.2: five bits).
pub const TARGETS_MAX: usize = 32;

/// What is kept of an SSRC between packets: the template structure of its dependency descriptors. Bounded.
#[derive(Debug, Clone, Default)]
pub struct DescriptorState {
    structure: Option<Box<Structure>>,
    active: u32,
}

impl DescriptorState {
    /// The highest layers of each decode target, `(spatial, temporal)`; empty before the first structure.
    #[must_use]
    pub fn targets(&self) -> &[(u8, u8)] {
        self.structure.as_ref().map_or(&[], |s| &s.target_layers)
    }

    /// Width and height of each spatial layer, when the structure says.
    #[must_use]
    pub fn resolutions(&self) -> &[(u16, u16)] {
        self.structure.as_ref().map_or(&[], |s| &s.resolutions)
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

impl Indication {
    const fn of(indications: u64, target: u8) -> Self {
        match (indications >> (2 * target)) & 3 {
            0 => Self::NotPresent,
            1 => Self::Discardable,
            2 => Self::Switch,
            _ => Self::Required,
        }
    }
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
        Indication::of(self.indications, target)
    }

    fn iter(&self) -> impl Iterator<Item = Indication> + '_ {
        (0..self.count).map(|target| self.indication(target))
    }
}

/// What a descriptor says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Described {
    pub(super) start: bool,
    pub(super) end: bool,
    pub(super) frame_number: u16,
    pub(super) spatial: u8,
    pub(super) temporal: u8,
    pub(super) keyframe: bool,
    pub(super) inter_layer: bool,
    pub(super) layer_sync: bool,
    pub(super) discardable: bool,
    pub(super) targets: DecodeTargets,
}

/// Reads the extension's value. Nothing when it is malformed or refers to a structure that was not seen.
pub(super) fn parse(value: &[u8], state: &mut DescriptorState) -> Option<Described> {
    let mut bits = Bits::new(value);
    let (start, end) = (bits.flag()?, bits.flag()?);
    let template_id = bits.small(6)?;
    let frame_number = u16::try_from(bits.bits(16)?).expect("16 bits");
    let mut custom = [false; 3];
    if value.len() > 3 {
        let (has_structure, has_active) = (bits.flag()?, bits.flag()?);
        for custom in &mut custom {
            *custom = bits.flag()?;
        }
        if has_structure {
            let structure = Structure::parse(&mut bits)?;
            state.active = u32::MAX >> (32 - u32::from(structure.target_count));
            state.structure = Some(Box::new(structure));
        }
        if has_active {
            let structure = state.structure.as_ref()?;
            state.active = bits.bits(u32::from(structure.target_count))?;
        }
    }
    let structure = state.structure.as_ref()?;
    let template = structure.template(template_id)?;
    let [custom_indications, custom_references, _] = custom;
    let targets = DecodeTargets {
        count: structure.target_count,
        indications: if custom_indications {
            structure::indications(&mut bits, structure.target_count)?
        } else {
            template.indications
        },
        active: state.active,
    };
    let references = if custom_references {
        references(&mut bits)?
    } else {
        template.references
    };
    let layer = (template.spatial, template.temporal);
    // The layers of a picture are numbered one after the other: what is not farther away than there are layers below is
    // of the same picture.
    let keyframe = references.farthest <= u32::from(template.spatial);
    let switches = |(target, layers): (u8, &(u8, u8))| {
        *layers == layer && targets.indication(target) == Indication::Switch
    };
    Some(Described {
        start,
        end,
        frame_number,
        spatial: template.spatial,
        temporal: template.temporal,
        keyframe,
        inter_layer: (1..=u32::from(template.spatial)).contains(&references.nearest),
        layer_sync: keyframe || (0..).zip(&structure.target_layers).any(switches),
        discardable: targets.iter().any(|i| i == Indication::Discardable)
            && !targets
                .iter()
                .any(|i| matches!(i, Indication::Switch | Indication::Required)),
        targets,
    })
}

/// Rewrites the frame number of a descriptor in place.
pub fn rewrite_frame_number(descriptor: &mut [u8], frame_number: u16) {
    if let Some(bytes) = descriptor.get_mut(1..3) {
        bytes.copy_from_slice(&frame_number.to_be_bytes());
    }
}

/// `frame_fdiffs`: distances of 4, 8 or 12 bits.
fn references(bits: &mut Bits<'_>) -> Option<References> {
    let mut references = References::default();
    let mut count = 0;
    loop {
        let size = bits.bits(2)?;
        if size == 0 {
            return Some(references);
        }
        references.add(bits.bits(4 * size)? + 1, &mut count)?;
    }
}

#[cfg(test)]
mod tests;
