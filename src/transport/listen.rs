//! Listening sockets, with the options that every accepted connection takes over from them.

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use std::{
    io,
    net::{SocketAddr, TcpListener},
    time::Duration,
};

/// Connections the kernel holds until a worker takes them: a whole fleet may reconnect at once.
const BACKLOG: i32 = 4096;
/// What the kernel buffers for one connection. Less is held for a client that stops reading.
const SEND_BUFFER_BYTES: usize = 64 * 1024;
/// The kernel asks for more only below this: what goes first is decided at the last moment.
const NOT_SENT_BYTES_MAX: u32 = 16 * 1024;
/// A peer that acknowledges nothing for so long is gone.
const UNACKED_MAX: Duration = Duration::from_secs(10);

/// Why an address cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Somebody else listens there.
    #[error(
        "{0} is in use by another process: stop it, or choose another address with --listen or server.listen"
    )]
    InUse(SocketAddr),
    /// The system refuses, such as a port below 1024 without the right to it, or an address of another machine.
    #[error("cannot listen on {address}: {source}")]
    Refused {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// Listens on an address. Port 0 takes a free one.
///
/// # Errors
/// [`BindError`]: the operator must choose another address.
pub fn listen(address: SocketAddr) -> Result<TcpListener, BindError> {
    open(address).map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => BindError::InUse(address),
        _ => BindError::Refused { address, source },
    })
}

fn open(address: SocketAddr) -> io::Result<TcpListener> {
    let domain = Domain::for_address(address);
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // So that 0.0.0.0 and [::] can be listened on side by side.
        socket.set_only_v6(true)?;
    }
    // A restart need not wait for the last connections' TIME_WAIT.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    tune(&SockRef::from(&socket))?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Linux copies these to every connection accepted from the listener.
fn tune(socket: &SockRef<'_>) -> io::Result<()> {
    socket.set_tcp_nodelay(true)?;
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    socket.set_tcp_notsent_lowat(NOT_SENT_BYTES_MAX)?;
    socket.set_tcp_user_timeout(Some(UNACKED_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpStream;

    fn any_port() -> SocketAddr {
        ([127, 0, 0, 1], 0).into()
    }

    #[test]
    fn accepted_connections_take_the_options_over() {
        let listener = listen(any_port()).expect("a free port");
        listener.set_nonblocking(false).expect("an open socket");
        let address = listener.local_addr().expect("bound");
        let _client = TcpStream::connect(address).expect("it listens");
        let (accepted, _) = listener.accept().expect("a client");
        let socket = SockRef::from(&accepted);
        assert!(socket.tcp_nodelay().expect("readable"));
        assert_eq!(
            socket.tcp_notsent_lowat().expect("readable"),
            NOT_SENT_BYTES_MAX
        );
        assert_eq!(
            socket.tcp_user_timeout().expect("readable"),
            Some(UNACKED_MAX)
        );
        // The kernel doubles it for its own bookkeeping (socket(7)).
        assert!(socket.send_buffer_size().expect("readable") <= 2 * SEND_BUFFER_BYTES);
    }

    #[test]
    fn a_port_in_use_is_named() {
        let first = listen(any_port()).expect("a free port");
        let address = first.local_addr().expect("bound");
        let error = listen(address).expect_err("taken");
        assert!(matches!(error, BindError::InUse(at) if at == address));
        assert!(error.to_string().contains("--listen"));
    }
}
