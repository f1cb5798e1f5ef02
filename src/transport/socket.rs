//! Socket options that keep lanes honest and stuck clients cheap.

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::{dev::Extensions, rt::net::TcpStream};
use nix::sys::socket::{Shutdown, shutdown};
use socket2::{SockRef, Socket};
use std::{
    any::Any,
    cell::Cell,
    io,
    os::fd::{AsRawFd, RawFd},
    time::Duration,
};

/// A WebSocket's peer that acknowledges nothing, or has no room, for so long is given up by the kernel.
pub const USER_TIMEOUT: Duration = Duration::from_secs(3);
/// What the kernel holds for a client that does not read: 3.9 MB by default.
pub const SEND_BUFFER_BYTES: usize = 64 * 1024;
/// The socket is writable only below this many unsent bytes: the rest stays in the lanes, where it has an order.
pub const UNSENT_BYTES_MAX: u32 = 16 * 1024;

/// A connection's socket, for ending it when the HTTP layer is stuck in a write.
///
/// Only a number: it is valid as long as the connection it came with, and must not be kept beyond.
#[derive(Debug, Clone, Copy)]
pub(super) struct SocketHandle(RawFd);

impl SocketHandle {
    /// Ends both directions; pending reads and writes of the connection fail.
    pub(super) fn shut_down(self) {
        // The peer may have ended it first.
        let _ = shutdown(self.0, Shutdown::Both);
    }
}

/// What a connection's requests know of its socket.
pub(super) struct ConnectionSocket {
    handle: SocketHandle,
    /// A second descriptor, for options, until it is known what the connection is for.
    untold: Cell<Option<Socket>>,
}

impl ConnectionSocket {
    /// The socket, to end it.
    pub(super) const fn handle(&self) -> SocketHandle {
        self.handle
    }

    /// The socket, from now on that of a WebSocket, on which silence has a meaning: a client reads what it is sent. One
    /// that loads a page may be slow, or wait with reading as long as it likes.
    pub(super) fn for_websocket(&self) -> SocketHandle {
        #[cfg(target_os = "linux")]
        if let Some(socket) = self.untold.take()
            && let Err(error) = socket.set_tcp_user_timeout(Some(USER_TIMEOUT))
        {
            tracing::debug!(%error, "a socket option was refused");
        }
        self.handle
    }
}

/// For `HttpServer::on_connect`, before `bind`: tunes the socket, plain or under TLS, and remembers it for those that
/// answer. Without it, stuck clients are only closed when their socket takes bytes again.
pub fn tune_socket(io: &dyn Any, extensions: &mut Extensions) {
    let tcp = io.downcast_ref::<TcpStream>().or_else(|| {
        let tls = io.downcast_ref::<TlsStream<TcpStream>>()?;
        Some(tls.get_ref().0)
    });
    let Some(tcp) = tcp else { return };
    if let Err(error) = set_options(tcp) {
        tracing::debug!(%error, "a socket option was refused");
    }
    extensions.insert(ConnectionSocket {
        handle: SocketHandle(tcp.as_raw_fd()),
        untold: Cell::new(SockRef::from(tcp).try_clone().ok()),
    });
}

fn set_options(tcp: &TcpStream) -> io::Result<()> {
    let socket = SockRef::from(tcp);
    socket.set_tcp_nodelay(true)?;
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_notsent_lowat(UNSENT_BYTES_MAX)?;
    Ok(())
}
