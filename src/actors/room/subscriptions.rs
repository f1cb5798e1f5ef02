//! Who follows a room: opening, catching up, presence, being put out.

use super::answers;
use super::calls::show_call;
use super::message::{Subscribe, Subscription};
use super::{OpenRoom, RoomActor, State, Subscriber};
use crate::actors::connection::{ConnectionLane, ConnectionMessage, Missing};
use crate::actors::outbox::{self, OutItem, OutLane};
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
        let State::Open(open) = &mut self.state else {
            return decline(subscribe, self.room, &chat::Refusal::NotVisible);
        };
        if !open.machine.is_member(&subscribe.caller.user) {
            let refusal = answers::unseen(&open.machine);
            return decline(subscribe, self.room, &refusal);
        }
        open.upkeep.busy_at = cx.now();
        let Subscribe {
            connection: id,
            subscription,
            address: connection,
            outbox,
            caller,
            status,
            position,
            id: request,
            credit,
        } = subscribe;
        let (after, vector, epoch_changed) = open.start(&position);
        let opened = ServerFrame::Opened {
            id: request,
            info: answers::room_info(&open.machine, open.durable, &caller),
            epoch_changed,
        };
        let room = self.room;
        open.presence.set(&caller.user, Link(id.0), here(status));
        let mut subscriber = Subscriber {
            user: caller.user,
            outbox,
            connection,
            subscription,
            status,
            queued: after,
            expected: after,
            live: false,
        };
        // In the lane of the ops that follow it. The credit leaves last, so that few rooms at a time crowd the lane.
        outbox::deliver(&subscriber.outbox, OutLane::Ops, opened);
        show_call(&self.node, room, &subscriber.outbox);
        if vector.is_none() && subscriber.catch_up(&open.ring, open.durable) {
            subscriber.taken(room, None);
            let synced = Arc::new(Outgoing::new(open.synced(room)));
            let item = OutItem::Page(synced, credit);
            outbox::push(&subscriber.outbox, OutLane::Ops, item);
        } else {
            let missing = Missing {
                after,
                up_to: open.durable,
                vector,
            };
            subscriber.read(room, missing);
            drop(credit);
        }
        let everyone = open.presence.now(open.machine.member_count());
        let everyone = presence_frame(room, everyone, &open.machine);
        outbox::deliver(&subscriber.outbox, OutLane::Signal, everyone);
        self.roster.lock().insert(id, subscriber);
        self.flush_presence();
    }

    /// A connection has queued everything up to `offset`.
    pub(super) fn caught_up(
        &mut self,
        connection: ConnectionId,
        subscription: Subscription,
        offset: Offset,
    ) {
        let State::Open(open) = &mut self.state else {
            return;
        };
        let mut roster = self.roster.lock();
        let Some(subscriber) = roster.get_mut(&connection) else {
            return;
        };
        let is_old = subscriber.subscription != subscription || offset < subscriber.expected;
        if is_old || subscriber.live {
            return;
        }
        subscriber.queued = subscriber.queued.max(offset);
        if subscriber.catch_up(&open.ring, open.durable) {
            outbox::deliver(&subscriber.outbox, OutLane::Ops, open.synced(self.room));
        } else {
            subscriber.read_on(self.room, open.durable);
        }
    }

    /// A connection stops following, or is gone.
    pub(super) fn unsubscribe(&mut self, connection: ConnectionId, cx: &mut Cx<'_, Self>) {
        let Some(gone) = self.roster.lock().remove(&connection) else {
            return;
        };
        if let State::Open(open) = &mut self.state {
            open.upkeep.busy_at = cx.now();
        }
        self.left(&gone.user, Link(connection.0));
        self.flush_presence();
    }

    /// A subscriber is gone: its user too, with the last one.
    pub(super) fn left(&mut self, user: &UserId, link: Link) {
        if let State::Open(open) = &mut self.state
            && open.presence.remove(user, link)
        {
            open.machine.seen(user, self.node.clock.now_ms());
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
        for (connection, subscriber) in self.roster.take(|subscriber| subscriber.user == *user) {
            subscriber.put_out(self.room, ErrorCode::NotAMember, Advice::Fix);
            self.left(user, Link(connection.0));
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
            let frame = presence_frame(room, seen, &open.machine);
            self.roster
                .signal(&Arc::new(Outgoing::new(frame)), |_| true);
        }
        if !on.is_empty() || !off.is_empty() {
            self.roster.signal(
                &Arc::new(Outgoing::new(ServerFrame::Typing { room, on, off })),
                |_| true,
            );
        }
    }

    /// Takes over the subscribers of the incarnation before. Who is live and misses something is brought up to date; who
    /// was catching up goes on, and asks again in case its question was lost; who is no longer a member is put out.
    pub(super) fn adopt(&mut self, open: &mut OpenRoom) {
        let room = self.room;
        let is_out = |subscriber: &Subscriber| !open.machine.is_member(&subscriber.user);
        for (_, subscriber) in self.roster.take(is_out) {
            subscriber.put_out(room, ErrorCode::NotAMember, Advice::Fix);
        }
        for (id, subscriber) in self.roster.lock().iter_mut() {
            open.presence
                .set(&subscriber.user, Link(id.0), here(subscriber.status));
            let head = open.durable;
            if !subscriber.live {
                subscriber.read_on(room, head);
            } else if !subscriber.catch_up(&open.ring, head) {
                let missing = Missing {
                    after: subscriber.queued,
                    up_to: head,
                    vector: None,
                };
                subscriber.read(room, missing);
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
            None => PresenceState {
                status: None,
                last_seen_ms: seen_at(member),
            },
        }
    }
}

/// A subscription is refused.
fn decline(subscribe: Subscribe, room: RoomId, refusal: &chat::Refusal) {
    let Subscribe {
        subscription,
        address,
        outbox,
        id,
        credit,
        ..
    } = subscribe;
    // Before the credit comes back, which would look like a subscription that was lost.
    let put_out = ConnectionMessage::PutOut { room, subscription };
    let _ = address.push(ConnectionLane::Room, put_out);
    let (code, advice) = answers::refusal_code(refusal);
    let frame = match id {
        Some(id) => ServerFrame::Error {
            id: Some(id),
            room: Some(room),
            code,
            advice,
            message: refusal.to_string(),
            retry_after_ms: None,
        },
        None => ServerFrame::Closed { room, code, advice },
    };
    let item = OutItem::Page(Arc::new(Outgoing::new(frame)), credit);
    outbox::push(&outbox, OutLane::Ops, item);
}

/// Who is here; of those who are not any more, since when.
fn presence_frame(room: RoomId, seen: Seen, machine: &chat::Room) -> ServerFrame {
    let last_seen = |user: &UserId| machine.member(user).and_then(seen_at);
    let change = |(user, here): (UserId, Option<Here>)| {
        let presence = PresenceState {
            status: here.map(status),
            last_seen_ms: here.map_or_else(|| last_seen(&user), |_| None),
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

/// When a member was last here; `None`: never.
fn seen_at(member: &chat::Member) -> Option<u64> {
    Some(member.last_seen_ms).filter(|at_ms| *at_ms > 0)
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
