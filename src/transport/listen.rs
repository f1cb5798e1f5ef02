//! Listening sockets. What accepted connections are tuned to is `ws::tune_socket`'s.

use socket2::{Domain, Protocol, Socket, Type};
use std::{
    io,
    net::{SocketAddr, TcpListener},
};

/// Connections the kernel holds until a worker takes them: a whole fleet may reconnect at once.
const BACKLOG: i32 = 4096;

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
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn any_port() -> SocketAddr {
        ([127, 0, 0, 1], 0).into()
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
