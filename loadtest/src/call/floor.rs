//! Who speaks when in a room: one at a time, decided by the seed.

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// Milliseconds of speech in one packet.
pub(crate) const PACKET_MS: u64 = 20;
/// Packets of a turn: 1 to 4 seconds.
const TURN_PACKETS: std::ops::RangeInclusive<u16> = 50..=200;
/// Silence between turns, milliseconds.
const PAUSE_MS: std::ops::RangeInclusive<u64> = 200..=500;

/// How long people speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Talk {
    /// In turns, one at a time, silent otherwise.
    Turns,
    /// Everyone without end.
    Always,
    /// Nobody.
    Never,
}

/// One turn to speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn {
    /// Place of the speaker in its room.
    pub(crate) who: usize,
    /// Since the start of the talk, microseconds.
    pub(crate) start_us: u64,
    /// Packets of it.
    pub(crate) packets: u16,
}

/// The turns of a room without end. Everyone in the room may follow along with a copy of their own.
#[derive(Debug, Clone)]
pub(crate) struct Floor {
    random: SmallRng,
    participants: usize,
    last: usize,
    at_us: u64,
}

impl Floor {
    /// The turns of a room of so many.
    pub(crate) fn new(seed: u64, participants: usize) -> Self {
        Self {
            random: SmallRng::seed_from_u64(seed),
            participants: participants.max(1),
            last: 0,
            at_us: 0,
        }
    }
}

impl Iterator for Floor {
    type Item = Turn;

    fn next(&mut self) -> Option<Turn> {
        let pause_us = self.random.random_range(PAUSE_MS) * 1_000;
        let packets = self.random.random_range(TURN_PACKETS);
        // Someone else than the last speaker, so that every turn is a change.
        let step = self.random.random_range(1..self.participants.max(2));
        let who = (self.last + step) % self.participants;
        let turn = Turn {
            who,
            start_us: self.at_us + pause_us,
            packets,
        };
        self.last = who;
        self.at_us = turn.start_us + u64::from(packets) * PACKET_MS * 1_000;
        Some(turn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_follow_each_other_and_change_hands() {
        let turns: Vec<_> = Floor::new(5, 10).take(200).collect();
        for pair in turns.windows(2) {
            let end = pair[0].start_us + u64::from(pair[0].packets) * PACKET_MS * 1_000;
            assert!(pair[1].start_us >= end + PAUSE_MS.start() * 1_000);
            assert_ne!(pair[0].who, pair[1].who);
        }
        assert!((0..10).all(|who| turns.iter().any(|turn| turn.who == who)));
        assert_eq!(turns, Floor::new(5, 10).take(200).collect::<Vec<_>>());
        assert!(Floor::new(1, 1).take(5).all(|turn| turn.who == 0));
    }
}
