//! What left a slot lately, by its outgoing index.

use crate::{
    rtc::codec::PictureIds,
    sfu::{
        lanes::{Kind, Queued, SlotIndex},
        packet::Packet,
    },
};
use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

/// How long a packet can be sent again: longer than a receiver waits for it.
const AGE_MAX: Duration = Duration::from_secs(1);
/// How many packets are remembered: a second of 10 Mbit/s.
const PACKETS_MAX: usize = 1_024;

/// A packet that left, and how.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) index: u64,
    pub(super) packet: Arc<Packet>,
    pub(super) timestamp: u32,
    pub(super) marker: bool,
    pub(super) picture: Option<PictureIds>,
    pub(super) frame_number: Option<u16>,
    pub(super) left: Instant,
    /// When it was last asked for and sent again.
    pub(super) again: Option<Instant>,
}

impl Sent {
    pub(super) fn queued(&self, slot: SlotIndex, kind: Kind) -> Queued {
        Queued {
            slot,
            packet: Arc::clone(&self.packet),
            kind,
            index: self.index,
            picture: None,
            marker: self.marker,
            segment: 0,
        }
    }
}

/// A ring in the order of indices.
#[derive(Debug)]
pub(super) struct SentPackets {
    packets: VecDeque<Sent>,
}

impl SentPackets {
    pub(super) const fn new() -> Self {
        Self {
            packets: VecDeque::new(),
        }
    }

    pub(super) fn insert(&mut self, sent: Sent) {
        let oldest = sent.left.checked_sub(AGE_MAX);
        while self.packets.len() >= PACKETS_MAX
            || self
                .packets
                .front()
                .is_some_and(|first| oldest.is_some_and(|oldest| first.left < oldest))
        {
            self.packets.pop_front();
        }
        if self
            .packets
            .back()
            .is_none_or(|last| last.index < sent.index)
        {
            self.packets.push_back(sent);
        } else {
            let before = self
                .packets
                .partition_point(|other| other.index < sent.index);
            self.packets.insert(before, sent);
        }
    }

    pub(super) fn newest(&self) -> Option<&Sent> {
        self.packets.back()
    }

    pub(super) fn get_mut(&mut self, index: u64) -> Option<&mut Sent> {
        let at = self
            .packets
            .binary_search_by_key(&index, |sent| sent.index)
            .ok()?;
        self.packets.get_mut(at)
    }
}
