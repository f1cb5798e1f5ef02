//! The rooms a connection follows: opening them, and reading what the client misses as its socket takes it.

use super::catch_up::{CatchUp, Step};
use super::following::{Following, Opening};
use super::{Connection, ConnectionLane, ConnectionMessage, Missing, Session};
use crate::actors::outbox::{self, Credit, OutItem, OutLane};
use crate::actors::readers::PAGE;
use crate::actors::room::{RoomLane, RoomMessage, Subscribe, Subscription};
use crate::actors::supervision::Cx;
use crate::crdt::VersionVector;
use crate::id::{Offset, RoomId};
use crate::protocol::{Advice, ErrorCode, Outgoing, RequestId, RoomRef, ServerFrame};
use crate::storage::{Page, ReadError, Store};
use std::sync::Arc;
use std::time::Duration;

/// How long to wait when readers or a room are busy.
const AGAIN: Duration = Duration::from_millis(5);

impl Connection {
    /// Begins to follow a room, as soon as its turn comes.
    pub(super) fn open_room(
        &mut self,
        position: RoomRef,
        id: Option<RequestId>,
        cx: &mut Cx<'_, Self>,
    ) {
        let Session::Open(open) = &mut self.session else {
            return;
        };
        let room = position.room;
        if !open.capability.covers(&room) {
            let message = "the token does not cover this room";
            return self.not_opened(room, id, ErrorCode::Forbidden, Advice::Fix, message);
        }
        if !open.following.queue(Opening { position, id }) {
            let message = "too many open rooms: close some";
            return self.not_opened(room, id, ErrorCode::TooLarge, Advice::Fix, message);
        }
        self.open_next(cx);
    }

    /// Opens rooms while it is their turn.
    fn open_next(&mut self, cx: &mut Cx<'_, Self>) {
        while let Session::Open(open) = &mut self.session
            && let Some((opening, subscription)) = open.following.next_opening()
        {
            let Opening { position, id } = opening;
            let room = position.room;
            let address = cx.address();
            let subscribe = RoomMessage::Subscribe(Box::new(Subscribe {
                connection: self.id,
                subscription,
                address: cx.address(),
                outbox: Arc::clone(&self.outbox),
                caller: open.caller.clone(),
                status: open.status,
                position,
                id,
                credit: Credit::new(Arc::new(move || {
                    // Refused only when the connection is gone.
                    let answered = ConnectionMessage::Answered { room, subscription };
                    let _ = address.push(ConnectionLane::Room, answered);
                })),
            }));
            if let Err(error) = self.node.rooms.tell(room, RoomLane::Request, subscribe) {
                open.following.rooms.remove(&room);
                let (code, advice) = error.code();
                self.not_opened(room, id, code, advice, &error.to_string());
            }
        }
    }

    fn not_opened(
        &self,
        room: RoomId,
        id: Option<RequestId>,
        code: ErrorCode,
        advice: Advice,
        message: &str,
    ) {
        match id {
            Some(_) => self.refuse(id, code, advice, message),
            None => self.send(ServerFrame::Closed { room, code, advice }),
        }
    }

    /// The answer to a subscription is out of the way, or there will be none: then it is asked again.
    pub(super) fn answered(
        &mut self,
        room: RoomId,
        subscription: Subscription,
        cx: &mut Cx<'_, Self>,
    ) {
        if let Session::Open(open) = &mut self.session {
            open.following.answered(room, subscription);
        }
        self.open_next(cx);
    }

    /// Stops following a room; false when the room has too much to do to hear of it.
    pub(super) fn close_room(&mut self, room: RoomId) -> bool {
        let follows = self
            .following()
            .is_some_and(|following| following.contains(room));
        if follows && !self.unsubscribe(room) {
            return false;
        }
        self.forget(room);
        true
    }

    /// Ends the following of a room here; whoever wanted to open it is answered.
    fn forget(&mut self, room: RoomId) {
        let waiting = self
            .following()
            .map(|following| following.remove(room))
            .unwrap_or_default();
        for Opening { id, .. } in waiting {
            if id.is_some() {
                let message = "closed before it was opened";
                self.refuse(id, ErrorCode::Overloaded, Advice::Retry, message);
            }
        }
    }

