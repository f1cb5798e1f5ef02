//! What waits to leave for one subscriber: lanes by urgency, bounded in age and bytes. Whole pictures drop, with all that
//! depends on them, and the outgoing sequence is given as a packet leaves, so that a drop leaves no gap.
//!
//! Inside one slot packets leave in the order of the publisher's sequence. When a more urgent packet is served, older
//! and less urgent pictures of its slot go out first if they are begun or young, and are dropped whole otherwise.

mod gate;
mod limits;
mod queue;
mod segment;
mod sequence;
#[cfg(test)]
mod tests;

pub use limits::LaneLimit;

use super::{MediaKind, packet::Packet, selector::Pass};
use bytes::Bytes;
use limits::Ledger;
use queue::{Placed, SlotQueue};
use std::{collections::VecDeque, sync::Arc, time::Instant};

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
#[derive(Debug, Default)]
pub struct EgressLanes {
    slots: Vec<SlotQueue>,
    /// Resends and what fills gaps: it has its index already, and no order.
    repairs: VecDeque<(Instant, Queued)>,
    control: VecDeque<(Instant, Bytes)>,
    data: VecDeque<(Instant, Bytes)>,
    /// Whose turn it is, in each lane.
    turns: [u32; EgressLane::ALL.len()],
    ledger: Ledger,
}

impl EgressLanes {
    /// Empty lanes without slots.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next slot. Its sequence begins at `first_index`: random, below 2^15 (RFC 3711 §3.3.1).
    /// `None` when there are [`SLOTS_MAX`].
    pub fn open(&mut self, kind: MediaKind, first_index: u16) -> Option<SlotIndex> {
        let slot = u8::try_from(self.slots.len()).ok()?;
        if self.slots.len() == SLOTS_MAX {
            return None;
        }
        let slot = SlotIndex(slot);
        self.slots
            .push(SlotQueue::new(slot, kind, u64::from(first_index)));
        Some(slot)
    }

    /// Queues a packet that the slot's selector passed.
    pub fn push(&mut self, now: Instant, slot: SlotIndex, pass: Pass, packet: &Arc<Packet>) {
        let Some(queue) = self.slots.get_mut(usize::from(slot.0)) else {
            return;
        };
        let at = match queue.place(pass, packet, &mut self.ledger) {
            Placed::Gone => return,
            Placed::Late(queued) => return self.push_again(now, queued),
            Placed::Next(at) => at,
        };
        let has_room = self.make_room(at.lane, packet.bytes());
        let Some(queue) = self.slots.get_mut(usize::from(slot.0)) else {
            return;
        };
        if !has_room {
            queue.overflow(at, packet, &mut self.ledger);
        } else if queue.was_dropped(at) {
            queue.refuse(at, DropReason::Overflow, &mut self.ledger);
        } else {
            queue.insert(now, at, pass.marker, packet, &mut self.ledger);
        }
    }

    /// Drops what is oldest until `bytes` fit; what has begun to leave stays.
    fn make_room(&mut self, lane: EgressLane, bytes: usize) -> bool {
        while !self.ledger.fits(lane, bytes) {
            if lane == EgressLane::Repair
                && let Some((_, oldest)) = self.repairs.pop_front()
            {
                self.ledger.remove(lane, oldest.packet.bytes());
                self.ledger.count(lane, DropReason::Overflow);
                continue;
            }
            let oldest = self.slots.iter_mut().filter_map(|queue| {
                let queued = queue.oldest(lane)?;
                Some((queued, queue))
            });
            let Some((_, queue)) = oldest.min_by_key(|(queued, _)| *queued) else {
                return false;
            };
            queue.evict(lane, &mut self.ledger);
        }
        true
    }

    /// Hears of a packet that the slot's selector did not pass: it leaves no gap. Padding comes here too.
    pub fn skip(&mut self, now: Instant, slot: SlotIndex, packet: &Arc<Packet>) {
        let queue = self.slots.get_mut(usize::from(slot.0));
        if let Some(filler) = queue.and_then(|queue| queue.skip(packet)) {
            self.push_again(now, filler);
        }
    }

    /// Queues a resend or a probe in [`EgressLane::Repair`].
    pub fn push_again(&mut self, now: Instant, again: Queued) {
        let bytes = again.packet.bytes();
        if self.make_room(EgressLane::Repair, bytes) {
            self.ledger.add(EgressLane::Repair, bytes);
            self.repairs.push_back((now, again));
        } else {
            self.ledger.count(EgressLane::Repair, DropReason::Overflow);
        }
    }

