//! Who follows a room: opening, catching up, presence, being put out.

use super::answers;
use super::message::Subscribe;
use super::requests::refuse;
use super::{OpenRoom, RoomActor, State, Subscriber};
use crate::actors::connection::{ConnectionLane, ConnectionMessage};
use crate::actors::outbox::{self, OutLane};
use crate::actors::reply::Reply;
use crate::actors::supervision::Cx;
use crate::chat::{self, Here, Link, Marker, PresenceDiff, Seen, Types};
use crate::crdt::VersionVector;
use crate::id::{ConnectionId, Offset, RoomId, UserId};
use crate::protocol::{
    Advice, Cursor, ErrorCode, Outgoing, PresenceChange, PresenceState, RoomRef, ServerFrame,
    Status,
};
use std::sync::Arc;

/// Read markers of others are shown in rooms up to this many members.
const MARKERS_SHOWN_MEMBERS_MAX: usize = 100;

impl RoomActor {
    /// A connection begins to follow the room.
    pub(super) fn subscribe(&mut self, subscribe: Subscribe, cx: &mut Cx<'_, Self>) {
        if matches!(self.state, State::Closing) {
            let reopen = ConnectionMessage::Reopen { room: self.room };
            // Refused only when the connection is gone.
            let _ = subscribe.address.push(ConnectionLane::Room, reopen);
            return;
        }
        let State::Open(open) = &mut self.state else {
            return decline(&subscribe, self.room, &chat::Refusal::NotVisible);
        };
        if !open.machine.is_member(&subscribe.caller.user) {
            return decline(&subscribe, self.room, &answers::unseen(&open.machine));
        }
        open.busy_at = cx.now();
        let (after, vector, epoch_changed) = open.start(&subscribe.position);
        let info = answers::room_info(&open.machine, open.durable, &subscribe.caller);
        outbox::deliver(
            &subscribe.outbox,
            OutLane::Control,
            ServerFrame::Opened {
                id: subscribe.id,
                info,
                epoch_changed,
            },
        );
        let (id, user) = (subscribe.connection, subscribe.caller.user.clone());
        open.presence.set(&user, Link(id.0), here(subscribe.status));
        let everyone = presence_frame(self.room, open.presence.now(open.machine.member_count()));
        outbox::deliver(&subscribe.outbox, OutLane::Signal, everyone);
        let mut subscriber = Subscriber {
            user,
            outbox: subscribe.outbox,
            connection: subscribe.address,
            status: subscribe.status,
            queued: after,
            live: false,
        };
        if vector.is_none() && subscriber.catch_up(&open.ring, open.durable) {
            outbox::deliver(&subscriber.outbox, OutLane::Ops, open.synced(self.room));
        } else {
            let sync = ConnectionMessage::Sync {
                room: self.room,
                after,
                up_to: open.durable,
                vector,
            };
            tell(&subscriber, sync);
        }
        self.roster.lock().insert(id, subscriber);
        self.flush_presence();
    }

    /// A connection has queued everything up to `offset`.
    pub(super) fn caught_up(&mut self, connection: ConnectionId, offset: Offset) {
        let State::Open(open) = &mut self.state else {
            return;
        };
        let mut roster = self.roster.lock();
        let Some(subscriber) = roster.get_mut(&connection) else {
            return;
        };
        subscriber.queued = subscriber.queued.max(offset);
        if subscriber.catch_up(&open.ring, open.durable) {
            outbox::deliver(&subscriber.outbox, OutLane::Ops, open.synced(self.room));
        } else {
            tell(
                subscriber,
                ConnectionMessage::Behind {
                    room: self.room,
                    head: open.durable,
                },
            );
        }
    }

    /// A connection stops following, or is gone.
    pub(super) fn unsubscribe(&mut self, connection: ConnectionId, cx: &mut Cx<'_, Self>) {
        let Some(gone) = self.roster.lock().remove(&connection) else {
            return;
        };
        if let State::Open(open) = &mut self.state {
            open.busy_at = cx.now();
            if open.presence.remove(&gone.user, Link(connection.0)) {
                open.machine.seen(&gone.user, self.node.clock.now_ms());
            }
        }
        self.flush_presence();
    }

