//! What waits for one slot, in the publisher's order, whatever its lanes.

mod drops;

use super::{
    DropReason, EgressLane, Kind, Queued, SlotIndex, gate::Gate, limits::Ledger, segment::Segment,
    sequence::Sequence,
};
use crate::sfu::{
    MediaKind,
    packet::Packet,
    reception::{Seen, Window},
    selector::Pass,
};
use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

/// An older and less urgent picture that has waited for less than this goes before a more urgent one of its slot: its
/// own turn has only just come. One that waited longer is dropped.
const YOUNG: Duration = Duration::from_millis(20);
/// Dropped pictures that are remembered, so that a packet of theirs that comes late is not sent.
const DROPPED_MAX: usize = 64;
/// A larger gap in what is received leaves no gap in what is sent.
const GAP_MAX: u64 = 1_000;

/// A picture of a slot: packets of one timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Picture {
    segment: u32,
    timestamp: u32,
}

#[derive(Debug)]
struct Item {
    packet: Arc<Packet>,
    place: u64,
    picture_place: Option<u64>,
    picture: Picture,
    queued: Instant,
    lane: EgressLane,
    marker: bool,
}

/// What becomes of a packet that was pushed.
#[derive(Debug)]
pub(in crate::sfu::lanes) enum Placed {
    /// It goes to its place in the queue.
    Next(Place),
    /// What is after it has left: it goes alone.
    Late(Queued),
    /// It is gone.
    Gone,
}

/// A place in the queue.
#[derive(Debug, Clone, Copy)]
pub(in crate::sfu::lanes) struct Place {
    place: u64,
    picture_place: Option<u64>,
    picture: Picture,
    /// Its lane.
    pub(in crate::sfu::lanes) lane: EgressLane,
}

/// The queue of one slot.
#[derive(Debug)]
pub(in crate::sfu::lanes) struct SlotQueue {
    slot: SlotIndex,
    kind: MediaKind,
    items: VecDeque<Item>,
    /// Items in each lane.
    counts: [u32; EgressLane::ALL.len()],
    segment: Option<Segment>,
    segments: u32,
    /// One past the newest place that was pushed or skipped.
    end: u64,
    picture_end: u64,
    sequence: Sequence,
    pictures: Sequence,
    /// Outgoing indices that were given: never again, whatever comes (a nonce depends on it).
    given: Window,
    gate: Gate,
    /// The newest picture that was offered.
    newest: Option<Picture>,
    /// The picture of the newest packet that left.
    started: Option<Picture>,
    dropped: VecDeque<Picture>,
}

impl SlotQueue {
    pub(in crate::sfu::lanes) fn new(slot: SlotIndex, kind: MediaKind, first_index: u64) -> Self {
        Self {
            slot,
            kind,
            items: VecDeque::new(),
            counts: [0; EgressLane::ALL.len()],
            segment: None,
            segments: 0,
            end: first_index,
            picture_end: 1,
            sequence: Sequence::new(first_index),
            pictures: Sequence::new(1),
            given: Window::new(),
            gate: Gate::SHUT,
            newest: None,
            started: None,
            dropped: VecDeque::new(),
        }
    }

    /// Finds the place of a packet, drops what it supersedes and refuses it if it cannot be decoded.
    pub(in crate::sfu::lanes) fn place(
        &mut self,
        pass: Pass,
        packet: &Arc<Packet>,
        ledger: &mut Ledger,
    ) -> Placed {
        if pass.begins {
            self.begin_segment(packet);
        }
        let Some(mut at) = self.locate(packet) else {
            ledger.count(pass.lane, DropReason::Late);
            return Placed::Gone;
        };
        at.lane = pass.lane;
        if at.place < self.sequence.next() {
            return self.place_late(at, pass, packet, ledger);
        }
        let in_order = self.reach(at.place);
        if in_order && self.newest != Some(at.picture) {
            self.newest = Some(at.picture);
            self.begin_picture(at, packet, ledger);
        }
        if self.dropped.contains(&at.picture) {
            self.refuse(at, DropReason::Dependency, ledger);
            return Placed::Gone;
        }
        if !in_order {
            if self.sequence.is_skipped(at.place) {
                ledger.count(pass.lane, DropReason::Late);
                return Placed::Gone;
            }
            let Some(lane) = self.lane_beside(at) else {
                return Placed::Gone;
            };
            at.lane = lane;
        }
        Placed::Next(at)
    }