    /// Queues a message of [`EgressLane::Control`], or else of [`EgressLane::Data`]. The oldest make room.
    pub fn push_message(&mut self, now: Instant, lane: EgressLane, message: Bytes) {
        let (lane, messages) = match lane {
            EgressLane::Control => (lane, &mut self.control),
            _ => (EgressLane::Data, &mut self.data),
        };
        while !self.ledger.fits(lane, message.len()) {
            self.ledger.count(lane, DropReason::Overflow);
            let Some((_, oldest)) = messages.pop_front() else {
                return;
            };
            self.ledger.remove(lane, oldest.len());
        }
        self.ledger.add(lane, message.len());
        messages.push_back((now, message));
    }

    /// Drops what waits for a slot, as when it is to show nothing.
    pub fn clear(&mut self, slot: SlotIndex) {
        if let Some(queue) = self.slots.get_mut(usize::from(slot.0)) {
            queue.clear(&mut self.ledger);
        }
    }

    /// Whether something waits in a lane. It may turn out to be too old.
    #[must_use]
    pub fn has(&self, lane: EgressLane) -> bool {
        match lane {
            EgressLane::Control => !self.control.is_empty(),
            EgressLane::Data => !self.data.is_empty(),
            EgressLane::Repair if !self.repairs.is_empty() => true,
            _ => self.ledger.waiting(lane) != 0,
        }
    }

    /// Takes what leaves next of a lane. The rest of the lane's picture comes before another slot's turn. An older, less
    /// urgent picture of the same slot may come first.
    pub fn pop(&mut self, lane: EgressLane, now: Instant) -> Option<Leaving> {
        match lane {
            EgressLane::Control | EgressLane::Data => {
                return self.pop_message(lane, now).map(Leaving::Message);
            }
            EgressLane::Repair => {
                if let Some(again) = self.pop_again(now) {
                    return Some(Leaving::Media(again));
                }
            }
            EgressLane::Audio | EgressLane::Base | EgressLane::Enhancement => {}
        }
        loop {
            let waiting = self.ledger.waiting(lane);
            if waiting == 0 {
                return None;
            }
            let turn = self.turns[lane as usize];
            let slot = (turn + waiting.rotate_right(turn).trailing_zeros()) % u64::BITS;
            let queue = &mut self.slots[slot as usize];
            let leaves = queue.leave(now, lane, &mut self.ledger);
            let stays = leaves.is_some() && queue.goes_on();
            self.turns[lane as usize] = if stays { slot } else { (slot + 1) % u64::BITS };
            if let Some(queued) = leaves {
                return Some(Leaving::Media(queued));
            }
        }
    }

    fn pop_again(&mut self, now: Instant) -> Option<Queued> {
        let lane = EgressLane::Repair;
        while let Some((queued, again)) = self.repairs.pop_front() {
            self.ledger.remove(lane, again.packet.bytes());
            if now.saturating_duration_since(queued) <= lane.limit().age_max {
                return Some(again);
            }
            self.ledger.count(lane, DropReason::Age);
        }
        None
    }

    fn pop_message(&mut self, lane: EgressLane, now: Instant) -> Option<Bytes> {
        let messages = match lane {
            EgressLane::Control => &mut self.control,
            _ => &mut self.data,
        };
        while let Some((queued, message)) = messages.pop_front() {
            self.ledger.remove(lane, message.len());
            if now.saturating_duration_since(queued) <= lane.limit().age_max {
                return Some(message);
            }
            self.ledger.count(lane, DropReason::Age);
        }
        None
    }

    /// A slot that cannot go on without a keyframe. It is told again with each picture that is refused for want of one:
    /// `KeyframeRequests::request` merges that.
    pub fn next_starved(&mut self) -> Option<SlotIndex> {
        let starved = self.ledger.starved;
        if starved == 0 {
            return None;
        }
        self.ledger.starved &= starved - 1;
        u8::try_from(starved.trailing_zeros()).ok().map(SlotIndex)
    }

    /// Bytes that wait in a lane.
    #[must_use]
    pub const fn bytes(&self, lane: EgressLane) -> usize {
        self.ledger.bytes(lane)
    }

    /// Packets dropped so far.
    #[must_use]
    pub const fn dropped(&self, lane: EgressLane, reason: DropReason) -> u64 {
        self.ledger.dropped(lane, reason)
    }
}
