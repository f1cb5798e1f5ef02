//! What waits to leave for one subscriber: lanes by urgency, bounded in age and bytes. Whole pictures drop, with all that
//! depends on them, and the outgoing sequence is given as a packet leaves, so that a drop leaves no gap.
//!
//! Inside one slot packets leave in the order of the publisher's sequence. When a more urgent packet is served, older
//! and less urgent pictures of its slot go out first if they are begun or young, and are dropped whole otherwise.

use super::{MediaKind, packet::Packet, selector::Pass};
use bytes::Bytes;
use std::{sync::Arc, time::Instant};

/// A class of urgency; the first is served first, across all subscribers, before the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum EgressLane {
    /// RTCP.
    Control,
    /// Sound.
    Audio,
    /// Retransmissions and keyframes.
    Repair,
    /// Screen shares and base layers.
    Base,
    /// Higher layers.
    Enhancement,
    /// Data channels.
    Data,
}

impl EgressLane {
    /// All of them, the most urgent first.
    pub const ALL: [Self; 6] = [
        Self::Control,
        Self::Audio,
        Self::Repair,
        Self::Base,
        Self::Enhancement,
        Self::Data,
    ];
}

/// A receive position of one subscriber, counted from 0; less than [`SLOTS_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SlotIndex(pub u8);

/// The most slots of a subscriber.
pub const SLOTS_MAX: usize = 64;

/// Why a packet was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum DropReason {
    /// It waited longer than its lane allows.
    Age,
    /// Its lane was full.
    Overflow,
    /// A newer and more urgent picture of its slot went first.
    Stale,
    /// A keyframe came, and nobody needs what was before it.
    Superseded,
    /// It needs a picture that was dropped.
    Dependency,
    /// The rest of a picture that had begun to leave: its lane stood still for too long or was full.
    Truncated,
    /// It was repaired too late for its place in the sequence.
    Late,
}

/// What a queued packet is when it leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// In its place.
    Media,
    /// Repaired upstream: into the gap that was kept for it.
    Late,
    /// Nothing but padding, for a gap whose packet turned out to be unwanted.
    Filler,
    /// Again, because the subscriber asked.
    Resend,
    /// Again, only to fill the link.
    Probe,
}

/// A packet that leaves now; [`Slot::rewrite`] says how.
///
/// [`Slot::rewrite`]: super::slot::Slot::rewrite
#[derive(Debug, Clone)]
pub struct Queued {
    /// The slot.
    pub slot: SlotIndex,
    /// The packet. Of [`Kind::Filler`] nothing of it is sent.
    pub packet: Arc<Packet>,
    /// What it is.
    pub kind: Kind,
    /// The outgoing index (sequence number with its cycles above): given once, never twice, but for a resend, which has
    /// that of the packet it repeats.
    pub index: u64,
    /// The outgoing picture id, unbounded, of VP8 and VP9.
    pub picture: Option<u64>,
    /// The marker.
    pub marker: bool,
    /// Counts what the slot has shown: it changes with the publication, encoding, SSRC or codec.
    pub segment: u32,
}

/// What leaves next.
#[derive(Debug, Clone)]
pub enum Leaving {
    /// Media.
    Media(Queued),
    /// A message of [`EgressLane::Control`] or [`EgressLane::Data`].
    Message(Bytes),
}

/// The lanes of one subscriber.
#[derive(Debug)]
pub struct EgressLanes {}

impl EgressLanes {
    /// Empty lanes without slots.
    #[must_use]
    pub fn new() -> Self {
        todo!()
    }

    /// Adds the next slot. Its sequence begins at `first_index`: random, below 2^15 (RFC 3711 §3.3.1).
    /// `None` when there are [`SLOTS_MAX`].
    pub fn open(&mut self, kind: MediaKind, first_index: u16) -> Option<SlotIndex> {
        let _ = (kind, first_index);
        todo!()
    }

    /// Queues a packet that the slot's selector passed.
    pub fn push(&mut self, now: Instant, slot: SlotIndex, pass: Pass, packet: &Arc<Packet>) {
        let _ = (now, slot, pass, packet);
        todo!()
    }

    /// Hears of a packet that the slot's selector did not pass: it leaves no gap. Padding comes here too.
    pub fn skip(&mut self, now: Instant, slot: SlotIndex, packet: &Arc<Packet>) {
        let _ = (now, slot, packet);
        todo!()
    }

    /// Queues a resend or a probe in [`EgressLane::Repair`].
    pub fn push_again(&mut self, now: Instant, again: Queued) {
        let _ = (now, again);
        todo!()
    }

    /// Queues a message of [`EgressLane::Control`] or [`EgressLane::Data`]; any other lane is a bug.
    pub fn push_message(&mut self, now: Instant, lane: EgressLane, message: Bytes) {
        let _ = (now, lane, message);
        todo!()
    }

    /// Drops what waits for a slot, as when it becomes empty.
    pub fn clear(&mut self, slot: SlotIndex) {
        let _ = slot;
        todo!()
    }

    /// Whether something waits in a lane. It may turn out to be too old.
    #[must_use]
    pub fn has(&self, lane: EgressLane) -> bool {
        let _ = lane;
        todo!()
    }

    /// Takes what leaves next of a lane. The rest of the lane's picture comes before another slot's turn. An older, less
    /// urgent picture of the same slot may come first.
    pub fn pop(&mut self, lane: EgressLane, now: Instant) -> Option<Leaving> {
        let _ = (lane, now);
        todo!()
    }

    /// A slot that cannot go on without a keyframe, told once each time it comes to that.
    pub fn next_starved(&mut self) -> Option<SlotIndex> {
        todo!()
    }

    /// Bytes that wait in a lane.
    #[must_use]
    pub fn bytes(&self, lane: EgressLane) -> usize {
        let _ = lane;
        todo!()
    }

    /// Packets dropped so far.
    #[must_use]
    pub fn dropped(&self, lane: EgressLane, reason: DropReason) -> u64 {
        let _ = (lane, reason);
        todo!()
    }
}

impl Default for EgressLanes {
    fn default() -> Self {
        Self::new()
    }
}
