//! Bodies at the pace of those who read them.
//!
//! Given a whole file, actix-http copies it into its write buffer, once for each slow reader, and waits for ever for one
//! who takes nothing. Piece by piece, little is held for a reader, and it shows whether there still is one.

use super::socket::{ConnectionSocket, SocketHandle};
use actix_web::{
    HttpRequest,
    body::{BodySize, BoxBody, MessageBody},
    rt::{spawn, task::JoinHandle, time::sleep_until},
};
use bytes::Bytes;
use std::{
    cell::Cell,
    convert::Infallible,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

/// A reader who takes less than a piece for so long is given up.
pub(super) const STALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes handed over at a time, each when nearly all of the last one is with the kernel.
const PIECE_BYTES: usize = 16 * 1024;

/// A body that follows its reader, for the answer to a request.
pub(super) fn paced(request: &HttpRequest, bytes: Bytes) -> BoxBody {
    if bytes.len() <= PIECE_BYTES {
        return BoxBody::new(bytes);
    }
    let socket = request.conn_data::<ConnectionSocket>();
    BoxBody::new(PacedBody {
        rest: bytes,
        stall: socket.map(|socket| Stall::watch(socket.handle(), STALL_TIMEOUT)),
    })
}

struct PacedBody {
    rest: Bytes,
    stall: Option<Stall>,
}

impl MessageBody for PacedBody {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.rest.len() as u64)
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        let this = self.get_mut();
        if this.rest.is_empty() {
            return Poll::Ready(None);
        }
        if let Some(stall) = &this.stall {
            stall.taken();
        }
        let piece = this.rest.len().min(PIECE_BYTES);
        Poll::Ready(Some(Ok(this.rest.split_to(piece))))
    }
}

/// Ends a connection whose reader takes nothing: the HTTP layer does not poll a body while its write buffer is full.
struct Stall {
    since: Rc<Cell<Instant>>,
    task: JoinHandle<()>,
}

impl Stall {
    fn watch(socket: SocketHandle, timeout: Duration) -> Self {
        let since = Rc::new(Cell::new(Instant::now()));
        let last = Rc::clone(&since);
        let task = spawn(async move {
            while last.get().elapsed() < timeout {
                sleep_until((last.get() + timeout).into()).await;
            }
            socket.shut_down();
        });
        Self { since, task }
    }

    fn taken(&self) {
        self.since.set(Instant::now());
    }
}

impl Drop for Stall {
    /// The socket is not this connection's for ever.
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::{
        socket::{USER_TIMEOUT, tune_socket},
        ws::WRITE_BUFFER_BYTES,
    };
    use actix_web::{App, HttpResponse, HttpServer, dev::ServerHandle, web};
    use std::net::SocketAddr;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpSocket, TcpStream},
        sync::mpsc,
        time::sleep,
    };

    /// More than the kernel holds for both sides.
    const BODY_BYTES: usize = 8 * 1024 * 1024;

    /// Tells when it is dropped.
    struct Told(PacedBody, mpsc::Sender<()>);

    impl MessageBody for Told {
        type Error = Infallible;

        fn size(&self) -> BodySize {
            self.0.size()
        }

        fn poll_next(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Bytes, Infallible>>> {
            Pin::new(&mut self.0).poll_next(cx)
        }
    }

    impl Drop for Told {
        fn drop(&mut self) {
            let _ = self.1.try_send(());
        }
    }

    /// Serves the body, and says when it has been dropped.
    fn serve(timeout: Duration) -> (SocketAddr, ServerHandle, mpsc::Receiver<()>) {
        let (dropped, drops) = mpsc::channel(1);
        let answer = move |request: HttpRequest| {
            let socket = request.conn_data::<ConnectionSocket>().expect("tuned");
            let body = PacedBody {
                rest: vec![7; BODY_BYTES].into(),
                stall: Some(Stall::watch(socket.handle(), timeout)),
            };
            let body = BoxBody::new(Told(body, dropped.clone()));
            async { HttpResponse::Ok().body(body) }
        };
        let app = move || App::new().default_service(web::to(answer.clone()));
        let server = HttpServer::new(app)
            .workers(1)
            .disable_signals()
            .client_disconnect_timeout(Duration::ZERO)
            .h1_write_buffer_size(WRITE_BUFFER_BYTES)
            .on_connect(tune_socket)
            .bind(("127.0.0.1", 0))
            .expect("a free port");
        let address = server.addrs()[0];
        let running = server.run();
        let handle = running.handle();
        spawn(running);
        (address, handle, drops)
    }

    /// Asks, with little room for the answer.
    async fn ask(address: SocketAddr) -> TcpStream {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4096).expect("an option");
        let mut stream = socket.connect(address).await.expect("the server listens");
        let request = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n";
        stream.write_all(request).await.expect("sent");
        stream
    }

    #[actix_web::test]
    async fn a_reader_may_wait_longer_than_a_websocket() {
        let (address, server, _drops) = serve(STALL_TIMEOUT);
        let mut stream = ask(address).await;
        sleep(USER_TIMEOUT * 2).await;
        let mut rest = vec![0; BODY_BYTES];
        stream.read_exact(&mut rest).await.expect("head and body");
        server.stop(false).await;
    }

    #[actix_web::test]
    async fn a_reader_who_takes_nothing_is_given_up() {
        let (address, server, mut drops) = serve(Duration::from_millis(200));
        let mut stream = ask(address).await;
        drops.recv().await.expect("the response ends");
        let mut taken = Vec::new();
        let _reset = stream.read_to_end(&mut taken).await;
        assert!(taken.len() < BODY_BYTES, "{} bytes", taken.len());
        server.stop(false).await;
    }
}
