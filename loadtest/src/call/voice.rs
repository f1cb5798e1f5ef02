//! A microphone: packets like Opus makes them, every 20 ms while its owner speaks, comfort noise every 400 ms otherwise.

use super::floor::{Floor, PACKET_MS, Talk, Turn};
use super::stamp::{Kind, STAMP_BYTES, Stamp, StreamId};

/// Bytes of 20 ms of speech at 32 kbit/s.
const SPEECH_BYTES: usize = 80;
/// Between two packets of comfort noise, microseconds.
const COMFORT_US: u64 = 400_000;
const PACKET_US: u64 = PACKET_MS * 1_000;
/// RTP ticks of a microsecond at 48 kHz, as a ratio.
const TICKS: (u64, u64) = (48, 1_000);
/// The first byte of an Opus packet (RFC 6716 3.1): 20 ms, hybrid, one frame.
const OPUS_TOC: u8 = 0x78;
/// How loud speech and silence are, −dBov (RFC 6464).
const LEVELS: (u8, u8) = (30, 127);

/// One packet of audio to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spoken {
    pub(crate) timestamp: u32,
    /// The first packet of a talk spurt (RFC 3551 4.1).
    pub(crate) marker: bool,
    /// −dBov, 127 is silence.
    pub(crate) level: u8,
    pub(crate) payload: Vec<u8>,
}

/// A microphone and the one who speaks into it.
#[derive(Debug, Clone)]
pub(crate) struct Voice {
    stream: StreamId,
    who: usize,
    start_us: u64,
    turns: Turns,
    sequence: u32,
    spurt: u32,
    part: u16,
    due_us: u64,
}

#[derive(Debug, Clone)]
enum Turns {
    Never,
    Always,
    Of { floor: Floor, next: Turn },
}

impl Voice {
    /// The voice of number `who` of a room whose talk starts at `start_us`.
    pub(crate) fn new(
        stream: StreamId,
        who: usize,
        talk: Talk,
        floor: Floor,
        start_us: u64,
    ) -> Self {
        let turns = match talk {
            Talk::Never => Turns::Never,
            Talk::Always => Turns::Always,
            Talk::Turns => {
                let mut floor = floor;
                let next = next_turn(&mut floor, who);
                Turns::Of { floor, next }
            }
        };
        Self {
            stream,
            who,
            start_us,
            turns,
            sequence: 0,
            spurt: 0,
            part: 0,
            // Spread within the 20 ms, so that a thousand microphones do not beat as one.
            due_us: start_us + u64::from(stream.0) * 7_919 % PACKET_US,
        }
    }

    /// When the next packet falls due.
    pub(crate) const fn due_us(&self) -> u64 {
        self.due_us
    }

    /// Passes over what fell due before `now_us`: its owner comes late to the talk.
    pub(crate) fn skip_to(&mut self, now_us: u64) {
        while self.due_us < now_us {
            self.speak(now_us);
        }
    }

    /// The packet that is due, sent at `now_us`.
    pub(crate) fn speak(&mut self, now_us: u64) -> Spoken {
        let timestamp = ((self.due_us - self.start_us) / PACKET_US * PACKET_US) * TICKS.0 / TICKS.1;
        let at_us = self.due_us - self.start_us;
        let (parts, speaking) = match &self.turns {
            Turns::Never => (1, false),
            Turns::Always => (0, true),
            Turns::Of { next, .. } => (next.packets, at_us >= next.start_us),
        };
        let marker = speaking && self.part == 0;
        let stamp = Stamp {
            stream: self.stream,
            kind: if speaking {
                Kind::Speech
            } else {
                Kind::Comfort
            },
            sequence: self.sequence,
            group: self.spurt,
            part: self.part,
            parts,
            sent_us: now_us,
        };
        self.sequence += 1;
        self.advance(at_us, speaking);
        let mut payload = vec![
            0;
            if speaking {
                SPEECH_BYTES
            } else {
                1 + STAMP_BYTES
            }
        ];
        payload[0] = OPUS_TOC;
        stamp.write(&mut payload[1..]);
        Spoken {
            timestamp: u32::try_from(timestamp & u64::from(u32::MAX)).expect("masked to 32 bits"),
            marker,
            level: if speaking { LEVELS.0 } else { LEVELS.1 },
            payload,
        }
    }

    fn advance(&mut self, at_us: u64, spoke: bool) {
        match &mut self.turns {
            Turns::Never => self.due_us += COMFORT_US,
            Turns::Always => {
                self.part = self.part.saturating_add(1);
                self.due_us += PACKET_US;
            }
            Turns::Of { floor, next } => {
                if spoke {
                    self.part += 1;
                    if self.part == next.packets {
                        self.part = 0;
                        self.spurt += 1;
                        *next = next_turn(floor, self.who);
                    }
                    self.due_us += PACKET_US;
                } else {
                    // On the 20 ms grid: at the latest the first tick of the next turn.
                    let ticks = next.start_us.saturating_sub(at_us).div_ceil(PACKET_US);
                    self.due_us += (ticks.max(1) * PACKET_US).min(COMFORT_US);
                }
            }
        }
    }
}

/// Reads the stamp of an Opus payload.
pub(crate) fn read(payload: &[u8]) -> Option<Stamp> {
    Stamp::read(payload.get(1..)?)
}

fn next_turn(floor: &mut Floor, who: usize) -> Turn {
    floor
        .find(|turn| turn.who == who)
        .expect("turns never end and everyone gets one")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packets(talk: Talk, count: usize) -> Vec<(u64, Spoken, Stamp)> {
        let mut voice = Voice::new(StreamId(3), 1, talk, Floor::new(1, 4), 1_000_000);
        (0..count)
            .map(|_| {
                let due_us = voice.due_us();
                let spoken = voice.speak(due_us);
                let stamp = read(&spoken.payload).expect("stamped");
                (due_us, spoken, stamp)
            })
            .collect()
    }

    #[test]
    fn a_turn_has_as_many_packets_as_it_says_and_a_marker() {
        let all = packets(Talk::Turns, 2_000);
        assert!(
            all.windows(2)
                .all(|w| w[1].2.sequence == w[0].2.sequence + 1)
        );
        let spurt: Vec<_> = all
            .iter()
            .filter(|(_, _, stamp)| stamp.kind == Kind::Speech && stamp.group == 0)
            .collect();
        assert_eq!(spurt.len(), usize::from(spurt[0].2.parts));
        assert!(spurt[0].1.marker && spurt[1..].iter().all(|(_, spoken, _)| !spoken.marker));
        let step = spurt[1].1.timestamp - spurt[0].1.timestamp;
        assert_eq!((step, spurt[1].0 - spurt[0].0), (960, 20_000));
    }

    #[test]
    fn silence_is_sparse() {
        let all = packets(Talk::Turns, 2_000);
        let gaps: Vec<_> = all
            .windows(2)
            .filter(|w| w[0].2.kind == Kind::Comfort)
            .map(|w| w[1].0 - w[0].0)
            .collect();
        assert!(
            gaps.iter()
                .all(|us| *us <= COMFORT_US && us % PACKET_US == 0)
        );
        assert!(gaps.contains(&COMFORT_US));
        assert!(packets(Talk::Never, 9).iter().all(|p| p.1.level == 127));
        assert!(
            packets(Talk::Always, 99)
                .iter()
                .all(|p| p.2.kind == Kind::Speech)
        );
    }
}