    /// Moves the end of the line to a place; false if the place is before it.
    fn reach(&mut self, place: u64) -> bool {
        if place < self.end {
            return false;
        }
        if place - self.end > GAP_MAX {
            // A receiver would lose count of the cycles of its sequence, and nobody repairs so much.
            self.sequence.skip(self.end..place);
        }
        self.end = place + 1;
        true
    }

    /// A packet that was repaired in time leaves with the rest of its picture. `None`: it waits already.
    fn lane_beside(&self, at: Place) -> Option<EgressLane> {
        let after = self.items.partition_point(|item| item.place < at.place);
        let next = self.items.get(after);
        if next.is_some_and(|item| item.place == at.place) {
            return None;
        }
        let previous = after.checked_sub(1).and_then(|at| self.items.get(at));
        let mut beside = previous.into_iter().chain(next);
        let same = beside.find(|item| item.picture == at.picture);
        Some(same.map_or(at.lane, |item| item.lane))
    }

    fn begin_segment(&mut self, packet: &Packet) {
        self.segments += 1;
        self.segment = Some(Segment::begin(
            self.segments,
            packet,
            self.end,
            self.picture_end,
        ));
    }

    fn locate(&mut self, packet: &Packet) -> Option<Place> {
        let segment = self.segment.as_mut();
        let segment = segment.filter(|known| known.stream == packet.stream())?;
        let at = Place {
            lane: EgressLane::Enhancement,
            place: segment.place(packet.index)?,
            picture_place: segment.picture(packet),
            picture: Picture {
                segment: segment.id,
                timestamp: packet.timestamp,
            },
        };
        if let Some(picture) = at.picture_place {
            self.picture_end = self.picture_end.max(picture + 1);
        }
        Some(at)
    }

    fn place_late(
        &mut self,
        at: Place,
        pass: Pass,
        packet: &Arc<Packet>,
        ledger: &mut Ledger,
    ) -> Placed {
        let unwanted = self.dropped.contains(&at.picture);
        let kind = if unwanted { Kind::Filler } else { Kind::Late };
        let late = self.fill_gap(at, pass.marker, packet, kind);
        if unwanted || late.is_none() {
            ledger.count(pass.lane, DropReason::Late);
        }
        late.map_or(Placed::Gone, Placed::Late)
    }

    fn fill_gap(
        &mut self,
        at: Place,
        marker: bool,
        packet: &Arc<Packet>,
        kind: Kind,
    ) -> Option<Queued> {
        let index = self.sequence.lookup(at.place)?;
        if self.given.insert(index) != Seen::New {
            return None;
        }
        Some(Queued {
            slot: self.slot,
            packet: Arc::clone(packet),
            kind,
            index,
            picture: at
                .picture_place
                .and_then(|place| self.pictures.lookup(place)),
            marker,
            segment: at.picture.segment,
        })
    }

    fn begin_picture(&mut self, at: Place, packet: &Packet, ledger: &mut Ledger) {
        if self.kind == MediaKind::Audio {
            return;
        }
        if packet.begins_keyframe() {
            self.supersede(at, ledger);
        }
        if !self.gate.admit(&packet.frame) {
            self.forget(at.picture);
            self.tell_if_starved(ledger);
        }
    }

    /// Puts a packet into its place.
    pub(in crate::sfu::lanes) fn insert(
        &mut self,
        now: Instant,
        at: Place,
        marker: bool,
        packet: &Arc<Packet>,
        ledger: &mut Ledger,
    ) {
        let item = Item {
            packet: Arc::clone(packet),
            place: at.place,
            picture_place: at.picture_place,
            picture: at.picture,
            queued: now,
            lane: at.lane,
            marker,
        };
        ledger.add(at.lane, packet.bytes());
        self.counts[at.lane as usize] += 1;
        ledger.set_waiting(at.lane, usize::from(self.slot.0), true);
        if self.items.back().is_none_or(|last| last.place < at.place) {
            self.items.push_back(item);
        } else {
            let before = self.items.partition_point(|other| other.place < at.place);
            self.items.insert(before, item);
        }
    }

