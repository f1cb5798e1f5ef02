//! Which rooms a connection follows, and whose turn it is: few rooms are opened at a time and few pages are on their way,
//! however many rooms a client comes back with, so that its outbox holds them. A pure machine; `rooms` does the talking.

use super::catch_up::CatchUp;
use crate::actors::room::Subscription;
use crate::id::RoomId;
use crate::protocol::limits::OPEN_ROOMS_MAX;
use crate::protocol::{RequestId, RoomRef};
use std::collections::{BTreeMap, VecDeque};

/// Rooms that are opened at a time: each may fill the outbox with what its ring holds.
const OPENING_MAX: usize = 4;
/// Pages read or queued at once, over all rooms.
const PAGES_MAX: usize = 4;

/// A wish to follow a room.
#[derive(Debug, Clone)]
pub(super) struct Opening {
    /// Where the client stands.
    pub(super) position: RoomRef,
    /// The request, unless it was part of `hello`.
    pub(super) id: Option<RequestId>,
}

/// A room that is followed, or asked to be.
#[derive(Debug)]
pub(super) struct Followed {
    /// The latest opening of it.
    pub(super) subscription: Subscription,
    /// What was asked for, until the room took it.
    pub(super) asked: Option<Box<Opening>>,
    /// What is read for it, since the room asked for that.
    pub(super) catch_up: Option<CatchUp>,
    /// Which catch-up of the connection that is: a page for another one is too late.
    pub(super) catch_up_number: u32,
}

/// The rooms of one connection.
#[derive(Debug, Default)]
pub(super) struct Following {
    /// The rooms. Boxed: most connections follow few, and a map's first node has room for eleven.
    pub(super) rooms: BTreeMap<RoomId, Box<Followed>>,
    /// Whether a timer is set to try again what found a full queue.
    pub(super) tries_again: bool,
    waiting: VecDeque<Opening>,
    opening: usize,
    pages: usize,
    hungry: VecDeque<RoomId>,
    subscriptions: u32,
    catch_ups: u32,
}

impl Following {
    /// Whether the room is followed.
    pub(super) fn contains(&self, room: RoomId) -> bool {
        self.rooms.contains_key(&room)
    }

    /// Queues an opening; false when that would be too many.
    pub(super) fn queue(&mut self, opening: Opening) -> bool {
        let known = self.contains(opening.position.room);
        let full = self.rooms.len() + self.waiting.len() >= OPEN_ROOMS_MAX;
        if (full && !known) || self.waiting.len() >= OPEN_ROOMS_MAX {
            return false;
        }
        self.waiting.push_back(opening);
        true
    }

    /// The next opening whose turn has come, with its number; [`Self::answered`] follows.
    pub(super) fn next_opening(&mut self) -> Option<(Opening, Subscription)> {
        if self.opening >= OPENING_MAX {
            return None;
        }
        let opening = self.waiting.pop_front()?;
        self.opening += 1;
        self.subscriptions += 1;
        let subscription = Subscription(self.subscriptions);
        let followed = Followed {
            subscription,
            asked: Some(Box::new(opening.clone())),
            catch_up: None,
            catch_up_number: 0,
        };
        self.rooms.insert(opening.position.room, Box::new(followed));
        Some((opening, subscription))
    }

    /// The answer to an opening is out of the way; if there was none, it is asked again.
    pub(super) fn answered(&mut self, room: RoomId, subscription: Subscription) {
        self.opening = self.opening.saturating_sub(1);
        let lost = self
            .under(room, subscription)
            .and_then(|followed| followed.asked.take());
        self.waiting.extend(lost.map(|opening| *opening));
    }

    /// The room as followed under this subscription and no other.
    pub(super) fn under(
        &mut self,
        room: RoomId,
        subscription: Subscription,
    ) -> Option<&mut Followed> {
        self.rooms
            .get_mut(&room)
            .filter(|followed| followed.subscription == subscription)
            .map(|followed| &mut **followed)
    }

