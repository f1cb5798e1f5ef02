//! One WebSocket connection: the upgrade, one shared read buffer, writes that go out at once when the socket has room.

use super::framing::{Deframer, FramingError, Message, Opcode, write_frame};
use greenroom::protocol::Subprotocol;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpSocket, TcpStream};

/// Bytes a connection may hold unsent before it counts as broken.
const UNSENT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The longest answer to an upgrade, bytes.
const UPGRADE_BYTES_MAX: usize = 8 * 1024;
/// How long an upgrade may take. Generous: thousands of them share two cores.
const UPGRADE_TIME_MAX: Duration = Duration::from_secs(30);
/// One buffer reads for all connections of a thread.
const READ_BYTES: usize = 256 * 1024;

thread_local! {
    static READ: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES]);
}

/// Where the server is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Endpoint {
    /// Address and port.
    pub(crate) addr: SocketAddr,
    /// What the client asked for, as the `Host` header.
    pub(crate) host: String,
    /// The path of the WebSocket.
    pub(crate) path: String,
}

/// Why a connection could not be made, or ended.
#[derive(Debug)]
pub(crate) enum LinkError {
    /// TCP failed.
    Io(io::Error),
    /// The server answered the upgrade with something else.
    Upgrade(String),
    /// The server broke RFC 6455.
    Framing(FramingError),
    /// The server closed, with a code if it gave one.
    Closed(Option<u16>, String),
    /// The connection ended without a word.
    Eof,
}

impl std::fmt::Display for LinkError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => write!(f, "{error}"),
            Self::Upgrade(answer) => write!(f, "the upgrade was refused: {answer}"),
            Self::Framing(error) => write!(f, "the server broke RFC 6455: {}", error.0),
            Self::Closed(Some(code), reason) => write!(f, "closed with {code} ({reason})"),
            Self::Closed(None, _) => write!(f, "closed without a code"),
            Self::Eof => write!(f, "the connection ended without a close frame"),
        }
    }
}

impl std::error::Error for LinkError {}

impl From<io::Error> for LinkError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The sending side; cheap to share within its thread.
pub(crate) struct Link {
    socket: OwnedWriteHalf,
    subprotocol: Subprotocol,
    unsent: RefCell<Vec<u8>>,
    scratch: RefCell<Vec<u8>>,
}

/// The receiving side.
pub(crate) struct Inbound {
    socket: OwnedReadHalf,
    deframer: Deframer,
    /// Bytes of frames that came with the answer to the upgrade.
    early: Vec<u8>,
}

/// Connects and upgrades. `receive_bytes` bounds the kernel's receive buffer (a reader that will stall).
///
/// # Errors
/// [`LinkError`] when TCP or the upgrade fails.
pub(crate) async fn connect(
    endpoint: &Endpoint,
    subprotocol: Subprotocol,
    receive_bytes: Option<u32>,
) -> Result<(Rc<Link>, Inbound), LinkError> {
    match tokio::time::timeout(
        UPGRADE_TIME_MAX,
        upgrade(endpoint, subprotocol, receive_bytes),
    )
    .await
    {
        Ok(result) => result,
        Err(_) => Err(LinkError::Upgrade(format!(
            "no answer within {UPGRADE_TIME_MAX:?}"
        ))),
    }
}

async fn upgrade(
    endpoint: &Endpoint,
    subprotocol: Subprotocol,
    receive_bytes: Option<u32>,
) -> Result<(Rc<Link>, Inbound), LinkError> {
    let socket = match endpoint.addr {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    if let Some(bytes) = receive_bytes {
        socket.set_recv_buffer_size(bytes)?;
    }
    let mut stream = socket.connect(endpoint.addr).await?;
    stream.set_nodelay(true)?;
    // The key need not be random here: nobody caches these upgrades, and the harness trusts its server's 101.
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: Z3JlZW5yb29tLWxvYWR0ZQ==\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Protocol: {}\r\n\r\n",
        endpoint.path,
        endpoint.host,
        subprotocol.name()
    );
    stream.write_all(request.as_bytes()).await?;
    let early = read_upgrade(&mut stream, subprotocol).await?;
    let (read, write) = stream.into_split();
    let link = Link {
        socket: write,
        subprotocol,
        unsent: RefCell::default(),
        scratch: RefCell::default(),
    };
    let inbound = Inbound {
        socket: read,
        deframer: Deframer::default(),
        early,
    };
    Ok((Rc::new(link), inbound))
}

