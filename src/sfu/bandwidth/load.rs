//! Whether as much is sent as the link takes: a sender with less to send learns nothing of the link's limit.

use super::{Bitrate, acked::Load};

const SLOTS: usize = 10;
const SLOT_US: i64 = 100_000;
/// Sending less than this part of the estimate is limited by what there is to send.
const LIMITED: f64 = 0.8;

/// The rate sent over the last second.
#[derive(Debug, Default)]
pub(super) struct SentRate {
    slots: [u64; SLOTS],
    slot: i64,
}

impl SentRate {
    pub(super) fn on_sent(&mut self, now_us: i64, bytes: u32) {
        self.advance(now_us);
        self.slots[self.slot.rem_euclid(SLOTS as i64) as usize] += u64::from(bytes);
    }

    /// The rate over the nine complete slots before now.
    pub(super) fn rate(&mut self, now_us: i64) -> Bitrate {
        self.advance(now_us);
        let current = self.slot.rem_euclid(SLOTS as i64) as usize;
        let bytes: u64 = self.slots.iter().sum::<u64>() - self.slots[current];
        let span_us = SLOT_US * (SLOTS as i64 - 1);
        Bitrate::from_f64(bytes as f64 * 8e6 / span_us as f64)
    }

    pub(super) fn load(&mut self, now_us: i64, estimate: Bitrate) -> Load {
        if self.rate(now_us) < estimate.scaled(LIMITED) {
            Load::Limited
        } else {
            Load::Full
        }
    }

    fn advance(&mut self, now_us: i64) {
        let slot = now_us.div_euclid(SLOT_US);
        let passed = (slot - self.slot).clamp(0, SLOTS as i64);
        for step in 0..passed {
            self.slots[(slot - step).rem_euclid(SLOTS as i64) as usize] = 0;
        }
        self.slot = self.slot.max(slot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_than_the_estimate_is_limited() {
        let mut sent = SentRate::default();
        for packet in 0..200 {
            sent.on_sent(packet * 10_000, 1_000);
        }
        assert_eq!(sent.rate(2_000_000), Bitrate::from_kbps(800));
        assert_eq!(sent.load(2_000_000, Bitrate::from_kbps(900)), Load::Full);
        assert_eq!(
            sent.load(2_000_000, Bitrate::from_kbps(1_100)),
            Load::Limited
        );
        assert_eq!(sent.rate(9_000_000), Bitrate::ZERO);
    }
}
