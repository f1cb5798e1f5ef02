//! A viewer of one slot: which frames could be shown, when the picture froze, when it changed to another stream.

use super::hearing::Bits;
use super::stamp::{Kind, Stamp, StreamId};
use super::tally::MediaTally;
use std::collections::{BTreeMap, VecDeque};

/// Frames kept open for their missing packets.
const FRAMES_OPEN_MAX: usize = 90;
/// Times between frames of which the mean is taken.
const INTERVALS: usize = 30;
/// A pause this much longer than the mean is a freeze, if it is also three times the mean.
const FREEZE_US: u64 = 150_000;
/// Changes are counted over this time.
const SWITCHES_US: u64 = 10_000_000;
/// Changes remembered.
const SWITCHES_MAX: usize = 1_024;

/// A viewer.
#[derive(Debug)]
pub(crate) struct Watching {
    /// When the join was sent, for the time to the first frame.
    joined_us: Option<u64>,
    stay: Option<Stay>,
    /// The stream before, and its last packet: stragglers of it are no change back.
    before: Option<(StreamId, u32)>,
    shown_us: Option<u64>,
    intervals: VecDeque<u64>,
    switched_us: VecDeque<u64>,
}

/// A stay with one stream.
#[derive(Debug)]
struct Stay {
    stream: StreamId,
    first: u32,
    last: u32,
    packets: u64,
    open: BTreeMap<u32, Frame>,
    /// Frames up to this one are shown, given up or from before.
    done: Option<u32>,
    broken: bool,
}

#[derive(Debug)]
struct Frame {
    keyframe: bool,
    parts: u16,
    seen: Bits,
}

impl Watching {
    /// A viewer whose join was sent at `joined_us`.
    pub(crate) fn new(joined_us: u64) -> Self {
        Self {
            joined_us: Some(joined_us),
            stay: None,
            before: None,
            shown_us: None,
            intervals: VecDeque::new(),
            switched_us: VecDeque::new(),
        }
    }

    /// A packet of video arrived.
    pub(crate) fn take(&mut self, stamp: &Stamp, now_us: u64, tally: &mut MediaTally) {
        if self
            .before
            .is_some_and(|(stream, last)| stream == stamp.stream && stamp.sequence <= last)
        {
            return;
        }
        if self
            .stay
            .as_ref()
            .is_none_or(|stay| stay.stream != stamp.stream)
        {
            self.switch(stamp, now_us, tally);
        }
        let stay = self.stay.as_mut().expect("just made");
        if !stay.take(stamp) {
            return;
        }
        tally
            .video_latency
            .record(now_us.saturating_sub(stamp.sent_us));
        for _ in 0..stay.ready(tally) {
            self.show(now_us, tally);
        }
    }

    /// Whether the picture waits for a key frame.
    pub(crate) fn needs_keyframe(&self) -> bool {
        self.stay.as_ref().is_some_and(|stay| stay.broken)
    }

    /// Counts what is still open: nothing more will be seen.
    pub(crate) fn finish(&mut self, tally: &mut MediaTally) {
        if let Some(stay) = self.stay.take() {
            stay.close(tally);
        }
        let switched_us = std::mem::take(&mut self.switched_us);
        tally.switches += switched_us.len() as u64;
        let within = |from: &u64| {
            let inside = |at: &&u64| **at >= *from && **at < *from + SWITCHES_US;
            switched_us.iter().filter(inside).count() as u64
        };
        let most = switched_us.iter().map(within).max().unwrap_or(0);
        tally.switches_in_10_s_max = tally.switches_in_10_s_max.max(most);
    }

    fn switch(&mut self, stamp: &Stamp, now_us: u64, tally: &mut MediaTally) {
        if let Some(stay) = self.stay.take() {
            self.before = Some((stay.stream, stay.last));
            stay.close(tally);
            if self.switched_us.len() == SWITCHES_MAX {
                self.switched_us.pop_front();
            }
            self.switched_us.push_back(now_us);
        }
        self.stay = Some(Stay {
            stream: stamp.stream,
            first: stamp.sequence,
            last: stamp.sequence,
            packets: 0,
            open: BTreeMap::new(),
            done: None,
            broken: false,
        });
    }

    fn show(&mut self, now_us: u64, tally: &mut MediaTally) {
        tally.frames_shown += 1;
        if let Some(joined_us) = self.joined_us.take() {
            tally.first_frame.record(now_us.saturating_sub(joined_us));
        }
        if let Some(shown_us) = self.shown_us {
            let pause_us = now_us.saturating_sub(shown_us);
            let count = self.intervals.len().max(1) as u64;
            let mean_us = self.intervals.iter().sum::<u64>() / count;
            let bound_us = (3 * mean_us).max(mean_us + FREEZE_US);
            if self.intervals.len() == INTERVALS && pause_us > bound_us {
                tally.freezes += 1;
                tally.freeze.record(pause_us);
            }
            if self.intervals.len() == INTERVALS {
                self.intervals.pop_front();
            }
            self.intervals.push_back(pause_us);
        }
        self.shown_us = Some(now_us);
    }
}

