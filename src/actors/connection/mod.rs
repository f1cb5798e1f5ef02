//! One WebSocket's actor: who is there, what they may send, and how they catch up with their rooms.
//!
//! It never touches the socket: the transport feeds its mailbox and drains its outbox.

mod asked;
mod calls;
mod catch_up;
mod cost;
mod following;
mod frames;
mod login;
mod message;
mod requests;
mod rooms;

pub use message::{ConnectionLane, ConnectionMessage, Missing};

use super::node::Node;
use super::outbox::{self, OutLane, Outbox};
use super::reply::Reply;
use super::supervision::{Address, Behaviour, Cx, Exit, TimerId};
use crate::access::Capability;
use crate::access::limits::ConnectionLimits;
use crate::chat::Caller;
use crate::id::{ConnectionId, RoomId};
use crate::mailbox::Lane as _;
use crate::protocol::{Advice, CloseCode, DrainReason, ErrorCode, RequestId, ServerFrame, Status};
use calls::InCalls;
use following::Following;
use login::Login;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Where a connection is reached.
pub type ConnectionAddress = Address<Connection>;

/// `hello`, and a guest's proof, must come within this time.
const LOGIN_MAX: Duration = Duration::from_secs(10);
/// Frames before `welcome`; beyond them the connection is closed for flooding.
const LOGIN_FRAMES_MAX: u32 = 32;
/// How often expiry is looked at while no heartbeat is due.
const TICK_MAX: Duration = Duration::from_secs(10);
/// Refused frames in a row before the connection is closed for flooding.
const STRIKES_MAX: u32 = 64;
/// How long a drained connection waits for the answers to what was taken.
const DRAIN_MAX: Duration = Duration::from_secs(2);
/// How often it looks whether they have come.
const DRAIN_TICK: Duration = Duration::from_millis(10);
/// An actor whose socket was ordered closed ends after so long, told of the end or not.
const CLOSED_MAX: Duration = Duration::from_secs(10);

/// One connection.
pub struct Connection {
    id: ConnectionId,
    node: Arc<Node>,
    outbox: Arc<Outbox>,
    session: Session,
    opened_at: Instant,
    heard_at: Instant,
    /// Frames that came before `welcome`.
    login_frames: u32,
    /// Set when it is being drained: until then it waits for answers.
    drains_until: Option<Instant>,
    /// Shared with every promise of an answer that is out.
    promises: Arc<()>,
    timer: Option<TimerId>,
    span: tracing::Span,
}

enum Session {
    /// Before `welcome`.
    Login(Login),
    /// After it.
    Open(Box<Open>),
    /// The close is on its way.
    Closing,
}

/// A user is here.
struct Open {
    capability: Arc<Capability>,
    caller: Caller,
    heartbeat: Duration,
    status: Status,
    limits: ConnectionLimits,
    strikes: u32,
    following: Following,
    calls: InCalls,
    /// A guest's renewal that waits for its proof.
    renewal: Option<crate::access::Challenge>,
}

impl Connection {
    /// A connection whose client has not said anything yet.
    #[must_use]
    pub fn new(id: ConnectionId, node: Arc<Node>, outbox: Arc<Outbox>, now: Instant) -> Self {
        Self {
            id,
            node,
            outbox,
            session: Session::Login(Login::AwaitHello),
            opened_at: now,
            heard_at: now,
            login_frames: 0,
            drains_until: None,
            promises: Arc::default(),
            timer: None,
            span: tracing::debug_span!("connection", connection = %id),
        }
    }

    /// A promise to answer request `id`, about `room`.
    fn promise(&self, id: RequestId, room: Option<RoomId>) -> Reply {
        Reply::new(
            id,
            room,
            Arc::clone(&self.outbox),
            Arc::clone(&self.promises),
        )
    }

    /// Sends a frame.
    fn send(&self, frame: ServerFrame) {
        outbox::deliver(&self.outbox, OutLane::Control, frame);
    }

    /// Says what went wrong with a request, or with the connection.
    fn refuse(
        &self,
        id: Option<RequestId>,
        code: ErrorCode,
        advice: Advice,
        message: impl Into<String>,
    ) {
        self.send(ServerFrame::Error {
            id,
            room: None,
            code,
            advice,
            message: message.into(),
            retry_after_ms: None,
        });
    }

    /// Closes the connection, after what is queued.
    fn close(&mut self, code: CloseCode, cx: &mut Cx<'_, Self>) {
        self.leave_calls(Some(code));
        self.leave_all();
        self.session = Session::Closing;
        outbox::close(&self.outbox, code, cx.now());
        self.wake_in(CLOSED_MAX, cx);
    }

    /// The node goes away: takes nothing more, and closes when all that was taken is answered.
    fn drain(&mut self, reason: DrainReason, cx: &mut Cx<'_, Self>) {
        if matches!(self.session, Session::Closing) || self.drains_until.is_some() {
            return;
        }
        self.say_drain(reason);
        self.drains_until = Some(cx.now() + DRAIN_MAX);
        self.tick(cx);
    }

    fn say_drain(&self, reason: DrainReason) {
        let reconnect_ms = self.node.settings.reconnect_ms;
        self.send(ServerFrame::Drain {
            reason,
            reconnect_ms,
        });
    }