    /// Whether a placed packet's picture was dropped to make room.
    pub(in crate::sfu::lanes) fn was_dropped(&self, at: Place) -> bool {
        self.dropped.contains(&at.picture)
    }

    /// Drops a packet that has a place.
    pub(in crate::sfu::lanes) fn refuse(
        &mut self,
        at: Place,
        reason: DropReason,
        ledger: &mut Ledger,
    ) {
        ledger.count(at.lane, reason);
        self.pass_over(at);
    }

    fn pass_over(&mut self, at: Place) {
        self.sequence.skip(at.place..at.place + 1);
        self.pass_over_picture(at.picture_place);
    }

    fn pass_over_picture(&mut self, picture: Option<u64>) {
        let closes = self
            .segment
            .is_some_and(|known| known.closes_picture_gaps());
        if let (Some(picture), true) = (picture, closes) {
            self.pictures.skip(picture..picture + 1);
        }
    }

    /// Hears of a packet that its selector left. What it was the gap of is filled.
    pub(in crate::sfu::lanes) fn skip(&mut self, packet: &Arc<Packet>) -> Option<Queued> {
        let at = self.locate(packet)?;
        if at.place < self.sequence.next() {
            return self.fill_gap(at, false, packet, Kind::Filler);
        }
        self.reach(at.place);
        self.pass_over(at);
        None
    }

    /// Takes the packet that leaves when `lane` is served; drops what is too old or stale.
    pub(in crate::sfu::lanes) fn leave(
        &mut self,
        now: Instant,
        lane: EgressLane,
        ledger: &mut Ledger,
    ) -> Option<Queued> {
        while self.counts[lane as usize] > 0 {
            let front = self.items.front()?;
            let age = now.saturating_duration_since(front.queued);
            let started = self.started == Some(front.picture);
            let age_max = front.lane.limit().age_max;
            let reason = if started && age > 2 * age_max {
                Some(DropReason::Truncated)
            } else if !started && age > age_max {
                Some(DropReason::Age)
            } else if !started
                && lane < front.lane
                && front.lane == EgressLane::Enhancement
                && age > YOUNG
            {
                Some(DropReason::Stale)
            } else {
                None
            };
            if let Some(reason) = reason {
                self.drop_front(reason, ledger);
            } else if let Some(queued) = self.depart(ledger) {
                return Some(queued);
            }
        }
        None
    }

    /// Whether the picture that is leaving goes on.
    pub(in crate::sfu::lanes) fn goes_on(&self) -> bool {
        let next = self.items.front().map(|item| item.picture);
        next.is_some() && next == self.started
    }

    fn depart(&mut self, ledger: &mut Ledger) -> Option<Queued> {
        let item = self.items.pop_front()?;
        self.forget_item(&item, ledger);
        let index = self.sequence.depart(item.place)?;
        if self.given.insert(index) != Seen::New {
            return None;
        }
        let picture = item.picture_place.and_then(|place| {
            if place >= self.pictures.next() {
                self.pictures.depart(place)
            } else {
                self.pictures.lookup(place)
            }
        });
        self.started = Some(item.picture);
        Some(Queued {
            slot: self.slot,
            packet: item.packet,
            kind: Kind::Media,
            index,
            picture,
            marker: item.marker,
            segment: item.picture.segment,
        })
    }

    fn forget_item(&mut self, item: &Item, ledger: &mut Ledger) {
        let lane = item.lane;
        ledger.remove(lane, item.packet.bytes());
        self.counts[lane as usize] -= 1;
        if self.counts[lane as usize] == 0 {
            ledger.set_waiting(lane, usize::from(self.slot.0), false);
        }
    }
}
