//! Requests of a client who is here: to a room, to one that is to be made, or to the disk.

use super::{Connection, Session};
use crate::actors::listing;
use crate::actors::node::Node;
use crate::actors::reply::Reply;
use crate::actors::room::{Ask, Create, Question, Request, RoomLane, RoomMessage};
use crate::chat::{Command, Founding};
use crate::crdt::{Dot, Role, Stamp, Visibility};
use crate::id::{InviteId, RoomId, UserId};
use crate::protocol::limits::{INVITE_S_MAX, LIST_MAX};
use crate::protocol::{Advice, ErrorCode, RequestId, ServerFrame, Status};
use crate::storage::Store;

impl Connection {
    /// Has a room decide.
    pub(super) fn command(&mut self, id: RequestId, room: RoomId, command: Command, bytes: usize) {
        let Some(reply) = self.reply(id, room) else {
            return;
        };
        let Session::Open(open) = &self.session else {
            return;
        };
        let (connection, caller) = (self.id, open.caller.clone());
        let request = RoomMessage::Request(Box::new(Request {
            connection,
            caller,
            command,
            bytes,
            reply,
        }));
        self.tell(room, request);
    }

    pub(super) fn ask(&mut self, id: RequestId, room: RoomId, question: Question) {
        let Some(reply) = self.reply(id, room) else {
            return;
        };
        let Session::Open(open) = &self.session else {
            return;
        };
        let caller = open.caller.clone();
        self.tell(
            room,
            RoomMessage::Ask(Box::new(Ask {
                caller,
                question,
                reply,
            })),
        );
    }

    pub(super) fn create(
        &mut self,
        id: RequestId,
        name: String,
        visibility: Visibility,
        retention_days: Option<u32>,
    ) {
        let Session::Open(open) = &self.session else {
            return;
        };
        if !open.capability.rights.can_create() || open.capability.rooms.is_some() {
            return self.refuse(
                Some(id),
                ErrorCode::Forbidden,
                Advice::Fix,
                "the token does not allow making rooms",
            );
        }
        if visibility == Visibility::Direct {
            return self.refuse(
                Some(id),
                ErrorCode::Malformed,
                Advice::Fix,
                "use room.direct",
            );
        }
        let Some(room) = self.node.random().map(RoomId::from_bytes) else {
            return self.refuse(
                Some(id),
                ErrorCode::Overloaded,
                Advice::Retry,
                "no randomness",
            );
        };
        let caller = open.caller.clone();
        let reply = self.promise(id, Some(room));
        let founding = Founding::Group {
            name,
            visibility,
            retention_days: retention_days.or(self.node.settings.retention_days),
        };
        self.tell(
            room,
            RoomMessage::Create(Box::new(Create {
                caller,
                founding,
                reply,
            })),
        );
    }

    pub(super) fn direct(&mut self, id: RequestId, user: UserId) {
        let Session::Open(open) = &self.session else {
            return;
        };
        let room = Node::direct_room(&open.capability.user, &user);
        if !open.capability.rights.can_create() || !open.capability.covers(&room) {
            return self.refuse(
                Some(id),
                ErrorCode::Forbidden,
                Advice::Fix,
                "the token does not allow direct rooms",
            );
        }
        let caller = open.caller.clone();
        let reply = self.promise(id, Some(room));
        let other_name = self
            .node
            .users
            .name_of(&user)
            .unwrap_or_else(|| user.to_string());
        let founding = Founding::Direct {
            other: user,
            other_name,
            retention_days: self.node.settings.retention_days,
        };
        self.tell(
            room,
            RoomMessage::Create(Box::new(Create {
                caller,
                founding,
                reply,
            })),
        );
    }

