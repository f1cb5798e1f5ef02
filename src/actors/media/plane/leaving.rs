//! One publication makes room for another in a slot: it is shown until the first keyframe of the other, so that nothing
//! freezes, however long that takes to come.

use super::Plane;
use super::egress::{Fill, SlotSeat};
use super::seats::PeerKey;
use crate::actors::media::port::TrackKey;
use crate::sfu::MediaKind;
use crate::sfu::lanes::SlotIndex;
use std::time::{Duration, Instant};

/// A publication that has to make room in a slot.
pub(super) struct Leaving {
    pub(super) fill: Fill,
    pub(super) since: Instant,
}

/// How long the publication before is shown at most: one that is paused takes a while to come.
const LEAVES_WITHIN: Duration = Duration::from_secs(2);

impl Plane {
    /// Lets go of publications that are shown no more, or that were to be for too long.
    pub(super) fn let_go(&mut self, peer: PeerKey, now: Instant) {
        let Some(seat) = self.seats.get_mut(peer) else {
            return;
        };
        let slots = (0..).map(SlotIndex).zip(&mut seat.egress.slots);
        let gone: Vec<_> = slots
            .filter_map(|(index, slot)| Some((index, slot.left(now)?)))
            .collect();
        for (index, fill) in gone {
            self.unsubscribe(&fill, peer, index);
        }
    }
}

impl SlotSeat {
    /// Puts another publication into it, or none. What was shown stays until that comes. Returns those that it is to be
    /// unsubscribed from.
    pub(super) fn exchange(&mut self, key: Option<TrackKey>, now: Instant) -> [Option<Fill>; 2] {
        let before = self.fill.take();
        let leaving = self.leaving.take().map(|it| it.fill);
        let Some(track) = key else {
            self.show(None);
            return [before, leaving];
        };
        let shown = self.selector.current().map(|it| it.track);
        let is_shown = |fill: &Fill| Some(fill.track.track) == shown;
        let (mut stays, mut gone) = (None, [None, None]);
        for (place, fill) in [before, leaving].into_iter().flatten().enumerate() {
            if fill.track == track {
                self.fill = Some(fill);
            } else if self.kind == MediaKind::Video && is_shown(&fill) {
                stays = Some(fill);
            } else {
                gone[place] = Some(fill);
            }
        }
        self.leaving = stays.map(|fill| Leaving { fill, since: now });
        let published = None;
        self.fill.get_or_insert(Fill { track, published });
        gone
    }

    /// The publication before, once it is shown no more.
    fn left(&mut self, now: Instant) -> Option<Fill> {
        let shown = self.selector.current().map(|it| it.track);
        let leaves = |it: &mut Leaving| {
            Some(it.fill.track.track) != shown
                || now.saturating_duration_since(it.since) >= LEAVES_WITHIN
        };
        self.leaving.take_if(leaves).map(|it| it.fill)
    }
}