    /// Ends the following of a room; the openings of it that waited come back, to be answered.
    pub(super) fn remove(&mut self, room: RoomId) -> VecDeque<Opening> {
        let (ended, waiting) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|opening| opening.position.room == room);
        self.waiting = waiting;
        self.rooms.remove(&room);
        ended
    }

    /// A room begins to catch up.
    pub(super) fn catch_up(&mut self, room: RoomId, catch_up: CatchUp) {
        self.catch_ups += 1;
        if let Some(followed) = self.rooms.get_mut(&room) {
            followed.catch_up = Some(catch_up);
            followed.catch_up_number = self.catch_ups;
        }
    }

    /// The catch-up of a room, if it is this one.
    pub(super) fn catching_up(&mut self, room: RoomId, number: u32) -> Option<&mut CatchUp> {
        self.rooms
            .get_mut(&room)
            .filter(|followed| followed.catch_up_number == number)?
            .catch_up
            .as_mut()
    }

    /// Whether another page may be read.
    pub(super) const fn may_read(&self) -> bool {
        self.pages < PAGES_MAX
    }

    /// A page is being read.
    pub(super) const fn page_begins(&mut self) {
        self.pages += 1;
    }

    /// A page has left for the socket, or is not to be.
    pub(super) const fn page_ends(&mut self) {
        self.pages = self.pages.saturating_sub(1);
    }

    /// The room waits until it may read a page.
    pub(super) fn wait_for_page(&mut self, room: RoomId) {
        if !self.hungry.contains(&room) {
            self.hungry.push_back(room);
        }
    }

    /// The room that waits longest for a page, if one may be read.
    pub(super) fn next_hungry(&mut self) -> Option<RoomId> {
        if self.may_read() {
            self.hungry.pop_front()
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(n: u8) -> RoomId {
        RoomId::from_bytes([n; 16])
    }

    fn opening(n: u8) -> Opening {
        let position = RoomRef {
            room: room(n),
            cursor: None,
            vv: None,
            tail: None,
        };
        Opening { position, id: None }
    }

    #[test]
    fn few_rooms_are_opened_at_a_time() {
        let mut following = Following::default();
        for n in 0..10 {
            assert!(following.queue(opening(n)));
        }
        let begun: Vec<_> = std::iter::from_fn(|| following.next_opening()).collect();
        assert_eq!(begun.len(), OPENING_MAX);
        let (first, subscription) = &begun[0];
        let followed = following.under(first.position.room, *subscription);
        followed.expect("asked").asked = None;
        following.answered(first.position.room, *subscription);
        let (next, _) = following.next_opening().expect("one was answered");
        assert_eq!(next.position.room, room(4));
        assert!(following.next_opening().is_none());
    }

    #[test]
    fn an_opening_that_was_lost_is_asked_again() {
        let mut following = Following::default();
        assert!(following.queue(opening(1)));
        let (_, lost) = following.next_opening().expect("queued");
        following.answered(room(1), lost);
        let (again, subscription) = following.next_opening().expect("once more");
        assert_eq!(again.position.room, room(1));
        assert!(subscription > lost);
        following.answered(room(1), lost);
        assert!(
            following.next_opening().is_none(),
            "what is said of an older opening counts for nothing"
        );
    }

    #[test]
    fn no_more_rooms_than_allowed_wait_or_are_followed() {
        let mut following = Following::default();
        let mut taken = 0;
        for n in 0..=OPEN_ROOMS_MAX {
            let mut opening = opening(0);
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&(n as u64).to_be_bytes());
            opening.position.room = RoomId::from_bytes(bytes);
            taken += usize::from(following.queue(opening));
        }
        assert_eq!(taken, OPEN_ROOMS_MAX);
    }

    #[test]
    fn rooms_wait_in_line_for_pages() {
        let mut following = Following::default();
        while following.may_read() {
            following.page_begins();
        }
        following.wait_for_page(room(1));
        following.wait_for_page(room(2));
        following.wait_for_page(room(1));
        assert_eq!(following.next_hungry(), None);
        following.page_ends();
        assert_eq!(following.next_hungry(), Some(room(1)));
        assert_eq!(following.next_hungry(), Some(room(2)));
        assert_eq!(following.next_hungry(), None);
    }
}