/// Reads the answer's head; returns what followed it.
async fn read_upgrade(
    stream: &mut TcpStream,
    subprotocol: Subprotocol,
) -> Result<Vec<u8>, LinkError> {
    let mut head = Vec::with_capacity(512);
    let end = loop {
        if let Some(at) = head.windows(4).position(|w| w == b"\r\n\r\n") {
            break at + 4;
        }
        if head.len() > UPGRADE_BYTES_MAX {
            return Err(LinkError::Upgrade("an endless head".into()));
        }
        if stream.read_buf(&mut head).await? == 0 {
            return Err(LinkError::Upgrade(
                String::from_utf8_lossy(&head).into_owned(),
            ));
        }
    };
    let text = String::from_utf8_lossy(&head[..end]).into_owned();
    if !text.starts_with("HTTP/1.1 101") || !text.contains(subprotocol.name()) {
        return Err(LinkError::Upgrade(text));
    }
    Ok(head.split_off(end))
}

impl Link {
    /// Sends one message of the subprotocol.
    pub(crate) fn send(self: &Rc<Self>, payload: &[u8]) {
        let opcode = if self.subprotocol.is_text() {
            Opcode::Text
        } else {
            Opcode::Binary
        };
        self.send_frame(opcode, payload);
    }

    /// Says goodbye; the server answers with a close of its own.
    pub(crate) fn close(self: &Rc<Self>) {
        self.send_frame(Opcode::Close, &1000_u16.to_be_bytes());
    }

    /// Sends one frame: at once when the socket takes it, else as soon as it does.
    pub(crate) fn send_frame(self: &Rc<Self>, opcode: Opcode, payload: &[u8]) {
        let mut frame = self.scratch.borrow_mut();
        frame.clear();
        write_frame(&mut frame, opcode, payload, rand::random());
        let mut unsent = self.unsent.borrow_mut();
        if !unsent.is_empty() {
            // A connection that holds this much unsent is broken; what is lost here is resent on the next one.
            if unsent.len() < UNSENT_BYTES_MAX {
                unsent.extend_from_slice(&frame);
            }
            return;
        }
        let sent = self.socket.try_write(&frame).unwrap_or(0);
        if sent < frame.len() {
            unsent.extend_from_slice(&frame[sent..]);
            drop(unsent);
            tokio::task::spawn_local(Rc::clone(self).flush());
        }
    }

    async fn flush(self: Rc<Self>) {
        loop {
            if self.socket.writable().await.is_err() {
                return;
            }
            let mut unsent = self.unsent.borrow_mut();
            match self.socket.try_write(&unsent) {
                Ok(sent) => {
                    unsent.drain(..sent);
                    if unsent.is_empty() {
                        unsent.shrink_to(64 * 1024);
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
    }
}

impl Inbound {
    /// Waits for bytes and hands on every message they complete. Returns how many bytes came.
    ///
    /// # Errors
    /// [`LinkError`] when the connection has ended.
    pub(crate) async fn receive(
        &mut self,
        mut take: impl FnMut(Message<'_>),
    ) -> Result<usize, LinkError> {
        if !self.early.is_empty() {
            let early = std::mem::take(&mut self.early);
            self.deframer
                .feed(&early, &mut take)
                .map_err(LinkError::Framing)?;
            return Ok(early.len());
        }
        // Polled rather than awaited so that the shared buffer is borrowed only while bytes are in it, and so that
        // tokio learns from a short read that the socket is empty (one system call a message instead of two).
        std::future::poll_fn(|context| {
            READ.with_borrow_mut(|buffer| {
                let mut buffer = ReadBuf::new(buffer);
                match Pin::new(&mut self.socket).poll_read(context, &mut buffer) {
                    Poll::Pending => Poll::Pending,
                    Poll::Ready(Err(error)) => Poll::Ready(Err(LinkError::Io(error))),
                    Poll::Ready(Ok(())) if buffer.filled().is_empty() => {
                        Poll::Ready(Err(LinkError::Eof))
                    }
                    Poll::Ready(Ok(())) => {
                        let bytes = buffer.filled();
                        let fed = self.deframer.feed(bytes, &mut take);
                        Poll::Ready(fed.map(|()| bytes.len()).map_err(LinkError::Framing))
                    }
                }
            })
        })
        .await
    }
}
