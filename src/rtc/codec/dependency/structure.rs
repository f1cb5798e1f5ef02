//! The template structure: what frames there can be (A.8.2.3 and following).

use super::{Indication, TARGETS_MAX, bits::Bits};

/// The most templates: their ids have six bits.
const TEMPLATES_MAX: usize = 64;
/// The most frames that one frame refers to directly. The syntax has no bound; encoders refer to eight at most.
pub(super) const REFERENCES_MAX: usize = 32;
/// The most spatial layers, as in AV1.
const SPATIAL_MAX: u8 = 8;

/// A kind of frame.
#[derive(Debug, Clone, Default)]
pub(super) struct Template {
    pub(super) spatial: u8,
    pub(super) temporal: u8,
    /// Two bits a target, from the lowest.
    pub(super) indications: u64,
    pub(super) references: References,
}

/// What the distances to the frames that a frame refers to come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct References {
    /// The nearest, 0 when there is none.
    pub(super) nearest: u32,
    /// The farthest, 0 when there is none.
    pub(super) farthest: u32,
}

/// Everything that a descriptor with few bits refers to.
#[derive(Debug, Clone, Default)]
pub(super) struct Structure {
    pub(super) template_id_offset: u8,
    pub(super) target_count: u8,
    pub(super) chain_count: u8,
    pub(super) templates: Vec<Template>,
    /// The highest spatial and temporal layer of each target.
    pub(super) target_layers: Vec<(u8, u8)>,
    pub(super) resolutions: Vec<(u16, u16)>,
}

impl Structure {
    pub(super) fn parse(bits: &mut Bits<'_>) -> Option<Self> {
        let mut structure = Self {
            template_id_offset: bits.small(6)?,
            target_count: bits.small(5)? + 1,
            ..Self::default()
        };
        structure.layers(bits)?;
        for template in &mut structure.templates {
            template.indications = indications(bits, structure.target_count)?;
        }
        for template in &mut structure.templates {
            let mut count = 0;
            while bits.flag()? {
                template.references.add(bits.bits(4)? + 1, &mut count)?;
            }
        }
        structure.chains(bits)?;
        structure.target_layers = (0..structure.target_count)
            .map(|target| structure.highest_layers(target))
            .collect();
        if bits.flag()? {
            let spatial_max = structure.templates.iter().map(|t| t.spatial).max()?;
            for _ in 0..=spatial_max {
                let (width, height) = (bits.bits(16)?, bits.bits(16)?);
                structure.resolutions.push((size(width), size(height)));
            }
        }
        Some(structure)
    }

    /// The template of an id.
    pub(super) fn template(&self, id: u8) -> Option<&Template> {
        let index = (id + 64 - self.template_id_offset) % 64;
        self.templates.get(usize::from(index))
    }

    fn layers(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        let (mut spatial, mut temporal) = (0, 0);
        loop {
            if self.templates.len() == TEMPLATES_MAX || spatial == SPATIAL_MAX || temporal == 8 {
                return None;
            }
            self.templates.push(Template {
                spatial,
                temporal,
                ..Template::default()
            });
            match bits.bits(2)? {
                0 => {}
                1 => temporal += 1,
                2 => (spatial, temporal) = (spatial + 1, 0),
                _ => return Some(()),
            }
        }
    }

    /// Chains are counted, because a descriptor may have distances for each; nothing here follows them.
    fn chains(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        let count = bits.below(u32::from(self.target_count) + 1)?;
        self.chain_count = u8::try_from(count).expect("TARGETS_MAX at most");
        if count == 0 {
            return Some(());
        }
        for _ in 0..self.target_count {
            bits.below(count)?;
        }
        for _ in 0..self.templates.len() * usize::from(self.chain_count) {
            bits.bits(4)?;
        }
        Some(())
    }

    fn highest_layers(&self, target: u8) -> (u8, u8) {
        let of_target = |template: &&Template| {
            Indication::of(template.indications, target) != Indication::NotPresent
        };
        let members = || self.templates.iter().filter(of_target);
        (
            members().map(|t| t.spatial).max().unwrap_or(0),
            members().map(|t| t.temporal).max().unwrap_or(0),
        )
    }
}

impl References {
    pub(super) fn add(&mut self, distance: u32, count: &mut usize) -> Option<()> {
        *count += 1;
        self.nearest = if self.nearest == 0 {
            distance
        } else {
            self.nearest.min(distance)
        };
        self.farthest = self.farthest.max(distance);
        (*count <= REFERENCES_MAX).then_some(())
    }
}

/// What a frame is to each of `count` targets.
pub(super) fn indications(bits: &mut Bits<'_>, count: u8) -> Option<u64> {
    debug_assert!(usize::from(count) <= TARGETS_MAX, "five bits");
    let mut all = 0;
    for target in 0..count {
        all |= u64::from(bits.bits(2)?) << (2 * target);
    }
    Some(all)
}

fn size(minus_one: u32) -> u16 {
    u16::try_from(minus_one + 1).unwrap_or(u16::MAX)
}