    /// Stops following all rooms, and being found.
    pub(super) fn leave_all(&mut self) {
        let Session::Open(open) = &mut self.session else {
            return;
        };
        self.node.users.gone(self.id, &open.capability.user);
        for room in std::mem::take(&mut open.following).rooms.into_keys() {
            // A room that is too busy to hear it finds the outbox closed in a while.
            self.unsubscribe(room);
        }
    }

    fn unsubscribe(&self, room: RoomId) -> bool {
        let connection = self.id;
        let message = RoomMessage::Unsubscribe { connection };
        self.node
            .rooms
            .tell_if_active(room, RoomLane::Request, message)
    }

    /// The token no longer covers some of the rooms.
    pub(super) fn leave_uncovered(&mut self) {
        let Session::Open(open) = &mut self.session else {
            return;
        };
        let rooms = open.following.rooms.keys().copied();
        let uncovered: Vec<_> = rooms.filter(|room| !open.capability.covers(room)).collect();
        for room in uncovered {
            self.drop_room(room, ErrorCode::Forbidden, Advice::Fix);
        }
    }

    /// A room no longer counts this connection among its subscribers.
    pub(super) fn put_out(&mut self, room: RoomId, subscription: Subscription) {
        if let Some(following) = self.following()
            && following.under(room, subscription).is_some()
        {
            following.rooms.remove(&room);
        }
    }

    /// A room took the subscription, or is here again: catch up with it if anything is missing.
    pub(super) fn taken(
        &mut self,
        room: RoomId,
        subscription: Subscription,
        missing: Option<Missing>,
        cx: &mut Cx<'_, Self>,
    ) {
        let Some(following) = self.following() else {
            return;
        };
        let Some(followed) = following.under(room, subscription) else {
            return;
        };
        followed.asked = None;
        if let Some(missing) = missing {
            following.catch_up(room, CatchUp::new(missing));
            self.advance(room, cx);
        }
    }

    /// The room has gone on.
    pub(super) fn behind(
        &mut self,
        room: RoomId,
        subscription: Subscription,
        head: Offset,
        cx: &mut Cx<'_, Self>,
    ) {
        let followed = self
            .following()
            .and_then(|following| following.under(room, subscription));
        if let Some(catch_up) = followed.and_then(|followed| followed.catch_up.as_mut()) {
            catch_up.behind(head);
            self.advance(room, cx);
        }
    }

    /// The socket took a page.
    pub(super) fn page_taken(&mut self, room: RoomId, number: u32, cx: &mut Cx<'_, Self>) {
        let Some(following) = self.following() else {
            return;
        };
        following.page_ends();
        if let Some(catch_up) = following.catching_up(room, number) {
            catch_up.page_taken();
        }
        self.feed_hungry(cx);
        self.advance(room, cx);
    }

    /// A page was read: it goes to the socket.
    pub(super) fn page(
        &mut self,
        room: RoomId,
        number: u32,
        page: Result<Page, ReadError>,
        cx: &mut Cx<'_, Self>,
    ) {
        let Some(following) = self.following() else {
            return;
        };
        let page = match (following.catching_up(room, number), page) {
            (Some(catch_up), Ok(page)) => {
                catch_up.page_read(page.next, !page.entries.is_empty());
                Some(page)
            }
            (Some(_), Err(error)) => {
                self.cannot_read(room, &error);
                None
            }
            (None, _) => None,
        };
        match page {
            Some(page) if !page.entries.is_empty() => {
                let frame = Arc::new(Outgoing::new(ServerFrame::Ops {
                    id: None,
                    room,
                    ops: page.entries,
                    more: false,
                }));
                let item = OutItem::Page(frame, page_credit(room, number, cx));
                outbox::push(&self.outbox, OutLane::Ops, item);
                self.node.metrics.sync_pages.inc();
            }
            _ => {
                if let Some(following) = self.following() {
                    following.page_ends();
                }
                self.feed_hungry(cx);
            }
        }
        self.advance(room, cx);
    }

    fn cannot_read(&mut self, room: RoomId, error: &ReadError) {
        tracing::error!(%room, connection = %self.id, %error, "a page cannot be read");
        let (code, advice) = (ErrorCode::RoomUnavailable, Advice::Operator);
        self.drop_room(room, code, advice);
    }

