//! ICE-TCP, passive (RFC 6544): media over TCP for networks without UDP.
//!
//! Owns the listener, the bounds and the frames of its connections. Whose a connection is, its caller says, from the
//! first datagram; from then on datagrams go straight to the queue of that shard.

mod connection;
mod guard;

use crate::{
    rtc::{
        Path, TcpId,
        framing::{FrameTooLong, frame_header},
    },
    transport::listen::{BindError, listen},
};
use connection::Connection;
use guard::Guard;
use std::{
    cell::RefCell,
    fmt,
    future::poll_fn,
    io,
    net::SocketAddr,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
    time::{Duration, Instant},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinSet,
};

/// How long accepting rests after the system refused, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Bounds of the listener and of each connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TcpLimits {
    /// Connections in all; further ones are closed at once.
    pub connections_max: usize,
    /// Connections of one IPv4 address or IPv6 /64, which may be an office behind one router.
    pub connections_per_address_max: usize,
    /// From accepting to a first datagram that the route knows.
    pub first_datagram_timeout: Duration,
    /// Without a frame from the peer. ICE sends one every few seconds (RFC 7675).
    pub idle_timeout: Duration,
    /// Without room for a byte towards the peer while some wait.
    pub write_timeout: Duration,
    /// Datagrams that wait to be written to one connection; further ones are dropped.
    pub write_datagrams_max: usize,
}

impl Default for TcpLimits {
    fn default() -> Self {
        Self {
            connections_max: 1024,
            connections_per_address_max: 64,
            first_datagram_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(10),
            // Half a second of 2.5 Mbit/s.
            write_datagrams_max: 128,
        }
    }
}

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TcpEnd {
    /// By the peer.
    Closed,
    /// By us: every [`TcpLink`] was dropped.
    Dropped,
    /// No frame came for too long.
    Idle,
    /// The peer read nothing for too long.
    Stalled,
    /// A frame longer than any of our peers sends.
    BadFrame,
    /// The system's error.
    Failed,
}

/// What a connection tells the shard of its peer.
#[derive(Debug)]
pub enum TcpEvent {
    /// Its first datagram is for this shard.
    Opened(TcpLink),
    /// A datagram; the first one is that which opened it.
    Datagram {
        /// [`Path::Tcp`].
        path: Path,
        /// Payload of the frame, to be decrypted in place.
        bytes: Vec<u8>,
        /// When it was read.
        arrived: Instant,
    },
    /// It ended; the last event of a connection.
    Closed(TcpId, TcpEnd),
}

/// Why a datagram was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TcpSendError {
    /// The peer reads too slowly; counted.
    #[error("the connection's write queue is full")]
    Full,
    /// The connection has ended.
    #[error("the connection has ended")]
    Ended,
    /// Longer than a frame may be.
    #[error(transparent)]
    TooLong(#[from] FrameTooLong),
}

/// The writing end of a connection, from any thread. Dropping every clone closes it.
#[derive(Debug, Clone)]
pub struct TcpLink {
    id: TcpId,
    remote: SocketAddr,
    /// Whole frames.
    queue: mpsc::Sender<Vec<u8>>,
    dropped: Arc<AtomicU64>,
}

impl TcpLink {
    /// The connection.
    #[must_use]
    pub const fn id(&self) -> TcpId {
        self.id
    }

    /// The peer.
    #[must_use]
    pub const fn remote(&self) -> SocketAddr {
        self.remote
    }

    /// [`Path::Tcp`].
    #[must_use]
    pub const fn path(&self) -> Path {
        Path::Tcp(self.id, self.remote)
    }

    /// Queues one datagram, whole or not at all.
    ///
    /// # Errors
    /// [`TcpSendError`]: the datagram is lost, as it may be on UDP.
    pub fn send(&self, datagram: &[u8]) -> Result<(), TcpSendError> {
        let header = frame_header(datagram.len())?;
        let room = self.queue.try_reserve().map_err(|error| match error {
            mpsc::error::TrySendError::Full(()) => {
                self.dropped.fetch_add(1, Ordering::Relaxed);
                TcpSendError::Full
            }
            mpsc::error::TrySendError::Closed(()) => TcpSendError::Ended,
        })?;
        room.send([&header, datagram].concat());
        Ok(())
    }

    /// Datagrams lost to a full queue.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

/// Names the queue of the shard that a connection's first datagram is for; `None` closes the connection.
pub type Route = Rc<dyn Fn(&[u8]) -> Option<mpsc::Sender<TcpEvent>>>;

/// The listener.
pub struct IceTcp {
    listeners: Vec<TcpListener>,
    limits: TcpLimits,
}

impl IceTcp {
    /// Listens. Call it on the accepting shard's runtime.
    ///
    /// # Errors
    /// [`BindError`]: the operator must choose another port or address.
    pub fn bind(addresses: &[SocketAddr], limits: TcpLimits) -> Result<Self, BindError> {
        let listeners = addresses.iter().map(|&address| {
            TcpListener::from_std(listen(address)?)
                .map_err(|source| BindError::Refused { address, source })
        });
        Ok(Self {
            listeners: listeners.collect::<Result<_, _>>()?,
            limits,
        })
    }

    /// The addresses listened on.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        let bound = self.listeners.iter().map(TcpListener::local_addr);
        bound.filter_map(Result::ok).collect()
    }

    /// Accepts and serves connections until dropped, which ends them all. It needs a `LocalSet` or an arbiter. A shard
    /// whose queue is full holds back its connections' peers, by TCP's own means, and nobody else.
    pub async fn run(self, route: Route) {
        let guard = Rc::new(RefCell::new(Guard::new(&self.limits)));
        let mut connections = JoinSet::new();
        loop {
            while connections.try_join_next().is_some() {}
            match self.accept().await {
                Ok((stream, remote)) => {
                    let Some(seat) = Guard::admit(&guard, remote) else {
                        continue;
                    };
                    let connection = Connection::new(stream, seat, self.limits);
                    connections.spawn_local(connection.run(Rc::clone(&route)));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept ICE-TCP connections");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        poll_fn(|context| {
            for listener in &self.listeners {
                if let Poll::Ready(accepted) = listener.poll_accept(context) {
                    return Poll::Ready(accepted);
                }
            }
            Poll::Pending
        })
        .await
    }
}

impl fmt::Debug for IceTcp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceTcp")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
