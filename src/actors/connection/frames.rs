//! A client's frames: rate limits, the token's cap, then to the room or the readers they are for.

use super::cost::cost;
use super::{Connection, STRIKES_MAX, Session};
use crate::access::limits::{Cost, Limited};
use crate::actors::listing;
use crate::actors::node::Node;
use crate::actors::reply::Reply;
use crate::actors::room::{Ask, Create, Question, Request, RoomLane, RoomMessage};
use crate::actors::supervision::Cx;
use crate::chat::{Command, Founding, Removal};
use crate::crdt::Visibility;
use crate::id::{InviteId, RoomId, UserId};
use crate::protocol::limits::{INVITE_S_MAX, LIST_MAX, PAGE_OPS_MAX};
use crate::protocol::{
    Advice, ClientFrame, CloseCode, DecodeError, ErrorCode, RequestId, ServerFrame,
};
use crate::storage::Store;
use crate::telemetry::Refusal;
use std::sync::Arc;
use std::time::Instant;

impl Connection {
    /// Takes up one frame.
    pub(super) fn frame(&mut self, frame: ClientFrame, bytes: usize, cx: &mut Cx<'_, Self>) {
        match (&self.session, frame) {
            (Session::Closing, _) => {}
            (Session::Login(super::Login::AwaitHello), ClientFrame::Hello(hello)) => {
                self.hello(hello, cx)
            }
            (Session::Login(_), ClientFrame::Prove { signature }) => self.prove(&signature, cx),
            (Session::Login(_), ClientFrame::Beat {}) => self.send(ServerFrame::Beat {}),
            (Session::Login(_), _) => {
                self.refuse(None, ErrorCode::NotReady, Advice::Fix, "say hello first");
                self.close(CloseCode::Unauthorized, cx.now());
            }
            (Session::Open(_), frame) => {
                if self.afford(&frame, bytes, cx.now()) {
                    self.dispatch(frame, bytes, cx);
                }
            }
        }
    }

    /// What came is not a frame: it costs as much as one.
    pub(super) fn malformed(&mut self, error: DecodeError, bytes: usize, now: Instant) {
        match &self.session {
            Session::Login(_) => {
                self.refuse(error.id, error.code, Advice::Fix, error.message);
                self.close(CloseCode::Unauthorized, now);
            }
            Session::Open(_) => {
                let nothing = ClientFrame::Unknown { id: error.id };
                if self.afford(&nothing, bytes, now) {
                    self.refuse(error.id, error.code, Advice::Fix, error.message);
                }
            }
            Session::Closing => {}
        }
    }

    /// Whether the frame is within the rates of the connection and of the user; says so if not.
    fn afford(&mut self, frame: &ClientFrame, bytes: usize, now: Instant) -> bool {
        let Session::Open(open) = &mut self.session else {
            return false;
        };
        let since_start = now.saturating_duration_since(self.node.started_at);
        let (cost, n) = cost(frame);
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let limits = &open.limits;
        let users = &self.node.gate.user_limits;
        let by_connection = limits
            .take(Cost::Frames, 1, since_start)
            .and_then(|()| limits.take(Cost::Bytes, bytes, since_start))
            .and_then(|()| limits.take(cost, n, since_start))
            .map_err(|limited| (limited, Refusal::Connection));
        let taken = by_connection.and_then(|()| {
            let user = &open.capability.user;
            users
                .take(user, cost, n, since_start)
                .map_err(|limited| (limited, Refusal::User))
        });
        let Err((limited, scope)) = taken else {
            open.strikes = 0;
            return true;
        };
        open.strikes += 1;
        let flooding = open.strikes >= STRIKES_MAX;
        self.limited(frame.request(), limited, scope);
        if flooding {
            self.close(CloseCode::PolicyViolation, now);
        }
        false
    }

    /// Says when to come back.
    pub(super) fn limited(&self, id: Option<RequestId>, limited: Limited, scope: Refusal) {
        self.node.metrics.rate_limited(limited.cost.as_str(), scope);
        self.send(ServerFrame::Error {
            id,
            room: None,
            code: ErrorCode::RateLimited,
            advice: Advice::Retry,
            message: limited.to_string(),
            retry_after_ms: Some(limited.retry_after_ms),
        });
    }