    /// Ends the following of a room for the client's sake, and says why.
    fn drop_room(&mut self, room: RoomId, code: ErrorCode, advice: Advice) {
        // A room that is too busy to hear it goes on sending, which does no harm.
        self.unsubscribe(room);
        self.forget(room);
        self.send(ServerFrame::Closed { room, code, advice });
    }

    fn feed_hungry(&mut self, cx: &mut Cx<'_, Self>) {
        while let Some(room) = self.following().and_then(Following::next_hungry) {
            self.advance(room, cx);
        }
    }

    /// A queue was full: every room that waits for it tries again.
    pub(super) fn again(&mut self, cx: &mut Cx<'_, Self>) {
        let Some(following) = self.following() else {
            return;
        };
        following.tries_again = false;
        let rooms: Vec<_> = following.rooms.keys().copied().collect();
        for room in rooms {
            self.advance(room, cx);
        }
    }

    /// Does whatever is next in catching up with a room.
    fn advance(&mut self, room: RoomId, cx: &mut Cx<'_, Self>) {
        let Some(following) = self.following() else {
            return;
        };
        let may_read = following.may_read();
        let Some(followed) = following.rooms.get_mut(&room) else {
            return;
        };
        let (subscription, number) = (followed.subscription, followed.catch_up_number);
        let Some(catch_up) = &mut followed.catch_up else {
            return;
        };
        let done = match catch_up.step(may_read) {
            Step::Wait => true,
            Step::Queue => {
                following.wait_for_page(room);
                true
            }
            Step::Tell(offset) => self.tell_caught_up(room, subscription, offset),
            Step::Read {
                after,
                up_to,
                vector,
            } => self.read_page(room, number, after, up_to, vector, cx),
        };
        if done {
            return;
        }
        if let Some(following) = self.following() {
            if let Some(catch_up) = following.catching_up(room, number) {
                catch_up.not_done();
            }
            if !following.tries_again {
                following.tries_again = true;
                cx.after(AGAIN, ConnectionMessage::Again);
            }
        }
    }

    /// False when the room has too much to do.
    fn tell_caught_up(&self, room: RoomId, subscription: Subscription, offset: Offset) -> bool {
        let message = RoomMessage::CaughtUp {
            connection: self.id,
            subscription,
            offset,
        };
        self.node
            .rooms
            .tell_if_active(room, RoomLane::Request, message)
    }

    /// False when the readers have too much to do.
    fn read_page(
        &mut self,
        room: RoomId,
        number: u32,
        after: Offset,
        up_to: Offset,
        vector: Option<Arc<VersionVector>>,
        cx: &mut Cx<'_, Self>,
    ) -> bool {
        let address = cx.address();
        let read = Box::new(move |store: &Store| {
            let page = match vector {
                None => store.read_log(room, after, up_to, PAGE),
                Some(vector) => read_since(store, room, &vector, after, up_to),
            };
            let message = ConnectionMessage::Page {
                room,
                catch_up: number,
                page,
            };
            // Refused only when the connection is gone.
            let _ = address.push(ConnectionLane::Room, message);
        });
        if self.node.readers.submit(read).is_err() {
            return false;
        }
        if let Some(following) = self.following() {
            following.page_begins();
        }
        true
    }

    fn following(&mut self) -> Option<&mut Following> {
        match &mut self.session {
            Session::Open(open) => Some(&mut open.following),
            Session::Login(_) | Session::Closing => None,
        }
    }
}

/// A page of what the vector does not contain; the first one starts late, at the first op that it misses.
fn read_since(
    store: &Store,
    room: RoomId,
    vector: &VersionVector,
    after: Offset,
    up_to: Offset,
) -> Result<Page, ReadError> {
    let after = if after == Offset::MIN {
        store.start_of(room, vector)?
    } else {
        after
    };
    store.read_since(room, vector, after, up_to, PAGE)
}

/// Tells the connection when the socket has taken a page.
fn page_credit(room: RoomId, catch_up: u32, cx: &Cx<'_, Connection>) -> Credit {
    let address = cx.address();
    Credit::new(Arc::new(move || {
        // Refused only when the connection is gone.
        let _ = address.push(
            ConnectionLane::Room,
            ConnectionMessage::PageTaken { room, catch_up },
        );
    }))
}