    /// Lets go of subscribers whose connection is gone.
    pub(super) fn sweep(&mut self, cx: &mut Cx<'_, Self>) {
        let roster = self.roster.lock();
        let ended = roster.iter().filter(|(_, s)| s.outbox.is_closed());
        let ended: Vec<ConnectionId> = ended.map(|(id, _)| *id).collect();
        drop(roster);
        for id in ended {
            self.unsubscribe(id, cx);
        }
    }

    /// Typing started or stopped.
    pub(super) fn typing(&mut self, connection: ConnectionId, on: bool) {
        let State::Open(open) = &mut self.state else {
            return;
        };
        let user = self
            .roster
            .lock()
            .get(&connection)
            .map(|subscriber| subscriber.user.clone());
        if let Some(user) = user {
            let types = if on { Types::Go } else { Types::Stop };
            open.presence.typing(&user, types, self.node.clock.now_ms());
        }
        self.flush_presence();
    }

    /// A device's status changed.
    pub(super) fn presence(&mut self, connection: ConnectionId, new: Status) {
        let State::Open(open) = &mut self.state else {
            return;
        };
        let mut roster = self.roster.lock();
        let Some(subscriber) = roster.get_mut(&connection) else {
            return;
        };
        subscriber.status = new;
        open.presence
            .set(&subscriber.user, Link(connection.0), here(new));
        drop(roster);
        self.flush_presence();
    }

    /// Ends a user's following on every connection: no longer a member.
    pub(super) fn put_out(&mut self, user: &UserId) {
        let (room, mut out) = (self.room, Vec::new());
        self.roster.lock().retain(|id, subscriber| {
            if subscriber.user != *user {
                return true;
            }
            let (code, advice) = (ErrorCode::NotAMember, Advice::Fix);
            outbox::deliver(
                &subscriber.outbox,
                OutLane::Ops,
                ServerFrame::Closed { room, code, advice },
            );
            tell(subscriber, ConnectionMessage::PutOut { room });
            out.push(Link(id.0));
            false
        });
        if let State::Open(open) = &mut self.state {
            for link in out {
                open.presence.remove(user, link);
            }
        }
    }

    /// A read marker moved: the user's other devices learn the unread count, small rooms who has read.
    pub(super) fn marker_moved(&mut self, user: &UserId, marker: Marker, unread: u64) {
        let State::Open(open) = &self.state else {
            return;
        };
        let frame = |unread| {
            let (room, user, stamp, dot) = (self.room, user.clone(), marker.stamp, marker.dot);
            Arc::new(Outgoing::new(ServerFrame::Read {
                room,
                user,
                stamp,
                dot,
                unread,
            }))
        };
        self.roster
            .signal(&frame(Some(unread)), |subscriber| subscriber.user == *user);
        if open.machine.member_count() <= MARKERS_SHOWN_MEMBERS_MAX {
            self.roster
                .signal(&frame(None), |subscriber| subscriber.user != *user);
        }
    }

    /// Sends what changed of presence and typing, at most once a second.
    pub(super) fn flush_presence(&mut self) {
        let State::Open(open) = &mut self.state else {
            return;
        };
        let members = open.machine.member_count();
        let Some(diff) = open.presence.flush(self.node.clock.now_ms(), members) else {
            return;
        };
        let (
            room,
            PresenceDiff {
                presence,
                typing: on,
                stopped: off,
            },
        ) = (self.room, diff);
        if let Some(seen) = presence {
            self.roster
                .signal(&Arc::new(Outgoing::new(presence_frame(room, seen))), |_| {
                    true
                });
        }
        if !on.is_empty() || !off.is_empty() {
            self.roster.signal(
                &Arc::new(Outgoing::new(ServerFrame::Typing { room, on, off })),
                |_| true,
            );
        }
    }

