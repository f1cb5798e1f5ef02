//! The rooms a connection follows: opening them, and reading what the client misses as its socket takes it.

use super::catch_up::{CatchUp, Step};
use super::{Connection, ConnectionLane, ConnectionMessage, Followed, Open, Session};
use crate::actors::outbox::{self, Credit, OutItem, OutLane};
use crate::actors::readers::PAGE;
use crate::actors::room::{RoomLane, RoomMessage, Subscribe};
use crate::actors::supervision::Cx;
use crate::crdt::VersionVector;
use crate::id::{Offset, RoomId};
use crate::protocol::limits::OPEN_ROOMS_MAX;
use crate::protocol::{Advice, ErrorCode, Outgoing, RequestId, RoomRef, ServerFrame};
use crate::storage::{Page, ReadError, Store};
use std::sync::Arc;
use std::time::Duration;

/// How long to wait when the readers are busy.
const READ_AGAIN: Duration = Duration::from_millis(5);
/// How long to wait when a room takes no more: until it hears of it, its subscriber gets no live ops.
const TELL_AGAIN: Duration = Duration::from_millis(100);

impl Connection {
    /// Begins to follow a room.
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
            return self.refuse(
                id,
                ErrorCode::Forbidden,
                Advice::Fix,
                "the token does not cover this room",
            );
        }
        if open.rooms.len() >= OPEN_ROOMS_MAX && !open.rooms.contains_key(&room) {
            return self.refuse(
                id,
                ErrorCode::TooLarge,
                Advice::Fix,
                "too many open rooms: close some",
            );
        }
        let followed = open.rooms.entry(room).or_insert_with(|| {
            Box::new(Followed {
                position: position.clone(),
                id,
                catch_up: None,
                generation: 0,
            })
        });
        followed.position = position;
        followed.id = id;
        followed.catch_up = None;
        followed.generation = followed.generation.wrapping_add(1);
        self.subscribe(room, cx);
    }

    /// The room was leaving memory just as it was opened.
    pub(super) fn reopen(&mut self, room: RoomId, cx: &mut Cx<'_, Self>) {
        self.subscribe(room, cx);
    }

    fn subscribe(&mut self, room: RoomId, cx: &mut Cx<'_, Self>) {
        let Session::Open(open) = &mut self.session else {
            return;
        };
        let Some(followed) = open.rooms.get(&room) else {
            return;
        };
        let (position, id) = (followed.position.clone(), followed.id);
        let subscribe = RoomMessage::Subscribe(Box::new(Subscribe {
            connection: self.id,
            address: cx.address(),
            outbox: Arc::clone(&self.outbox),
            caller: open.caller.clone(),
            status: open.status,
            position,
            id,
        }));
        if let Err(error) = self.node.rooms.tell(room, RoomLane::Request, subscribe) {
            open.rooms.remove(&room);
            let (code, advice) = error.code();
            match id {
                Some(_) => self.refuse(id, code, advice, error.to_string()),
                None => self.send(ServerFrame::Closed { room, code, advice }),
            }
        }
    }

    /// Stops following a room.
    pub(super) fn close_room(&mut self, room: RoomId) {
        let Session::Open(open) = &mut self.session else {
            return;
        };
        if open.rooms.remove(&room).is_some() {
            self.node.rooms.tell_if_active(
                room,
                RoomLane::Request,
                RoomMessage::Unsubscribe {
                    connection: self.id,
                },
            );
        }
    }

    /// Stops following all rooms, and being found.
    pub(super) fn leave_all(&mut self) {
        let Session::Open(open) = &mut self.session else {
            return;
        };
        self.node.users.gone(self.id, &open.capability.user);
        for room in std::mem::take(&mut open.rooms).into_keys() {
            self.node.rooms.tell_if_active(
                room,
                RoomLane::Request,
                RoomMessage::Unsubscribe {
                    connection: self.id,
                },
            );
        }
    }

    /// A room no longer counts this connection among its subscribers.
    pub(super) fn put_out(&mut self, room: RoomId) {
        if let Session::Open(open) = &mut self.session {
            open.rooms.remove(&room);
        }
    }

    /// A room took the subscription, or is here again: catch up with it.
    pub(super) fn sync(&mut self, room: RoomId, catch_up: CatchUp, cx: &mut Cx<'_, Self>) {
        let Session::Open(open) = &mut self.session else {
            return;
        };
        let Some(followed) = open.rooms.get_mut(&room) else {
            return;
        };
        followed.generation = followed.generation.wrapping_add(1);
        followed.catch_up = Some(catch_up);
        self.advance(room, cx);
    }

    /// The room has gone on.
    pub(super) fn behind(&mut self, room: RoomId, head: Offset, cx: &mut Cx<'_, Self>) {
        if let Some(catch_up) = self.catch_up(room, None) {
            catch_up.behind(head);
            self.advance(room, cx);
        }
    }

    /// The socket took a page.
    pub(super) fn page_taken(&mut self, room: RoomId, generation: u32, cx: &mut Cx<'_, Self>) {
        if let Some(catch_up) = self.catch_up(room, Some(generation)) {
            catch_up.page_taken();
            self.advance(room, cx);
        }
    }

    /// A page was read: it goes to the socket.
    pub(super) fn page(
        &mut self,
        room: RoomId,
        generation: u32,
        page: Result<Page, ReadError>,
        cx: &mut Cx<'_, Self>,
    ) {
        if self.catch_up(room, Some(generation)).is_none() {
            return;
        }
        match page {
            Ok(page) => {
                let queued = !page.entries.is_empty();
                if queued {
                    let frame = ServerFrame::Ops {
                        id: None,
                        room,
                        ops: page.entries,
                        more: false,
                    };
                    let item =
                        OutItem::Page(Arc::new(Outgoing::new(frame)), credit(room, generation, cx));
                    outbox::push(&self.outbox, OutLane::Ops, item);
                    self.node.metrics.sync_pages.inc();
                }
                if let Some(catch_up) = self.catch_up(room, Some(generation)) {
                    catch_up.page_read(page.next, queued);
                }
                self.advance(room, cx);
            }
            Err(error) => {
                tracing::error!(%room, %error, "a page cannot be read");
                let (code, advice) = (ErrorCode::RoomUnavailable, Advice::Operator);
                self.send(ServerFrame::Closed { room, code, advice });
                self.close_room(room);
            }
        }
    }

    /// Does whatever is next in catching up with a room.
    pub(super) fn advance(&mut self, room: RoomId, cx: &mut Cx<'_, Self>) {
        let connection = self.id;
        let Session::Open(open) = &mut self.session else {
            return;
        };
        let Some(followed) = open.rooms.get_mut(&room) else {
            return;
        };
        let generation = followed.generation;
        let Some(catch_up) = &mut followed.catch_up else {
            return;
        };
        match catch_up.step() {
            Step::Wait => {}
            Step::Tell(offset) => {
                let message = RoomMessage::CaughtUp { connection, offset };
                let told = self
                    .node
                    .rooms
                    .tell_if_active(room, RoomLane::Request, message);
                if !told {
                    catch_up.untold();
                    cx.after(TELL_AGAIN, ConnectionMessage::ReadAgain { room });
                }
            }
            Step::Read {
                after,
                up_to,
                vector,
            } => {
                let address = cx.address();
                let read = Box::new(move |store: &Store| {
                    let page = match vector {
                        None => store.read_log(room, after, up_to, PAGE),
                        Some(vector) => read_since(store, room, &vector, after, up_to),
                    };
                    let message = ConnectionMessage::Page {
                        room,
                        catch_up: generation,
                        page,
                    };
                    // Refused only when the connection is gone.
                    let _ = address.push(ConnectionLane::Room, message);
                });
                if self.node.readers.submit(read).is_err() {
                    catch_up.read_failed();
                    cx.after(READ_AGAIN, ConnectionMessage::ReadAgain { room });
                }
            }
        }
    }

    fn catch_up(&mut self, room: RoomId, generation: Option<u32>) -> Option<&mut CatchUp> {
        let Session::Open(open) = &mut self.session else {
            return None;
        };
        let followed = open.rooms.get_mut(&room)?;
        let current = generation.is_none_or(|generation| generation == followed.generation);
        if current {
            followed.catch_up.as_mut()
        } else {
            None
        }
    }
}

impl Open {
    /// Whether the room is followed.
    pub(super) fn follows(&self, room: RoomId) -> bool {
        self.rooms.contains_key(&room)
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
fn credit(room: RoomId, catch_up: u32, cx: &Cx<'_, Connection>) -> Credit {
    let address = cx.address();
    Credit::new(Arc::new(move || {
        // Refused only when the connection is gone.
        let _ = address.push(
            ConnectionLane::Room,
            ConnectionMessage::PageTaken { room, catch_up },
        );
    }))
}
