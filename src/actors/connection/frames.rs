//! A client's frames: rate limits, the token's cap, then to the room or the readers they are for.

use super::asked::{self, Asked};
use super::cost::cost;
use super::{Connection, LOGIN_FRAMES_MAX, STRIKES_MAX, Session};
use crate::access::limits::{Cost, Limited};
use crate::actors::room::RoomMessage;
use crate::actors::supervision::Cx;
use crate::protocol::{
    Advice, ClientFrame, CloseCode, DecodeError, ErrorCode, RequestId, ServerFrame,
};
use crate::telemetry::Refusal;

impl Connection {
    /// Takes up one frame.
    pub(super) fn frame(&mut self, frame: ClientFrame, bytes: usize, cx: &mut Cx<'_, Self>) {
        if matches!(self.session, Session::Login(_)) && !self.is_login_in_bounds(cx) {
            return;
        }
        match (&self.session, frame) {
            (Session::Closing, _) => {}
            (Session::Login(super::Login::AwaitHello), ClientFrame::Hello(hello)) => {
                self.hello(hello, cx)
            }
            (Session::Login(_), ClientFrame::Prove { signature }) => self.prove(&signature, cx),
            (Session::Login(_), ClientFrame::Beat {}) => self.send(ServerFrame::Beat {}),
            (Session::Login(_), _) => {
                self.refuse(None, ErrorCode::NotReady, Advice::Fix, "say hello first");
                self.close(CloseCode::Unauthorized, cx);
            }
            (Session::Open(_), frame) => {
                if self.afford(&frame, bytes, cx) {
                    self.dispatch(frame, bytes, cx);
                }
            }
        }
    }

    /// What came is not a frame: it costs as much as one.
    pub(super) fn malformed(&mut self, error: DecodeError, bytes: usize, cx: &mut Cx<'_, Self>) {
        match &self.session {
            Session::Login(_) => {
                self.refuse(error.id, error.code, Advice::Fix, error.message);
                self.close(CloseCode::Unauthorized, cx);
            }
            Session::Open(_) => {
                let nothing = ClientFrame::Unknown { id: error.id };
                if self.afford(&nothing, bytes, cx) {
                    self.refuse(error.id, error.code, Advice::Fix, error.message);
                }
            }
            Session::Closing => {}
        }
    }

    /// Whether the frame is within the rates of the connection and of the user; says so if not.
    fn afford(&mut self, frame: &ClientFrame, bytes: usize, cx: &mut Cx<'_, Self>) -> bool {
        let now = cx.now();
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
            self.close(CloseCode::PolicyViolation, cx);
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

    /// Counts the frames before `welcome`, which no rate limits; says so and closes if there are too many.
    fn is_login_in_bounds(&mut self, cx: &mut Cx<'_, Self>) -> bool {
        self.login_frames += 1;
        let in_bounds = self.login_frames <= LOGIN_FRAMES_MAX;
        if !in_bounds {
            self.refuse(None, ErrorCode::RateLimited, Advice::Fix, "say hello first");
            self.close(CloseCode::PolicyViolation, cx);
        }
        in_bounds
    }

    /// Does what a frame says.
    fn dispatch(&mut self, frame: ClientFrame, bytes: usize, cx: &mut Cx<'_, Self>) {
        use ClientFrame as F;
        let Some(frame) = self.call_frame(frame) else {
            return;
        };
        let frame = match asked::sort(frame) {
            Asked::Command(id, room, command) => return self.command(id, room, command, bytes),
            Asked::Question(id, room, question) => return self.ask(id, room, question),
            Asked::Here(frame) => frame,
        };
        match frame {
            F::Hello(_) => {
                let message = "hello was said already";
                self.refuse(None, ErrorCode::NotReady, Advice::Fix, message);
            }
            F::Prove { signature } => self.prove(&signature, cx),
            F::Renew { token } => self.renew(token, cx),
            F::Beat {} => self.send(ServerFrame::Beat {}),
            F::Open { id, room } => self.open_room(room, Some(id), cx),
            F::Close { id, room } => self.stop_following(id, room),
            F::Typing { room, on } => {
                let connection = self.id;
                self.signal(room, RoomMessage::Typing { connection, on });
            }
            F::Presence { status } => self.status(status),
            F::Read { room, stamp, dot } => self.read_up_to(room, stamp, dot),
            F::RoomCreate {
                id,
                name,
                visibility,
                retention_days,
            } => self.create(id, name, visibility, retention_days),
            F::RoomDirect { id, user } => self.direct(id, user),
            F::RoomList { id, public, after } => self.list(id, public, after),
            F::InviteCreate {
                id,
                room,
                role,
                expires_s,
                uses,
            } => self.invite(id, room, role, expires_s, uses, bytes),
            F::Unknown { id: Some(id) } => {
                let message = "this server does not know that frame";
                self.refuse(Some(id), ErrorCode::Unsupported, Advice::Fix, message);
            }
            F::Unknown { id: None } => {}
            F::CallJoin(_)
            | F::CallOffer(_)
            | F::CallLayout(_)
            | F::CallMute(_)
            | F::CallHand(_)
            | F::CallUnpublish(_)
            | F::CallLeave(_)
            | F::CallRemove(_)
            | F::CallEnd(_) => {}
            // Calls, commands and questions: sorted out above.
            F::Post { .. }
            | F::RoomUpdate { .. }
            | F::Join { .. }
            | F::Leave { .. }
            | F::MemberRole { .. }
            | F::MemberKick { .. }
            | F::MemberUnban { .. }
            | F::InviteRevoke { .. }
            | F::InviteAccept { .. }
            | F::History { .. }
            | F::Members { .. }
            | F::InviteList { .. } => {}
        }
    }
}