    fn dispatch(&mut self, frame: ClientFrame, bytes: usize, cx: &mut Cx<'_, Self>) {
        use ClientFrame as F;
        match frame {
            F::Hello(_) => self.refuse(
                None,
                ErrorCode::NotReady,
                Advice::Fix,
                "hello was said already",
            ),
            F::Prove { signature } => self.prove(&signature, cx),
            F::Renew { token } => self.renew(token, cx),
            F::Beat {} => self.send(ServerFrame::Beat {}),
            F::Open { id, room } => self.open_room(room, Some(id), cx),
            F::Close { id, room } => {
                self.close_room(room);
                self.send(ServerFrame::Ok { id });
            }
            F::Post { id, room, ops } => self.command(id, room, Command::Post { ops }, bytes),
            F::History {
                id,
                room,
                before,
                limit,
            } => {
                let items = usize::try_from(limit)
                    .unwrap_or(usize::MAX)
                    .clamp(1, PAGE_OPS_MAX);
                self.ask(id, room, Question::History { before, items });
            }
            F::Typing { room, on } => self.signal(
                room,
                RoomMessage::Typing {
                    connection: self.id,
                    on,
                },
            ),
            F::Presence { status } => self.status(status),
            F::Read { room, stamp, dot } => {
                if let Session::Open(open) = &self.session {
                    let caller = open.caller.clone();
                    self.signal(room, RoomMessage::Read { caller, stamp, dot });
                }
            }
            F::RoomCreate {
                id,
                name,
                visibility,
                retention_days,
            } => {
                self.create(id, name, visibility, retention_days);
            }
            F::RoomUpdate {
                id,
                room,
                name,
                visibility,
                retention_days,
            } => {
                self.command(
                    id,
                    room,
                    Command::Update {
                        name,
                        visibility,
                        retention_days,
                    },
                    bytes,
                );
            }
            F::RoomDirect { id, user } => self.direct(id, user),
            F::RoomList { id, public, after } => self.list(id, public, after),
            F::Join { id, room } => self.command(id, room, Command::Join { invite: None }, bytes),
            F::Leave { id, room } => self.command(id, room, Command::Leave, bytes),
            F::Members { id, room, after } => self.ask(id, room, Question::Members(after)),
            F::MemberRole {
                id,
                room,
                user,
                role,
            } => self.command(id, room, Command::SetRole { user, role }, bytes),
            F::MemberKick {
                id,
                room,
                user,
                ban,
            } => {
                let how = if ban { Removal::Ban } else { Removal::Kick };
                self.command(id, room, Command::Kick { user, how }, bytes);
            }
            F::MemberUnban { id, room, user } => {
                self.command(id, room, Command::Unban { user }, bytes)
            }
            F::InviteCreate {
                id,
                room,
                role,
                expires_s,
                uses,
            } => {
                let Some(invite) = self.node.random().map(InviteId::from_bytes) else {
                    return self.refuse(
                        Some(id),
                        ErrorCode::Overloaded,
                        Advice::Retry,
                        "no randomness",
                    );
                };
                let expires_ms = self.node.clock.now_ms() + expires_s.min(INVITE_S_MAX + 1) * 1000;
                self.command(
                    id,
                    room,
                    Command::CreateInvite {
                        invite,
                        role,
                        expires_ms,
                        uses,
                    },
                    bytes,
                );
            }
            F::InviteList { id, room } => self.ask(id, room, Question::Invites),
            F::InviteRevoke { id, room, invite } => {
                self.command(id, room, Command::RevokeInvite { invite }, bytes)
            }
            F::InviteAccept { id, room, invite } => self.command(
                id,
                room,
                Command::Join {
                    invite: Some(invite),
                },
                bytes,
            ),
            F::Unknown { id } => {
                if id.is_some() {
                    self.refuse(
                        id,
                        ErrorCode::Unsupported,
                        Advice::Fix,
                        "this server does not know that frame",
                    );
                }
            }
        }
    }

    /// Has a room decide.
    fn command(&mut self, id: RequestId, room: RoomId, command: Command, bytes: usize) {
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

    fn ask(&mut self, id: RequestId, room: RoomId, question: Question) {
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

    fn create(
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
        let reply = Reply::new(id, Some(room), Arc::clone(&self.outbox));
        let founding = Founding::Group {
            name,
            visibility,
            retention_days,
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

    fn direct(&mut self, id: RequestId, user: UserId) {
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
        let reply = Reply::new(id, Some(room), Arc::clone(&self.outbox));
        let other_name = self
            .node
            .users
            .name_of(&user)
            .unwrap_or_else(|| user.to_string());
        let founding = Founding::Direct {
            other: user,
            other_name,
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
    fn list(&mut self, id: RequestId, public: bool, after: Option<RoomId>) {
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
        let reply = Reply::new(id, room, Arc::clone(&self.outbox));
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

    fn status(&mut self, status: crate::protocol::Status) {
        let connection = self.id;
        let Session::Open(open) = &mut self.session else {
            return;
        };
        open.status = status;
        for room in open.rooms.keys() {
            self.node.rooms.tell_if_active(
                *room,
                RoomLane::Signal,
                RoomMessage::Presence { connection, status },
            );
        }
    }

    /// Something that may be lost, about a room that is followed.
    fn signal(&mut self, room: RoomId, message: RoomMessage) {
        if matches!(&self.session, Session::Open(open) if open.follows(room)) {
            self.node
                .rooms
                .tell_if_active(room, RoomLane::Signal, message);
        }
    }

    /// A promise to answer, if the token covers the room.
    fn reply(&self, id: RequestId, room: RoomId) -> Option<Reply> {
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
        Some(Reply::new(id, Some(room), Arc::clone(&self.outbox)))
    }

    /// Hands a request to a room; should that fail, the reply in it has said why.
    fn tell(&self, room: RoomId, message: RoomMessage) {
        if let Err(error) = self.node.rooms.tell(room, RoomLane::Request, message) {
            tracing::debug!(%room, %error, "a request was not taken");
        }
    }
}