impl Stay {
    /// Notes a packet; false when it is of no more use, or came before.
    fn take(&mut self, stamp: &Stamp) -> bool {
        if self.done.is_some_and(|done| stamp.group <= done) {
            return false;
        }
        let frame = self.open.entry(stamp.group).or_insert_with(|| Frame {
            keyframe: stamp.kind == Kind::KeyFrame,
            parts: stamp.parts,
            seen: Bits::default(),
        });
        if !frame.seen.set(stamp.part) {
            return false;
        }
        self.first = self.first.min(stamp.sequence);
        self.last = self.last.max(stamp.sequence);
        self.packets += 1;
        true
    }

    /// How many frames can be shown now.
    fn ready(&mut self, tally: &mut MediaTally) -> u64 {
        let mut shown = 0;
        loop {
            let next = self.done.map(|done| done + 1);
            let follows = |group: u32, frame: &Frame| frame.keyframe || Some(group) == next;
            let ready = self
                .open
                .iter()
                .find(|(group, frame)| frame.whole() && follows(**group, frame))
                .map(|(group, _)| *group);
            let Some(group) = ready else {
                break;
            };
            self.skip_to(group, tally);
            self.open.remove(&group);
            self.done = Some(group);
            shown += 1;
            self.broken = false;
        }
        while self.open.len() > FRAMES_OPEN_MAX {
            let (group, _) = self.open.first_key_value().expect("it is not empty");
            let group = *group;
            self.skip_to(group + 1, tally);
            self.done = Some(group);
        }
        self.broken |= self.open.len() > 2;
        shown
    }

    /// Gives up on every frame before `group`.
    fn skip_to(&mut self, group: u32, tally: &mut MediaTally) {
        let rest = self.open.split_off(&group);
        let given_up = std::mem::replace(&mut self.open, rest);
        let partial = given_up.values().filter(|frame| !frame.whole()).count() as u64;
        tally.frames_partial += partial;
        if let Some(done) = self.done {
            let between = u64::from(group.saturating_sub(done + 1));
            tally.frames_absent += between.saturating_sub(given_up.len() as u64);
        }
    }

    fn close(self, tally: &mut MediaTally) {
        let expected = u64::from(self.last - self.first) + 1;
        tally.video_expected += expected;
        let lost = expected.saturating_sub(self.packets);
        tally.video_lost += lost;
        tally.lost(self.stream, lost);
    }
}

impl Frame {
    fn whole(&self) -> bool {
        self.seen.count() == u64::from(self.parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of two packets each, 30 a second.
    fn packet(stream: u32, group: u32, part: u16, kind: Kind) -> Stamp {
        Stamp {
            stream: StreamId(stream),
            kind,
            sequence: 2 * group + u32::from(part),
            group,
            part,
            parts: 2,
            sent_us: u64::from(group) * 33_000,
        }
    }

    fn watch(packets: impl IntoIterator<Item = Stamp>) -> MediaTally {
        let (mut watching, mut tally) = (Watching::new(0), MediaTally::default());
        for stamp in packets {
            watching.take(&stamp, stamp.sent_us + 1_000, &mut tally);
        }
        watching.finish(&mut tally);
        tally
    }

    fn frames(stream: u32, groups: std::ops::Range<u32>) -> impl Iterator<Item = Stamp> {
        let key = groups.start;
        groups.flat_map(move |group| {
            let kind = if group == key {
                Kind::KeyFrame
            } else {
                Kind::DeltaFrame
            };
            [
                packet(stream, group, 0, kind),
                packet(stream, group, 1, kind),
            ]
        })
    }

    #[test]
    fn whole_frames_are_shown_without_a_freeze() {
        let tally = watch(frames(1, 0..100));
        assert_eq!((tally.frames_shown, tally.freezes), (100, 0));
        assert_eq!(
            (tally.video_loss_percent(), tally.first_frame.count()),
            (Some(0.0), 1)
        );
    }

    #[test]
    fn a_lost_packet_freezes_the_picture_until_the_next_key_frame() {
        let lossy = frames(1, 0..50).filter(|s| (s.group, s.part) != (40, 0));
        let tally = watch(lossy.chain(frames(1, 50..60)));
        assert_eq!((tally.frames_shown, tally.freezes), (50, 1));
        assert_eq!((tally.frames_partial, tally.video_lost), (1, 1));
    }

    #[test]
    fn a_whole_frame_dropped_is_absent_and_not_partial() {
        let dropped = frames(1, 0..50).filter(|s| s.group != 40);
        let tally = watch(dropped.chain(frames(1, 50..60)));
        assert_eq!((tally.frames_partial, tally.frames_absent), (0, 1));
        assert_eq!(tally.video_lost, 2);
    }

    #[test]
    fn a_repaired_packet_loses_nothing() {
        let mut packets: Vec<_> = frames(1, 0..50).collect();
        let repaired = packets.remove(40);
        packets.insert(44, repaired);
        packets.push(repaired);
        let tally = watch(packets);
        assert_eq!((tally.frames_shown, tally.video_lost), (50, 0));
        assert_eq!(tally.video_latency.count(), 100);
    }

    #[test]
    fn a_change_of_layer_is_counted_once_despite_stragglers() {
        let mut packets: Vec<_> = frames(1, 0..40).collect();
        let straggler = packets.remove(77);
        packets.extend(frames(2, 40..80));
        packets.insert(80, straggler);
        let tally = watch(packets);
        assert_eq!((tally.switches, tally.switches_in_10_s_max), (1, 1));
        assert_eq!(tally.freezes, 0);
    }
}
