//! The WebSocket endpoint: a request becomes a connection actor, and the driver feeds it.

use super::ws::codec::Message;
use super::ws::{Ended, Session, Upgrade, UpgradePolicy, Verdict};
use crate::actors::connection::{Connection, ConnectionAddress, ConnectionLane, ConnectionMessage};
use crate::actors::node::Node;
use crate::actors::outbox::{self, Outbox};
use crate::actors::supervision::{ActorSpec, Restart, Supervisor};
use crate::mailbox::RefusedReason;
use crate::protocol::Subprotocol;
use crate::telemetry::Metrics;
use actix_web::web::{self, Data, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::time::Sleep;

/// Where clients connect.
pub const PATH: &str = super::http::SOCKET_PATH;
/// How soon a message is offered again to a connection whose mailbox was full.
const OFFER_AGAIN: Duration = Duration::from_millis(2);

/// A client that closed without a code (RFC 6455 §7.4.1).
const NO_CODE: u16 = 1005;
/// A link that broke.
const BROKEN: u16 = 1006;

/// What the endpoint needs.
#[derive(Clone)]
pub struct Gateway {
    /// The node.
    pub node: Arc<Node>,
    /// Under whom connections live.
    pub connections: Supervisor,
    /// Who may connect.
    pub policy: Arc<UpgradePolicy>,
}

/// Adds the endpoint.
pub fn routes(routes: &mut ServiceConfig, gateway: Gateway) {
    #[cfg(feature = "failpoints")]
    routes.service(web::resource(super::faults::PATH).post(super::faults::panic));
    routes
        .app_data(Data::new(gateway))
        .service(web::resource(PATH).get(connect));
}

async fn connect(request: HttpRequest, payload: Payload, gateway: Data<Gateway>) -> HttpResponse {
    let upgrade = match Upgrade::accept(&request, &gateway.policy) {
        Ok(upgrade) => upgrade,
        Err(error) => return error.error_response(),
    };
    if gateway.node.draining.load(Ordering::SeqCst) {
        return stopping();
    }
    let outbox = Arc::new(Outbox::cold());
    let (node, queue) = (Arc::clone(&gateway.node), Arc::clone(&outbox));
    let id = node.next_connection();
    let spec = ActorSpec::new("", Restart::Temporary, move |_incarnation| {
        Connection::new(id, Arc::clone(&node), Arc::clone(&queue), Instant::now())
    });
    let address = spec.address();
    if gateway.connections.start_child(spec).is_err() {
        return stopping();
    }
    let session = Inbound {
        address,
        subprotocol: upgrade.subprotocol(),
        outbox: Arc::clone(&outbox),
        metrics: Arc::clone(&gateway.node.metrics),
        retry: None,
    };
    let metrics = Arc::clone(&gateway.node.metrics);
    upgrade.respond(&request, payload, outbox, session, metrics)
}

fn stopping() -> HttpResponse {
    HttpResponse::ServiceUnavailable().body("the server is stopping: connect again in a moment\n")
}

/// Turns a client's messages into frames for its connection.
struct Inbound {
    address: ConnectionAddress,
    subprotocol: Subprotocol,
    /// What waits for the client to read.
    outbox: Arc<Outbox>,
    metrics: Arc<Metrics>,
    /// Runs while the connection has no room for the message that comes next.
    retry: Option<Pin<Box<Sleep>>>,
}

impl Inbound {
    fn decode(&self, bytes: &[u8]) -> ConnectionMessage {
        match self.subprotocol.decode_client(bytes) {
            Ok(frame) => ConnectionMessage::Frame {
                frame: Box::new(frame),
                bytes: bytes.len(),
            },
            Err(error) => ConnectionMessage::Malformed {
                error,
                bytes: bytes.len(),
            },
        }
    }
}

impl Session for Inbound {
    fn try_message(&mut self, message: Message) -> Verdict {
        if outbox::is_behind(&self.outbox) {
            return Verdict::Busy(message);
        }
        let decoded = self.decode(&message.payload);
        match self.address.push(ConnectionLane::Client, decoded) {
            // Decoded again when it has room: that is rare, and what waits is bounded by what came.
            Err(refused) if refused.reason == RefusedReason::Full => Verdict::Busy(message),
            // Refused otherwise: the connection is closing, nobody wants the frame any more.
            Ok(()) | Err(_) => {
                self.metrics.frames_in.inc();
                self.metrics.bytes_in.inc_by(message.payload.len() as u64);
                Verdict::Accepted
            }
        }
    }

    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let retry = self
            .retry
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(OFFER_AGAIN)));
        std::task::ready!(retry.as_mut().poll(cx));
        self.retry = None;
        Poll::Ready(())
    }

    fn closed(self, ended: Ended) {
        tracing::debug!(?ended, "a connection ended");
        self.metrics.closed(match ended {
            Ended::ByServer(code) => code.code(),
            Ended::Failed(failure) => failure.close_code().code(),
            Ended::ByClient(code) => code.unwrap_or(NO_CODE),
            Ended::Lost => BROKEN,
        });
        // Refused only when the connection has ended already.
        let _ = self
            .address
            .push(ConnectionLane::Control, ConnectionMessage::Gone);
    }
}
