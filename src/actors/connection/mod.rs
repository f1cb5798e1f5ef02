//! One WebSocket's actor: who is there, what they may send, and how they catch up with their rooms.
//!
//! It never touches the socket: the transport feeds its mailbox and drains its outbox.

mod catch_up;
mod cost;
mod frames;
mod login;
mod message;
mod rooms;

pub use message::{ConnectionLane, ConnectionMessage};

use super::node::Node;
use super::outbox::{self, OutLane, Outbox};
use super::supervision::{Address, Behaviour, Cx, Exit};
use crate::access::Capability;
use crate::access::limits::ConnectionLimits;
use crate::chat::Caller;
use crate::id::{ConnectionId, RoomId};
use crate::mailbox::Lane as _;
use crate::protocol::{Advice, CloseCode, ErrorCode, RequestId, ServerFrame, Status};
use catch_up::CatchUp;
use login::Login;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Where a connection is reached.
pub type ConnectionAddress = Address<Connection>;

/// `hello`, and a guest's proof, must come within this time.
const LOGIN_MAX: Duration = Duration::from_secs(10);
/// How often expiry is looked at while no heartbeat is known.
const TICK_MAX: Duration = Duration::from_secs(10);
/// Refused frames in a row before the connection is closed for flooding.
const STRIKES_MAX: u32 = 64;

/// One connection.
pub struct Connection {
    id: ConnectionId,
    node: Arc<Node>,
    outbox: Arc<Outbox>,
    session: Session,
    heard_at: Instant,
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
    /// Boxed: most connections follow few rooms, and a map's first node has room for eleven.
    rooms: BTreeMap<RoomId, Box<Followed>>,
    /// A guest's renewal that waits for its proof.
    renewal: Option<crate::access::Challenge>,
}

/// A room that is followed.
struct Followed {
    /// Where the client stood when it opened it.
    position: crate::protocol::RoomRef,
    /// The request that opened it, until the room took it.
    id: Option<RequestId>,
    /// `None` before the room answered.
    catch_up: Option<CatchUp>,
    /// Counts catch-ups, so that a page for an older one is told apart.
    generation: u32,
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
            heard_at: now,
        }
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
    fn close(&mut self, code: CloseCode, now: Instant) {
        self.node.metrics.closed(code.code());
        self.leave_all();
        self.session = Session::Closing;
        outbox::close(&self.outbox, code, now);
    }

    /// The client said something. Until it has logged in that buys no time.
    fn heard(&mut self, now: Instant) {
        if !matches!(self.session, Session::Login(_)) {
            self.heard_at = now;
        }
    }

    /// Heartbeats, log-in deadline, expiry.
    fn tick(&mut self, cx: &mut Cx<'_, Self>) {
        let (now, now_ms) = (cx.now(), self.node.clock.now_ms());
        let silence = now.saturating_duration_since(self.heard_at);
        let next = match &mut self.session {
            Session::Login(_) if silence >= LOGIN_MAX => {
                return self.close(CloseCode::Unauthorized, now);
            }
            Session::Login(_) => LOGIN_MAX,
            Session::Open(open) if silence >= open.heartbeat * 2 => {
                return self.close(CloseCode::HeartbeatLost, now);
            }
            Session::Open(open) if open.capability.expires_ms <= now_ms => {
                return self.close(CloseCode::TokenExpired, now);
            }
            Session::Open(open) => {
                let expiry = Duration::from_millis(open.capability.expires_ms - now_ms);
                open.heartbeat
                    .min(TICK_MAX)
                    .min(expiry.max(Duration::from_millis(10)))
            }
            Session::Closing => return,
        };
        cx.after(next, ConnectionMessage::Tick);
    }
}

impl Behaviour for Connection {
    type Lane = ConnectionLane;
    type Message = ConnectionMessage;

    fn started(&mut self, cx: &mut Cx<'_, Self>) -> Result<(), Exit> {
        self.node.metrics.connections.inc();
        self.node.metrics.connections_opened.inc();
        cx.after(LOGIN_MAX, ConnectionMessage::Tick);
        Ok(())
    }

    fn handle(&mut self, message: ConnectionMessage, cx: &mut Cx<'_, Self>) -> Result<(), Exit> {
        match message {
            ConnectionMessage::Frame { frame, bytes } => {
                self.heard(cx.now());
                self.frame(*frame, bytes, cx);
            }
            ConnectionMessage::Malformed { error, bytes } => {
                self.heard(cx.now());
                self.malformed(error, bytes, cx.now());
            }
            ConnectionMessage::Gone => cx.stop(),
            ConnectionMessage::Tick => self.tick(cx),
            ConnectionMessage::Revoked => self.close(CloseCode::TokenRevoked, cx.now()),
            ConnectionMessage::Drain(reason) => {
                let reconnect_ms = self.node.settings.reconnect_ms;
                self.send(ServerFrame::Drain {
                    reason,
                    reconnect_ms,
                });
                self.close(CloseCode::GoingAway, cx.now());
            }
            ConnectionMessage::RoomsChanged => self.send(ServerFrame::RoomsChanged {}),
            ConnectionMessage::GuestStored(result) => self.guest_stored(result, cx),
            ConnectionMessage::Sync {
                room,
                after,
                up_to,
                vector,
            } => {
                self.sync(room, CatchUp::new(after, up_to, vector), cx);
            }
            ConnectionMessage::Behind { room, head } => self.behind(room, head, cx),
            ConnectionMessage::PutOut { room } => self.put_out(room),
            ConnectionMessage::Reopen { room } => self.reopen(room, cx),
            ConnectionMessage::Page {
                room,
                catch_up,
                page,
            } => self.page(room, catch_up, page, cx),
            ConnectionMessage::PageTaken { room, catch_up } => self.page_taken(room, catch_up, cx),
            ConnectionMessage::ReadAgain { room } => self.advance(room, cx),
            #[cfg(feature = "failpoints")]
            ConnectionMessage::Panic => panic!("a fault was injected"),
        }
        Ok(())
    }

    fn terminated(&mut self, exit: &Exit) {
        if !matches!(exit, Exit::Normal | Exit::Shutdown) {
            outbox::close(&self.outbox, CloseCode::Internal, Instant::now());
        }
        self.outbox.close();
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
