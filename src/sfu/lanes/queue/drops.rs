//! Dropping: whole pictures, with what depends on them.

use super::{DROPPED_MAX, Item, Picture, Place, SlotQueue};
use crate::{
    rtc::codec::FrameInfo,
    sfu::{
        MediaKind,
        lanes::{DropReason, EgressLane, gate::Gate, limits::Ledger},
        packet::Packet,
    },
};
use std::{collections::VecDeque, sync::Arc, time::Instant};

impl SlotQueue {
    /// Drops everything; nothing goes on without a keyframe.
    pub(in crate::sfu::lanes) fn clear(&mut self, ledger: &mut Ledger) {
        self.remove_where(ledger, DropReason::Superseded, |_| true);
        self.gate = Gate::SHUT;
        self.newest = None;
    }

    /// There is no room for a packet: its picture goes, and what depends on it.
    pub(in crate::sfu::lanes) fn overflow(
        &mut self,
        at: Place,
        packet: &Packet,
        ledger: &mut Ledger,
    ) {
        let reason = if self.started == Some(at.picture) {
            DropReason::Truncated
        } else {
            DropReason::Overflow
        };
        self.drop_picture(at.picture, at.place, &packet.frame, reason, ledger);
        self.refuse(at, reason, ledger);
    }

    /// When the oldest picture of a lane, which has not begun to leave, was queued.
    pub(in crate::sfu::lanes) fn oldest(&self, lane: EgressLane) -> Option<Instant> {
        self.victim(lane).map(|item| item.queued)
    }

    /// Drops that picture.
    pub(in crate::sfu::lanes) fn evict(&mut self, lane: EgressLane, ledger: &mut Ledger) {
        if let Some(item) = self.victim(lane) {
            let (picture, place, packet) = (item.picture, item.place, Arc::clone(&item.packet));
            self.drop_picture(picture, place, &packet.frame, DropReason::Overflow, ledger);
        }
    }

    fn victim(&self, lane: EgressLane) -> Option<&Item> {
        let mut of_lane = self.items.iter().filter(|item| item.lane == lane);
        of_lane.find(|item| self.started != Some(item.picture))
    }

    /// Nobody needs what is before a keyframe, nor will anybody miss what was lost there.
    pub(super) fn supersede(&mut self, keyframe: Place, ledger: &mut Ledger) {
        let started = self.started;
        self.remove_where(ledger, DropReason::Superseded, |item| {
            Some(item.picture) != started
        });
        let kept = self.items.back();
        let first = kept.map_or(0, |item| item.place + 1);
        self.sequence.skip(first..keyframe.place);
        let first = kept
            .and_then(|item| item.picture_place)
            .map_or(0, |picture| picture + 1);
        if let Some(picture) = keyframe.picture_place {
            self.pictures.skip(first..picture);
        }
    }

    pub(super) fn drop_front(&mut self, reason: DropReason, ledger: &mut Ledger) {
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

    pub(super) fn forget(&mut self, picture: Picture) {
        if self.dropped.contains(&picture) {
            return;
        }
        if self.dropped.len() == DROPPED_MAX {
            self.dropped.pop_front();
        }
        self.dropped.push_back(picture);
    }

    pub(super) const fn tell_if_starved(&self, ledger: &mut Ledger) {
        if self.gate.is_shut() && matches!(self.kind, MediaKind::Video) {
            ledger.starved |= 1 << self.slot.0;
        }
    }
}
