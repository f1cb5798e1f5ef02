//! A listener: which packets of each talk spurt arrived, how late, and what was missing.

use super::floor::PACKET_MS;
use super::stamp::{Kind, Stamp, StreamId};
use super::tally::MediaTally;
use std::collections::HashMap;

/// A packet is of use for so long after it was sent, microseconds.
const PLAYABLE_US: u64 = 200_000;
/// Streams a listener follows at once.
const STREAMS_MAX: usize = 1_024;

/// How a packet came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Copy {
    /// As sent.
    Original,
    /// Inside another packet, or sent again.
    Repair,
}

/// A listener.
#[derive(Debug, Default)]
pub(crate) struct Hearing {
    spurts: HashMap<StreamId, Spurt>,
    /// Talk spurts from before are under way already.
    began_us: u64,
}

/// A talk spurt as far as it was heard.
#[derive(Debug)]
struct Spurt {
    group: u32,
    parts: u16,
    first: u16,
    last: u16,
    heard: Bits,
    playable: u64,
    last_us: u64,
    gap_us: u64,
}

impl Hearing {
    /// A packet of audio arrived.
    pub(crate) fn take(&mut self, stamp: &Stamp, copy: Copy, now_us: u64, tally: &mut MediaTally) {
        if stamp.kind != Kind::Speech {
            return;
        }
        if let Some(spurt) = self.spurts.get_mut(&stamp.stream) {
            if stamp.group < spurt.group {
                return;
            }
            if stamp.group == spurt.group {
                spurt.take(stamp, copy, now_us, tally);
                return;
            }
        } else if self.spurts.len() >= STREAMS_MAX {
            return;
        }
        let mut spurt = Spurt::new(stamp, now_us);
        // What was spoken before the first packet heard went by unheard.
        let begin_us = stamp
            .sent_us
            .saturating_sub(u64::from(stamp.part) * PACKET_MS * 1_000);
        if begin_us >= self.began_us {
            tally.spurt_heard.record(now_us.saturating_sub(begin_us));
            tally.spurts_heard += 1;
        }
        spurt.take(stamp, copy, now_us, tally);
        if let Some(ended) = self.spurts.insert(stamp.stream, spurt) {
            ended.close(stamp.stream, true, tally);
        }
    }

    /// A measurement begins.
    pub(crate) fn begin(&mut self, now_us: u64) {
        self.began_us = now_us;
    }

    /// Counts what is still open: nothing more will be heard.
    pub(crate) fn finish(&mut self, tally: &mut MediaTally) {
        for (stream, spurt) in self.spurts.drain() {
            spurt.close(stream, false, tally);
        }
    }
}

impl Spurt {
    fn new(stamp: &Stamp, now_us: u64) -> Self {
        Self {
            group: stamp.group,
            parts: stamp.parts,
            first: stamp.part,
            last: stamp.part,
            heard: Bits::default(),
            playable: 0,
            last_us: now_us,
            gap_us: 0,
        }
    }

    fn take(&mut self, stamp: &Stamp, copy: Copy, now_us: u64, tally: &mut MediaTally) {
        // An older packet than the first may come later, as redundancy.
        if stamp.part < self.first || !self.heard.set(stamp.part) {
            return;
        }
        let latency_us = now_us.saturating_sub(stamp.sent_us);
        tally.audio_latency.record(latency_us);
        self.playable += u64::from(latency_us <= PLAYABLE_US);
        tally.audio_repaired += u64::from(copy == Copy::Repair);
        self.last = self.last.max(stamp.part);
        self.gap_us = self.gap_us.max(now_us.saturating_sub(self.last_us));
        self.last_us = now_us;
    }

    /// `ended`: the next spurt has begun, so that this one was sent to its end.
    fn close(self, stream: StreamId, ended: bool, tally: &mut MediaTally) {
        let end = if ended && self.parts > 0 {
            self.parts
        } else {
            self.last + 1
        };
        let expected = u64::from(end - self.first);
        tally.audio_expected += expected;
        let lost = expected - self.heard.count();
        tally.audio_lost += lost;
        tally.lost(stream, lost);
        tally.audio_playable += self.playable;
        tally.audio_gap.record(self.gap_us);
    }
}

/// A set of small numbers.
#[derive(Debug, Default)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    /// Adds one; false when it was there.
    pub(super) fn set(&mut self, bit: u16) -> bool {
        let (word, mask) = (usize::from(bit / 64), 1 << (bit % 64));
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        let new = self.0[word] & mask == 0;
        self.0[word] |= mask;
        new
    }

    /// How many are in it.
    pub(super) fn count(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(group: u32, part: u16) -> Stamp {
        Stamp {
            stream: StreamId(1),
            kind: Kind::Speech,
            sequence: 0,
            group,
            part,
            parts: 10,
            sent_us: u64::from(group) * 1_000_000 + u64::from(part) * 20_000,
        }
    }

    fn hear(packets: &[(u32, u16, u64, Copy)]) -> MediaTally {
        let (mut hearing, mut tally) = (Hearing::default(), MediaTally::default());
        for (group, part, late_us, copy) in packets {
            let stamp = stamp(*group, *part);
            hearing.take(&stamp, *copy, stamp.sent_us + late_us, &mut tally);
        }
        hearing.finish(&mut tally);
        tally
    }

    #[test]
    fn a_whole_spurt_loses_nothing() {
        let whole: Vec<_> = (0..10).map(|n| (0, n, 500, Copy::Original)).collect();
        let tally = hear(&whole);
        assert_eq!((tally.audio_expected, tally.audio_lost), (10, 0));
        assert_eq!(tally.audio_playable_percent(), Some(100.0));
    }

    #[test]
    fn the_lost_end_of_a_spurt_counts_and_the_unheard_beginning_does_not() {
        let mut some: Vec<_> = (4..8).map(|n| (0, n, 500, Copy::Original)).collect();
        some.push((1, 0, 500, Copy::Original));
        let tally = hear(&some);
        assert_eq!((tally.audio_expected, tally.audio_lost), (6 + 1, 2));
        assert!(tally.spurt_heard.at(1.0).is_some_and(|ms| ms > 80.0));
    }

    #[test]
    fn redundancy_repairs_once_and_what_is_late_cannot_be_played() {
        let tally = hear(&[
            (0, 0, 500, Copy::Original),
            (0, 2, 500, Copy::Original),
            (0, 1, 20_500, Copy::Repair),
            (0, 1, 40_500, Copy::Repair),
            (0, 3, 250_000, Copy::Original),
        ]);
        assert_eq!((tally.audio_expected, tally.audio_lost), (4, 0));
        assert_eq!((tally.audio_repaired, tally.audio_playable), (1, 3));
    }

    #[test]
    fn comfort_noise_is_not_speech() {
        let (mut hearing, mut tally) = (Hearing::default(), MediaTally::default());
        let mut stamp = stamp(0, 0);
        stamp.kind = Kind::Comfort;
        hearing.take(&stamp, Copy::Original, 5, &mut tally);
        hearing.finish(&mut tally);
        assert_eq!((tally.audio_expected, tally.spurts_heard), (0, 0));
    }
}
