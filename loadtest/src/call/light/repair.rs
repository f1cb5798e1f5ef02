//! Which packets of a stream are missing, and when to ask for them again.

use std::collections::BTreeMap;

/// A gap larger than this is a restart, not a loss.
const GAP_MAX: u64 = 500;
/// Missing packets remembered.
const MISSING_MAX: usize = 500;
/// Times a packet is asked for.
const TIMES_MAX: u8 = 8;
/// Between two times, microseconds: above the round trip of the links that are tested.
const AGAIN_US: u64 = 70_000;
/// A gap may be reordering: wait so long before asking, microseconds.
const PATIENCE_US: u64 = 5_000;

/// The missing packets of one stream.
#[derive(Debug, Default)]
pub(super) struct Missing {
    highest: Option<u64>,
    gaps: BTreeMap<u64, (u8, u64)>,
}

impl Missing {
    /// A packet arrived.
    pub(super) fn arrived(&mut self, sequence: u16, now_us: u64) {
        let Some(highest) = self.highest else {
            self.highest = Some(u64::from(sequence) + (1 << 16));
            return;
        };
        let step = sequence.wrapping_sub(low(highest)).cast_signed();
        let index = highest.saturating_add_signed(i64::from(step));
        if index <= highest {
            self.gaps.remove(&index);
            return;
        }
        if index - highest <= GAP_MAX {
            for lost in highest + 1..index {
                self.gaps.insert(lost, (0, now_us + PATIENCE_US));
            }
        } else {
            self.gaps.clear();
        }
        self.highest = Some(index);
        while self.gaps.len() > MISSING_MAX {
            self.gaps.pop_first();
        }
    }

    /// Those to be asked for now.
    pub(super) fn due(&mut self, now_us: u64) -> Vec<u16> {
        self.gaps.retain(|_, (times, _)| *times < TIMES_MAX);
        let mut due = Vec::new();
        for (index, (times, at_us)) in &mut self.gaps {
            if *at_us <= now_us {
                *times += 1;
                *at_us = now_us + AGAIN_US;
                due.push(low(*index));
            }
        }
        due
    }
}

fn low(index: u64) -> u16 {
    u16::try_from(index & 0xFFFF).expect("masked to 16 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_asked_for_until_it_is_filled() {
        let mut missing = Missing::default();
        for sequence in [65_533, 65_534, 1] {
            missing.arrived(sequence, 0);
        }
        assert_eq!(missing.due(0), [0_u16; 0]);
        assert_eq!(missing.due(PATIENCE_US), [65_535, 0]);
        missing.arrived(65_535, 6_000);
        assert_eq!(missing.due(6_000), [0_u16; 0]);
        assert_eq!(missing.due(PATIENCE_US + AGAIN_US), [0]);
        let times = (0..20)
            .filter(|n| !missing.due(n * 1_000_000).is_empty())
            .count();
        assert_eq!(times, usize::from(TIMES_MAX) - 2);
    }

    #[test]
    fn a_jump_is_no_loss() {
        let mut missing = Missing::default();
        missing.arrived(0, 0);
        missing.arrived(5_000, 0);
        assert_eq!(missing.due(1_000_000), [0_u16; 0]);
    }
}