    /// Drain, log-in deadline, heartbeats, expiry.
    fn tick(&mut self, cx: &mut Cx<'_, Self>) {
        let (now, now_ms) = (cx.now(), self.node.clock.now_ms());
        let silence = now.saturating_duration_since(self.heard_at);
        let age = now.saturating_duration_since(self.opened_at);
        let next = match (&self.session, self.drains_until) {
            (Session::Closing, _) => return cx.stop(),
            (_, Some(until)) if now >= until || Arc::strong_count(&self.promises) == 1 => {
                return self.close(CloseCode::GoingAway, cx);
            }
            (_, Some(_)) => DRAIN_TICK,
            (Session::Login(_), None) if age >= LOGIN_MAX => {
                return self.close(CloseCode::Unauthorized, cx);
            }
            (Session::Login(_), None) => LOGIN_MAX - age,
            (Session::Open(open), None) if silence >= open.heartbeat * 2 => {
                return self.close(CloseCode::HeartbeatLost, cx);
            }
            (Session::Open(open), None) if open.capability.expires_ms <= now_ms => {
                return self.close(CloseCode::TokenExpired, cx);
            }
            (Session::Open(open), None) => {
                let expiry = Duration::from_millis(open.capability.expires_ms - now_ms);
                open.heartbeat.min(TICK_MAX).min(expiry)
            }
        };
        self.wake_in(next, cx);
    }

    /// Looks at the clock again after `pause`, and not before.
    fn wake_in(&mut self, pause: Duration, cx: &mut Cx<'_, Self>) {
        if let Some(timer) = self.timer.take() {
            // None when it has just fired.
            let _ = cx.cancel(timer);
        }
        let pause = pause.max(Duration::from_millis(1));
        self.timer = Some(cx.after(pause, ConnectionMessage::Tick));
    }
}

impl Behaviour for Connection {
    type Lane = ConnectionLane;
    type Message = ConnectionMessage;

    fn started(&mut self, cx: &mut Cx<'_, Self>) -> Result<(), Exit> {
        self.node.metrics.connections.inc();
        self.node.metrics.connections_opened.inc();
        self.wake_in(LOGIN_MAX, cx);
        Ok(())
    }

    fn handle(&mut self, message: ConnectionMessage, cx: &mut Cx<'_, Self>) -> Result<(), Exit> {
        use ConnectionMessage as M;
        let _entered = self.span.clone().entered();
        match message {
            // What comes after the drain is not taken: its client sends it again elsewhere.
            M::Frame { .. } | M::Malformed { .. } if self.drains_until.is_some() => {}
            M::Frame { frame, bytes } => {
                self.heard_at = cx.now();
                self.frame(*frame, bytes, cx);
            }
            M::Malformed { error, bytes } => {
                self.heard_at = cx.now();
                self.malformed(error, bytes, cx);
            }
            M::Gone => cx.stop(),
            M::Tick => self.tick(cx),
            M::Revoked => self.close(CloseCode::TokenRevoked, cx),
            M::Drain(reason) => self.drain(reason, cx),
            M::RoomsChanged => self.send(ServerFrame::RoomsChanged {}),
            M::GuestStored(result) => self.guest_stored(result, cx),
            M::Taken {
                room,
                subscription,
                missing,
            } => self.taken(room, subscription, missing, cx),
            M::Behind {
                room,
                subscription,
                head,
            } => self.behind(room, subscription, head, cx),
            M::PutOut { room, subscription } => self.put_out(room, subscription),
            M::Answered { room, subscription } => self.answered(room, subscription, cx),
            M::Page {
                room,
                catch_up,
                page,
            } => self.page(room, catch_up, page, cx),
            M::PageTaken { room, catch_up } => self.page_taken(room, catch_up, cx),
            M::Again => self.again(cx),
            #[cfg(feature = "failpoints")]
            M::Panic => panic!("a fault was injected"),
        }
        Ok(())
    }

    fn terminated(&mut self, exit: &Exit) {
        match exit {
            Exit::Normal => {}
            Exit::Shutdown => {
                // Whoever was not drained before: not logged in, or late.
                if !matches!(self.session, Session::Closing) && self.drains_until.is_none() {
                    self.say_drain(DrainReason::Shutdown);
                }
                outbox::close(&self.outbox, CloseCode::GoingAway, Instant::now());
            }
            Exit::Panic(_) | Exit::Error(_) | Exit::Escalated(_) | Exit::Lost => {
                tracing::warn!(connection = %self.id, "a connection failed: its client resumes");
                outbox::close(&self.outbox, CloseCode::Internal, Instant::now());
            }
        }
        self.outbox.close();
        self.leave_calls(None);
        for (lane, drops) in OutLane::SPECS.iter().zip(self.outbox.drops().by_lane()) {
            for (reason, items) in drops
                .by_reason()
                .into_iter()
                .filter(|(_, items)| *items > 0)
            {
                self.node.metrics.outbox_dropped(lane.name, reason, items);
            }
        }
        self.leave_all();
        self.node.metrics.connections.dec();
    }
}