    /// Takes over the subscribers of the incarnation before: whoever misses something is brought up to date.
    pub(super) fn adopt(&mut self, open: &mut OpenRoom) {
        for (id, subscriber) in self.roster.lock().iter_mut() {
            open.presence
                .set(&subscriber.user, Link(id.0), here(subscriber.status));
            let was_live = subscriber.live;
            if !subscriber.catch_up(&open.ring, open.durable) && was_live {
                let (room, after, up_to) = (self.room, subscriber.queued, open.durable);
                tell(
                    subscriber,
                    ConnectionMessage::Sync {
                        room,
                        after,
                        up_to,
                        vector: None,
                    },
                );
            }
        }
    }
}

impl OpenRoom {
    /// Where a sync starts: after which offset, leaving out what, and whether the client's epoch was another.
    fn start(&self, position: &RoomRef) -> (Offset, Option<VersionVector>, bool) {
        let epoch = self.machine.head().epoch;
        match (position.cursor, &position.vv, position.tail) {
            (Some(Cursor(of, offset)), _, _) if of == epoch => {
                (offset.min(self.durable), None, false)
            }
            (cursor, Some(vector), _) => (Offset::MIN, Some(vector.clone()), cursor.is_some()),
            (cursor, None, Some(tail)) => {
                let skipped = self.durable.get().saturating_sub(u64::from(tail));
                (
                    Offset::try_from(skipped).unwrap_or(Offset::MIN),
                    None,
                    cursor.is_some(),
                )
            }
            (cursor, None, None) => (Offset::MIN, None, cursor.is_some()),
        }
    }

    fn synced(&self, room: RoomId) -> ServerFrame {
        ServerFrame::Synced {
            room,
            cursor: Cursor(self.machine.head().epoch, self.durable),
        }
    }

    /// Where a member is.
    pub(super) fn presence_of(&self, user: &UserId, member: &chat::Member) -> PresenceState {
        match self.presence.of(user) {
            Some(here) => PresenceState {
                status: Some(status(here)),
                last_seen_ms: None,
            },
            None => {
                let last_seen_ms = Some(member.last_seen_ms).filter(|at_ms| *at_ms > 0);
                PresenceState {
                    status: None,
                    last_seen_ms,
                }
            }
        }
    }
}

/// A subscription is refused.
fn decline(subscribe: &Subscribe, room: RoomId, refusal: &chat::Refusal) {
    let outbox = Arc::clone(&subscribe.outbox);
    match subscribe.id {
        Some(id) => refuse(Reply::new(id, Some(room), outbox), refusal),
        None => {
            let (code, advice) = answers::refusal_code(refusal);
            outbox::deliver(
                &outbox,
                OutLane::Control,
                ServerFrame::Closed { room, code, advice },
            );
        }
    }
    let gone = ConnectionMessage::PutOut { room };
    let _ = subscribe.address.push(ConnectionLane::Room, gone);
}

/// Tells a subscriber's connection. A connection that takes no more messages is closing, and unsubscribes as it ends.
fn tell(subscriber: &Subscriber, message: ConnectionMessage) {
    let _ = subscriber.connection.push(ConnectionLane::Room, message);
}

fn presence_frame(room: RoomId, seen: Seen) -> ServerFrame {
    let change = |(user, here): (UserId, Option<Here>)| {
        let presence = PresenceState {
            status: here.map(status),
            last_seen_ms: None,
        };
        PresenceChange { user, presence }
    };
    let changes = seen.changes.into_iter().map(change).collect();
    ServerFrame::Presence {
        room,
        changes,
        online: u32::try_from(seen.here).unwrap_or(u32::MAX),
    }
}

fn here(status: Status) -> Here {
    match status {
        Status::Online => Here::Online,
        Status::Away => Here::Away,
    }
}

fn status(here: Here) -> Status {
    match here {
        Here::Online => Status::Online,
        Here::Away => Status::Away,
    }
}
