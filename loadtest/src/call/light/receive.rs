//! What a light client receives: the streams of its slots, what is missing of them, and the feedback they deserve.

use super::super::hearing::Copy;
use super::super::kit::{Arrived, Opens};
use super::super::{voice, vp8};
use super::repair::Missing;
use super::rtcp::Block;
use super::rtp::Read;
use super::sdp::pt;
use greenroom::rtc::session::Session;
use std::collections::HashMap;

/// Of the video that is not measured, one packet in so many is decrypted all the same.
const SAMPLE: u32 = 64;

/// The streams of all slots.
#[derive(Debug, Default)]
pub(super) struct Receivers(HashMap<u32, Receiver>);

#[derive(Debug)]
struct Receiver {
    slot: Slot,
    missing: Missing,
    stats: Stats,
}

/// Where a stream belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Audio,
    Video(usize),
    /// Retransmissions of another stream.
    Repair {
        slot: usize,
        media: u32,
    },
}

/// RFC 3550 6.4.1 and A.3.
#[derive(Debug, Default)]
struct Stats {
    first: Option<u64>,
    highest: u64,
    received: u64,
    reported: [u64; 2],
    report_middle: u32,
    report_at_us: u64,
}

impl Receivers {
    /// Adds a stream.
    pub(super) fn add(&mut self, ssrc: u32, slot: Slot) {
        let receiver = Receiver {
            slot,
            missing: Missing::default(),
            stats: Stats::default(),
        };
        self.0.insert(ssrc, receiver);
    }

    /// Opens a packet in place and reads it; redundant audio may hold more than one.
    pub(super) fn take(
        &mut self,
        session: &mut Session,
        packet: &mut [u8],
        header: &Read,
        opens: Opens,
        now_us: u64,
        take: &mut dyn FnMut(Arrived),
    ) {
        let Some(receiver) = self.0.get_mut(&header.ssrc) else {
            return take(Arrived::Bad);
        };
        receiver.stats.arrived(header.sequence);
        receiver.missing.arrived(header.sequence, now_us);
        let slot = receiver.slot;
        let sampled = receiver.stats.received % u64::from(SAMPLE) == 1;
        // A sink sees only what its full socket leaves: nothing can be told from it.
        let judged = match opens {
            Opens::Everything => true,
            Opens::Audio => slot == Slot::Audio || sampled,
            Opens::Nothing => false,
        };
        if !judged {
            return take(Arrived::Unread);
        }
        let Ok(opened) = session.open_rtp(packet, header.len) else {
            return take(Arrived::Bad);
        };
        if opens != Opens::Everything && slot != Slot::Audio {
            // The sample was authentic; a viewer would take the rest for lost.
            return take(Arrived::Unread);
        }
        let payload = &packet[opened.payload];
        match slot {
            Slot::Audio if header.payload_type == pt::RED => redundant(payload, take),
            Slot::Audio => take(audio(payload, Copy::Original, header.padding)),
            Slot::Video(slot) => take(video(payload, slot, header.padding)),
            Slot::Repair { slot, media } => {
                let Some((original, payload)) = payload.split_first_chunk() else {
                    return take(Arrived::Unread);
                };
                if let Some(receiver) = self.0.get_mut(&media) {
                    let original = u16::from_be_bytes(*original);
                    receiver.missing.arrived(original, now_us);
                }
                // A probe may repeat anything, or nothing.
                take(video(payload, slot, true));
            }
        }
    }

    /// A sender report came.
    pub(super) fn reported(&mut self, ssrc: u32, middle: u32, now_us: u64) {
        if let Some(receiver) = self.0.get_mut(&ssrc) {
            receiver.stats.report_middle = middle;
            receiver.stats.report_at_us = now_us;
        }
    }

    /// What to ask for again, by stream.
    pub(super) fn missing(&mut self, now_us: u64) -> impl Iterator<Item = (u32, Vec<u16>)> + '_ {
        self.0.iter_mut().filter_map(move |(ssrc, receiver)| {
            let due = receiver.missing.due(now_us);
            let asks = !matches!(receiver.slot, Slot::Repair { .. }) && !due.is_empty();
            asks.then_some((*ssrc, due))
        })
    }

    /// The report of each stream that is live.
    pub(super) fn blocks(&mut self, now_us: u64) -> Vec<Block> {
        let streams = self.0.iter_mut();
        streams
            .filter_map(|(ssrc, receiver)| receiver.stats.block(*ssrc, now_us))
            .collect()
    }

    /// The media stream of the n-th video slot.
    pub(super) fn video(&self, slot: usize) -> Option<u32> {
        let found = self.0.iter().find(|(_, r)| r.slot == Slot::Video(slot));
        found.map(|(ssrc, _)| *ssrc)
    }
}

