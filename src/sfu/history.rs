//! The newest packets of one encoding, by index: for slots that begin a little late and for repair.

use super::{MediaKind, packet::Packet};
use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

/// The most packets: a second of 10 Mbit/s.
const PACKETS_MAX: usize = 1_024;
/// The most bytes.
const BYTES_MAX: usize = 2 * 1024 * 1024;
const VIDEO_AGE_MAX: Duration = Duration::from_secs(1);
const AUDIO_AGE_MAX: Duration = Duration::from_millis(500);

/// A ring bounded in time, packets and bytes, in the order of indices.
#[derive(Debug)]
pub struct History {
    age_max: Duration,
    packets: VecDeque<Arc<Packet>>,
    bytes: usize,
}

impl History {
    /// Empty.
    #[must_use]
    pub const fn new(kind: MediaKind) -> Self {
        Self {
            age_max: match kind {
                MediaKind::Video => VIDEO_AGE_MAX,
                MediaKind::Audio => AUDIO_AGE_MAX,
            },
            packets: VecDeque::new(),
            bytes: 0,
        }
    }

    /// Keeps a packet and forgets what is too old. A packet of another SSRC than those before begins anew.
    pub fn insert(&mut self, now: Instant, packet: Arc<Packet>) {
        if self
            .packets
            .back()
            .is_some_and(|last| last.ssrc != packet.ssrc)
        {
            self.packets.clear();
            self.bytes = 0;
        }
        self.bytes += packet.bytes();
        let before = self
            .packets
            .partition_point(|other| other.index < packet.index);
        match self.packets.get_mut(before) {
            None => self.packets.push_back(packet),
            Some(same) if same.index == packet.index => {
                self.bytes -= same.bytes();
                *same = packet;
            }
            Some(_) => self.packets.insert(before, packet),
        }
        while self.packets.len() > PACKETS_MAX || self.bytes > BYTES_MAX || self.is_old(now) {
            let Some(oldest) = self.packets.pop_front() else {
                break;
            };
            self.bytes -= oldest.bytes();
        }
    }

    fn is_old(&self, now: Instant) -> bool {
        self.packets
            .front()
            .is_some_and(|first| now.saturating_duration_since(first.arrived) > self.age_max)
    }

    /// The packet of an index.
    #[must_use]
    pub fn get(&self, index: u64) -> Option<&Arc<Packet>> {
        let at = self
            .packets
            .binary_search_by_key(&index, |packet| packet.index);
        self.packets.get(at.ok()?)
    }

    /// Packets from an index on, in order.
    pub fn since(&self, index: u64) -> impl Iterator<Item = &Arc<Packet>> {
        let first = self.packets.partition_point(|packet| packet.index < index);
        self.packets.range(first..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sfu::packet::sample::Publisher;

    fn kept(history: &History) -> Vec<u64> {
        history.since(0).map(|packet| packet.index).collect()
    }

    #[test]
    fn packets_are_in_order_and_found() {
        let now = Instant::now();
        let mut history = History::new(MediaKind::Video);
        let picture = Publisher::camera(1, 0, now).keyframe(now, 5);
        for at in [0, 3, 1, 4, 1] {
            history.insert(now, Arc::clone(&picture[at]));
        }
        let first = picture[0].index;
        assert_eq!(kept(&history), [first, first + 1, first + 3, first + 4]);
        assert_eq!(history.since(first + 2).count(), 2);
        assert!(history.get(first + 2).is_none());
        assert_eq!(history.get(first + 3), Some(&picture[3]));
    }

    #[test]
    fn it_is_bounded_in_time_packets_and_bytes() {
        let start = Instant::now();
        for (kind, seconds) in [(MediaKind::Video, 1.0), (MediaKind::Audio, 0.5)] {
            let mut history = History::new(kind);
            let mut publisher = Publisher::camera(1, 0, start);
            for ms in 0..3_000 {
                let now = start + Duration::from_millis(ms);
                history.insert(now, publisher.layer(now, 1, 0).remove(0));
                let oldest = history.packets.front().expect("just inserted").arrived;
                assert!((now - oldest).as_secs_f32() <= seconds);
            }
            assert!(kept(&history).len() >= 500);
        }
        let mut history = History::new(MediaKind::Video);
        let mut publisher = Publisher::camera(1, 0, start);
        for packet in publisher.keyframe(start, 3_000) {
            history.insert(start, packet);
        }
        assert_eq!(history.packets.len(), PACKETS_MAX);
        publisher.next.payload = bytes::Bytes::from(vec![0; 60_000]);
        for packet in publisher.keyframe(start, 100) {
            history.insert(start, packet);
            assert!(history.bytes <= BYTES_MAX);
        }
        let bytes: usize = history.packets.iter().map(|packet| packet.bytes()).sum();
        assert_eq!(history.bytes, bytes);
    }

    #[test]
    fn another_ssrc_begins_anew() {
        let now = Instant::now();
        let mut history = History::new(MediaKind::Video);
        let mut publisher = Publisher::camera(1, 0, now);
        history.insert(now, publisher.keyframe(now, 1).remove(0));
        publisher.next.ssrc += 1;
        publisher.next.index = 5;
        history.insert(now, publisher.keyframe(now, 1).remove(0));
        assert_eq!(kept(&history), [5]);
    }
}
