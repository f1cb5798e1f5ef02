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
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::time::Sleep;

/// Where clients connect.
pub const PATH: &str = super::http::SOCKET_PATH;
/// How soon a message is offered again to a connection whose mailbox was full.
const OFFER_AGAIN: Duration = Duration::from_millis(2);

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
    let outbox = Arc::new(Outbox::cold());
    let (node, queue) = (Arc::clone(&gateway.node), Arc::clone(&outbox));
    let id = node.next_connection();
    let spec = ActorSpec::new("", Restart::Temporary, move |_incarnation| {
        Connection::new(id, Arc::clone(&node), Arc::clone(&queue), Instant::now())
    });
    let address = spec.address();
    if gateway.connections.start_child(spec).is_err() {
        return HttpResponse::ServiceUnavailable()
            .body("the server is stopping: connect again in a moment\n");
    }
    let session = Inbound {
        address,
        subprotocol: upgrade.subprotocol(),
        outbox: Arc::clone(&outbox),
        waiting: None,
        metrics: Arc::clone(&gateway.node.metrics),
        retry: None,
    };
    let metrics = Arc::clone(&gateway.node.metrics);
    upgrade.respond(&request, payload, outbox, session, metrics)
}

/// Turns a client's messages into frames for its connection.
struct Inbound {
    address: ConnectionAddress,
    subprotocol: Subprotocol,
    /// What waits for the client to read.
    outbox: Arc<Outbox>,
    /// A frame for which the mailbox had no room.
    waiting: Option<ConnectionMessage>,
    metrics: Arc<Metrics>,
    retry: Option<Pin<Box<Sleep>>>,
}

impl Inbound {
    /// Whether another message may be taken: the one before is handed over, and the client reads its answers.
    fn has_room(&mut self) -> bool {
        self.hand_over() && !outbox::is_behind(&self.outbox)
    }

    /// Hands over the frame that waits; false while there is no room for it.
    fn hand_over(&mut self) -> bool {
        let Some(message) = self.waiting.take() else {
            return true;
        };
        match self.address.push(ConnectionLane::Client, message) {
            Ok(()) => true,
            Err(refused) if refused.reason == RefusedReason::Full => {
                self.waiting = Some(refused.item);
                false
            }
            // The connection is closing: nobody wants the frame any more.
            Err(_) => true,
        }
    }
}

impl Session for Inbound {
    fn try_message(&mut self, message: Message) -> Verdict {
        if !self.has_room() {
            return Verdict::Busy(message);
        }
        let bytes = &message.payload;
        self.metrics.frames_in.inc();
        self.metrics.bytes_in.inc_by(bytes.len() as u64);
        self.waiting = Some(match self.subprotocol.decode_client(bytes) {
            Ok(frame) => ConnectionMessage::Frame {
                frame: Box::new(frame),
                bytes: bytes.len(),
            },
            Err(error) => ConnectionMessage::Malformed {
                error,
                bytes: bytes.len(),
            },
        });
        self.hand_over();
        Verdict::Accepted
    }

    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if self.has_room() {
                self.retry = None;
                return Poll::Ready(());
            }
            let retry = self
                .retry
                .get_or_insert_with(|| Box::pin(tokio::time::sleep(OFFER_AGAIN)));
            if retry.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.retry = None;
        }
    }

    fn closed(self, ended: Ended) {
        tracing::debug!(?ended, "a connection ended");
        // Refused only when the connection has ended already.
        let _ = self
            .address
            .push(ConnectionLane::Control, ConnectionMessage::Gone);
    }
}
