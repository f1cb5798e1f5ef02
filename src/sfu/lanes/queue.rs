//! What waits for one slot, in the publisher's order, whatever its lanes.

use super::{
    DropReason, EgressLane, Kind, Queued, SlotIndex, gate::Gate, limits::Ledger, segment::Segment,
    sequence::Sequence,
};
use crate::rtc::codec::FrameInfo;
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
pub(super) enum Placed {
    /// It goes to its place in the queue.
    Next(Place),
    /// What is after it has left: it goes alone.
    Late(Queued),
    /// It is gone.
    Gone,
}

/// A place in the queue.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    place: u64,
    picture_place: Option<u64>,
    picture: Picture,
    /// Its lane.
    pub(super) lane: EgressLane,
}

/// The queue of one slot.
#[derive(Debug)]
pub(super) struct SlotQueue {
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
    pub(super) fn new(slot: SlotIndex, kind: MediaKind, first_index: u64) -> Self {
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
    pub(super) fn place(
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
            at.lane = self.lane_beside(at).unwrap_or(pass.lane);
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

    /// A packet that was repaired in time leaves with the rest of its picture.
    fn lane_beside(&self, at: Place) -> Option<EgressLane> {
        let after = self.items.partition_point(|item| item.place < at.place);
        let beside = [after.checked_sub(1)?, after];
        let mut beside = beside.iter().filter_map(|index| self.items.get(*index));
        let same = beside.find(|item| item.picture == at.picture);
        same.map(|item| item.lane)
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
        let late = self.into_gap(at, pass.marker, packet, kind);
        if unwanted || late.is_none() {
            ledger.count(pass.lane, DropReason::Late);
        }
        late.map_or(Placed::Gone, Placed::Late)
    }

    fn into_gap(
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
            self.supersede(at.place, ledger);
        }
        if !self.gate.admit(&packet.frame) {
            self.forget(at.picture);
            self.tell_if_starved(ledger);
        }
    }

    const fn tell_if_starved(&self, ledger: &mut Ledger) {
        if self.gate.is_shut() && matches!(self.kind, MediaKind::Video) {
            ledger.starved |= 1 << self.slot.0;
        }
    }

    /// Nobody needs what is before a keyframe, nor will anybody miss what was lost there.
    fn supersede(&mut self, keyframe: u64, ledger: &mut Ledger) {
        let started = self.started;
        self.remove_where(ledger, DropReason::Superseded, |item| {
            Some(item.picture) != started
        });
        let kept = self.items.back().map_or(0, |item| item.place + 1);
        self.sequence.skip(kept..keyframe);
    }

    fn forget(&mut self, picture: Picture) {
        if self.dropped.contains(&picture) {
            return;
        }
        if self.dropped.len() == DROPPED_MAX {
            self.dropped.pop_front();
        }
        self.dropped.push_back(picture);
    }

    /// Puts a packet into its place.
    pub(super) fn insert(
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
    pub(super) fn was_dropped(&self, at: Place) -> bool {
        self.dropped.contains(&at.picture)
    }

    /// Drops a packet that has a place.
    pub(super) fn refuse(&mut self, at: Place, reason: DropReason, ledger: &mut Ledger) {
        ledger.count(at.lane, reason);
        self.pass_over(at);
    }

    /// There is no room for a packet: its picture goes, and what depends on it.
    pub(super) fn overflow(&mut self, at: Place, packet: &Packet, ledger: &mut Ledger) {
        let reason = if self.started == Some(at.picture) {
            DropReason::Truncated
        } else {
            DropReason::Overflow
        };
        self.drop_picture(at.picture, at.place, &packet.frame, reason, ledger);
        self.refuse(at, reason, ledger);
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
    pub(super) fn skip(&mut self, packet: &Arc<Packet>) -> Option<Queued> {
        let at = self.locate(packet)?;
        if at.place < self.sequence.next() {
            return self.into_gap(at, false, packet, Kind::Filler);
        }
        self.reach(at.place);
        self.pass_over(at);
        None
    }

    /// Drops everything; nothing goes on without a keyframe.
    pub(super) fn clear(&mut self, ledger: &mut Ledger) {
        self.remove_where(ledger, DropReason::Superseded, |_| true);
        self.gate = Gate::SHUT;
        self.newest = None;
    }

    /// Takes the packet that leaves when `lane` is served; drops what is too old or stale.
    pub(super) fn leave(
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
    pub(super) fn goes_on(&self) -> bool {
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

    /// When the oldest picture of a lane, which has not begun to leave, was queued.
    pub(super) fn oldest(&self, lane: EgressLane) -> Option<Instant> {
        self.victim(lane).map(|item| item.queued)
    }

    fn victim(&self, lane: EgressLane) -> Option<&Item> {
        let mut of_lane = self.items.iter().filter(|item| item.lane == lane);
        of_lane.find(|item| self.started != Some(item.picture))
    }

    /// Drops that picture.
    pub(super) fn evict(&mut self, lane: EgressLane, ledger: &mut Ledger) {
        if let Some(item) = self.victim(lane) {
            let (picture, place, packet) = (item.picture, item.place, Arc::clone(&item.packet));
            self.drop_picture(picture, place, &packet.frame, DropReason::Overflow, ledger);
        }
    }

    fn drop_front(&mut self, reason: DropReason, ledger: &mut Ledger) {
        if let Some(item) = self.items.front() {
            let (picture, place, packet) = (item.picture, item.place, Arc::clone(&item.packet));
            self.drop_picture(picture, place, &packet.frame, reason, ledger);
        }
    }

    /// Drops a picture, of which `frame` at `place` is the first packet that waits, and what depends on it.
    fn drop_picture(
        &mut self,
        picture: Picture,
        place: u64,
        frame: &FrameInfo,
        reason: DropReason,
        ledger: &mut Ledger,
    ) {
        self.forget(picture);
        self.remove_where(ledger, reason, |item| item.picture == picture);
        let alone = frame.discardable && frame.spatial == 0;
        if self.kind == MediaKind::Audio || alone {
            return;
        }
        let mut gate = Gate::without(frame.temporal);
        let mut last = None;
        let mut orphans: VecDeque<Picture> = VecDeque::new();
        for item in self.items.iter().filter(|item| item.place > place) {
            if last != Some(item.picture) {
                last = Some(item.picture);
                if Some(item.picture) != self.started && !gate.admit(&item.packet.frame) {
                    orphans.push_back(item.picture);
                }
            }
        }
        self.gate = self.gate.and(gate);
        for orphan in &orphans {
            self.forget(*orphan);
        }
        self.remove_where(ledger, DropReason::Dependency, |item| {
            orphans.contains(&item.picture)
        });
        self.tell_if_starved(ledger);
    }

    fn remove_where(
        &mut self,
        ledger: &mut Ledger,
        reason: DropReason,
        goes: impl Fn(&Item) -> bool,
    ) {
        let mut at = 0;
        while let Some(item) = self.items.get(at) {
            if !goes(item) {
                at += 1;
                continue;
            }
            let item = self.items.remove(at).expect("it was just there");
            self.forget_item(&item, ledger);
            ledger.count(item.lane, reason);
            self.forget(item.picture);
            self.sequence.skip(item.place..item.place + 1);
            self.pass_over_picture(item.picture_place);
        }
    }
}