    /// A list of rooms: the user's own, or public ones.
    pub(super) fn list(&mut self, id: RequestId, public: bool, after: Option<RoomId>) {
        let Session::Open(open) = &self.session else {
            return;
        };
        let (user, only) = (open.capability.user.clone(), open.capability.rooms.clone());
        self.read(id, None, move |store, reply| {
            let listed = listing::rooms(store, &user, public, after, LIST_MAX, |room| {
                only.as_ref().is_none_or(|only| only.contains(room))
            });
            match listed {
                Ok((rooms, more)) => reply.send(ServerFrame::Rooms { id, rooms, more }),
                Err(error) => reply.refuse(
                    ErrorCode::RoomUnavailable,
                    Advice::Operator,
                    error.to_string(),
                ),
            }
        });
    }

    /// Reads from disk on a reader's thread, which answers.
    fn read(
        &mut self,
        id: RequestId,
        room: Option<RoomId>,
        read: impl FnOnce(&Store, Reply) + Send + 'static,
    ) {
        let reply = self.promise(id, room);
        if self
            .node
            .readers
            .submit(Box::new(move |store| read(store, reply)))
            .is_err()
        {
            // The dropped reply has told the client to send again.
            tracing::debug!("the readers are busy");
        }
    }

    pub(super) fn status(&mut self, status: Status) {
        let connection = self.id;
        let Session::Open(open) = &mut self.session else {
            return;
        };
        open.status = status;
        for room in open.following.rooms.keys() {
            self.node.rooms.tell_if_active(
                *room,
                RoomLane::Signal,
                RoomMessage::Presence { connection, status },
            );
        }
    }

    /// An invite under a new random id.
    pub(super) fn invite(
        &mut self,
        id: RequestId,
        room: RoomId,
        role: Role,
        expires_s: u64,
        uses: Option<u32>,
        bytes: usize,
    ) {
        let Some(invite) = self.node.random().map(InviteId::from_bytes) else {
            let message = "no randomness";
            return self.refuse(Some(id), ErrorCode::Overloaded, Advice::Retry, message);
        };
        let expires_ms = self.node.clock.now_ms() + expires_s.min(INVITE_S_MAX + 1) * 1000;
        let create = Command::CreateInvite {
            invite,
            role,
            expires_ms,
            uses,
        };
        self.command(id, room, create, bytes);
    }

    /// The client does not want a room any more.
    pub(super) fn stop_following(&mut self, id: RequestId, room: RoomId) {
        if self.close_room(room) {
            self.send(ServerFrame::Ok { id });
        } else {
            let message = "the room has too much to do";
            self.refuse(Some(id), ErrorCode::Overloaded, Advice::Retry, message);
        }
    }

    /// The user has read up to a message.
    pub(super) fn read_up_to(&mut self, room: RoomId, stamp: Stamp, dot: Dot) {
        if let Session::Open(open) = &self.session {
            let caller = open.caller.clone();
            self.signal(room, RoomMessage::Read { caller, stamp, dot });
        }
    }

    /// Something that may be lost, about a room that is followed.
    pub(super) fn signal(&mut self, room: RoomId, message: RoomMessage) {
        if matches!(&self.session, Session::Open(open) if open.following.contains(room)) {
            self.node
                .rooms
                .tell_if_active(room, RoomLane::Signal, message);
        }
    }

    /// A promise to answer, if the token covers the room.
    pub(super) fn reply(&self, id: RequestId, room: RoomId) -> Option<Reply> {
        let Session::Open(open) = &self.session else {
            return None;
        };
        if !open.capability.covers(&room) {
            self.refuse(
                Some(id),
                ErrorCode::Forbidden,
                Advice::Fix,
                "the token does not cover this room",
            );
            return None;
        }
        Some(self.promise(id, Some(room)))
    }

    /// Hands a request to a room; should that fail, the reply in it has said why.
    fn tell(&self, room: RoomId, message: RoomMessage) {
        if let Err(error) = self.node.rooms.tell(room, RoomLane::Request, message) {
            tracing::debug!(%room, %error, "a request was not taken");
        }
    }
}
