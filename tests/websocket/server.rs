//! A small server on loopback whose session answers each message with its text.

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::{App, HttpRequest, HttpServer, dev::ServerHandle, rt::net::TcpStream, web};
use greenroom::{
    actors::outbox::{self, OutItem, OutLane, Outbox},
    protocol::{Advice, CloseCode, ErrorCode, Outgoing, ServerFrame},
    transport::{
        socket::tune_socket,
        ws::{
            Ended, OriginPolicy, SameHost, Session, Upgrade, UpgradeError, UpgradePolicy, Verdict,
            WRITE_BUFFER_BYTES, codec::Message,
        },
    },
};
use socket2::{SockRef, Socket};
use std::{
    any::Any,
    net::SocketAddr,
    sync::{Arc, Weak, mpsc as std_mpsc},
    task::{Context, Poll},
    time::{Duration, Instant},
};
use tokio::sync::mpsc;

/// More than any test waits for on purpose: a hang fails instead of blocking.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

pub(crate) type Sockets = std_mpsc::Receiver<Socket>;

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    endings: mpsc::Receiver<(Ended, Weak<Outbox>)>,
    handle: ServerHandle,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(None, tune_socket)
    }

    /// Also hands out the server's side of each connection, as the kernel knows it.
    pub(crate) fn start_with_sockets(tls: Option<rustls::ServerConfig>) -> (Self, Sockets) {
        let (sender, sockets) = std_mpsc::channel();
        let server = Self::start_with(tls, move |io, extensions| {
            tune_socket(io, extensions);
            let tcp = io.downcast_ref::<TcpStream>();
            let tls = || io.downcast_ref::<TlsStream<TcpStream>>();
            let tcp = tcp.or_else(|| Some(tls()?.get_ref().0));
            let socket = SockRef::from(tcp.expect("a socket")).try_clone();
            // A test may be done with sockets.
            let _ = sender.send(socket.expect("a descriptor"));
        });
        (server, sockets)
    }

    pub(crate) fn start_with(
        tls: Option<rustls::ServerConfig>,
        on_connect: impl Fn(&dyn Any, &mut actix_web::dev::Extensions) + Send + Sync + 'static,
    ) -> Self {
        let (sender, endings) = mpsc::channel(16);
        let policy = UpgradePolicy {
            origins: OriginPolicy::new(&["https://chat.example".into()], SameHost::Allowed),
            ..UpgradePolicy::default()
        };
        let server = HttpServer::new(move || {
            App::new()
                .app_data(web::Data::new((policy.clone(), sender.clone())))
                .default_service(web::to(connect))
        })
        .workers(1)
        .disable_signals()
        .on_connect(on_connect)
        .client_disconnect_timeout(Duration::ZERO)
        .h1_write_buffer_size(WRITE_BUFFER_BYTES);
        let server = match tls {
            Some(tls) => server.bind_rustls_0_23(("127.0.0.1", 0), tls),
            None => server.bind(("127.0.0.1", 0)),
        }
        .expect("a free port");
        let address = server.addrs()[0];
        let running = server.run();
        let handle = running.handle();
        actix_web::rt::spawn(running);
        Self {
            address,
            endings,
            handle,
        }
    }

    /// The next connection that ended, after the server has let go of it.
    pub(crate) async fn ending(&mut self) -> Ended {
        let ending = tokio::time::timeout(PATIENCE, self.endings.recv()).await;
        let (ended, outbox) = ending.expect("an ending").expect("the server runs");
        let freed = async {
            while outbox.strong_count() > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, freed)
            .await
            .expect("the connection is freed");
        ended
    }

    pub(crate) async fn stop(self) {
        self.handle.stop(false).await;
    }
}

type Shared = (UpgradePolicy, mpsc::Sender<(Ended, Weak<Outbox>)>);

async fn connect(
    request: HttpRequest,
    payload: web::Payload,
    shared: web::Data<Shared>,
) -> Result<actix_web::HttpResponse, UpgradeError> {
    let upgrade = Upgrade::accept(&request, &shared.0)?;
    let outbox = Arc::new(Outbox::cold());
    let echo = Echo {
        outbox: Arc::clone(&outbox),
        ended: shared.1.clone(),
        room: Room::Some,
    };
    Ok(upgrade.respond(&request, payload, outbox, echo, Arc::default()))
}

/// Answers, or does what the text says. Takes one message at a time and makes the driver wait between them.
struct Echo {
    outbox: Arc<Outbox>,
    ended: mpsc::Sender<(Ended, Weak<Outbox>)>,
    room: Room,
}

enum Room {
    Some,
    None,
    Coming,
}

impl Session for Echo {
    fn try_message(&mut self, message: Message) -> Verdict {
        if matches!(self.room, Room::None | Room::Coming) {
            return Verdict::Busy(message);
        }
        self.room = Room::None;
        let text = String::from_utf8_lossy(&message.payload).into_owned();
        let now = Instant::now();
        match text.as_str() {
            "drain" => {
                self.say("before the close");
                outbox::close(&self.outbox, CloseCode::GoingAway, now);
            }
            "die" => self.outbox.close(),
            "flood" => {
                actix_web::rt::spawn(flood(Arc::clone(&self.outbox)));
            }
            "burst" => {
                for i in 0..500 {
                    assert!(self.say(&i.to_string()), "ops hold more than 500");
                }
            }
            text => assert!(self.say(text), "ops hold an answer"),
        }
        Verdict::Accepted
    }

    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.room {
            Room::Some => Poll::Ready(()),
            Room::Coming => {
                self.room = Room::Some;
                Poll::Ready(())
            }
            Room::None => {
                self.room = Room::Coming;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    fn closed(self, ended: Ended) {
        let _ = self.ended.try_send((ended, Arc::downgrade(&self.outbox)));
    }
}

impl Echo {
    fn say(&self, text: &str) -> bool {
        push(&self.outbox, text)
    }
}

fn push(outbox: &Outbox, text: &str) -> bool {
    let item = OutItem::Frame(Arc::new(Outgoing::new(answer(text))));
    outbox.push(OutLane::Ops, item, Instant::now()).is_ok()
}

/// Fills the outbox again and again, more than any socket takes from a client that does not read; then orders the close.
async fn flood(outbox: Arc<Outbox>) {
    let text = "x".repeat(16 * 1024);
    for _ in 0..10 {
        while push(&outbox, &text) {}
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    outbox::close(&outbox, CloseCode::SlowConsumer, Instant::now());
}

/// The frame that carries `text`.
pub(crate) fn answer(text: &str) -> ServerFrame {
    ServerFrame::Error {
        id: None,
        room: None,
        code: ErrorCode::Unsupported,
        advice: Advice::Fix,
        message: text.into(),
        retry_after_ms: None,
    }
}