impl Stats {
    fn arrived(&mut self, sequence: u16) {
        self.received += 1;
        let Some(_) = self.first else {
            self.first = Some(u64::from(sequence) + (1 << 16));
            self.highest = u64::from(sequence) + (1 << 16);
            return;
        };
        let low = u16::try_from(self.highest & 0xFFFF).expect("masked to 16 bits");
        let step = sequence.wrapping_sub(low).cast_signed();
        self.highest = self
            .highest
            .max(self.highest.saturating_add_signed(i64::from(step)));
    }

    fn block(&mut self, ssrc: u32, now_us: u64) -> Option<Block> {
        let expected = self.highest - self.first? + 1;
        let [expected_before, received_before] = self.reported;
        let (due, came) = (expected - expected_before, self.received - received_before);
        self.reported = [expected, self.received];
        let fraction = (due.saturating_sub(came) * 256)
            .checked_div(due)
            .unwrap_or(0);
        let since = match self.report_at_us {
            0 => 0,
            at_us => now_us.saturating_sub(at_us) * 65_536 / 1_000_000,
        };
        Some(Block {
            ssrc,
            fraction: u8::try_from(fraction).unwrap_or(u8::MAX),
            lost: u32::try_from(expected.saturating_sub(self.received)).unwrap_or(0xFF_FFFF),
            highest: u32::try_from(self.highest & 0xFFFF_FFFF).expect("masked to 32 bits"),
            jitter: 0,
            last_report: [self.report_middle, u32::try_from(since).unwrap_or(0)],
        })
    }
}

fn audio(payload: &[u8], copy: Copy, maybe_empty: bool) -> Arrived {
    match voice::read(payload) {
        Some(stamp) => Arrived::Audio { stamp, copy },
        None if maybe_empty => Arrived::Unread,
        None => Arrived::Bad,
    }
}

fn video(payload: &[u8], slot: usize, maybe_empty: bool) -> Arrived {
    match vp8::read(payload) {
        Some(stamp) => Arrived::Video { slot, stamp },
        None if maybe_empty => Arrived::Unread,
        None => Arrived::Bad,
    }
}

/// RFC 2198 3: headers of four bytes with the F bit, then the primary's single byte; blocks follow in that order.
fn redundant(payload: &[u8], take: &mut dyn FnMut(Arrived)) {
    let mut lens = Vec::new();
    let mut at = 0;
    loop {
        match payload.get(at..) {
            Some([first, _, high, low, ..]) if first & 0x80 != 0 => {
                lens.push(usize::from(u16::from_be_bytes([*high, *low]) & 0x3FF));
                at += 4;
            }
            Some([first, ..]) if first & 0x80 == 0 => {
                at += 1;
                break;
            }
            _ => return take(Arrived::Bad),
        }
    }
    // The primary first: it is the one that is new.
    let primary = at + lens.iter().sum::<usize>();
    take(audio(
        payload.get(primary..).unwrap_or_default(),
        Copy::Original,
        false,
    ));
    for len in lens {
        let block = payload.get(at..at + len).unwrap_or_default();
        at += len;
        if len > 0 {
            take(audio(block, Copy::Repair, false));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::floor::{Floor, Talk};
    use super::super::super::stamp::StreamId;
    use super::super::super::voice::Voice;
    use super::*;

    #[test]
    fn redundant_audio_holds_the_packets_before() {
        let mut voice = Voice::new(StreamId(1), 0, Talk::Always, Floor::new(1, 1), 0);
        let [old, new] = [voice.speak(5).payload, voice.speak(6).payload];
        let mut payload = vec![0x80 | 111, 0, 0, 0];
        payload[2..4].copy_from_slice(&u16::try_from(old.len()).expect("short").to_be_bytes());
        payload.push(111);
        payload.extend_from_slice(&old);
        payload.extend_from_slice(&new);
        let mut seen = Vec::new();
        redundant(&payload, &mut |arrived| match arrived {
            Arrived::Audio { stamp, copy } => seen.push((stamp.sequence, copy)),
            other => panic!("{other:?}"),
        });
        assert_eq!(seen, [(1, Copy::Original), (0, Copy::Repair)]);
    }

    #[test]
    fn a_report_says_what_was_lost_since_the_last() {
        let mut stats = Stats::default();
        for sequence in [65_534, 65_535, 1, 2] {
            stats.arrived(sequence);
        }
        let block = stats.block(9, 0).expect("something came");
        assert_eq!((block.lost, block.fraction), (1, 51));
        stats.arrived(3);
        assert_eq!(
            stats.block(9, 0).map(|b| (b.lost, b.fraction)),
            Some((1, 0))
        );
    }
}
