//! ICE-TCP, passive (RFC 6544): media over TCP for networks without UDP.

use crate::{rtc::TcpId, transport::listen::BindError};
use std::{
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::sync::mpsc;

/// Bounds of the listener and of each connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TcpLimits {
    /// Connections in all.
    pub connections_max: usize,
    /// Connections of one IPv4 address or IPv6 /64.
    pub connections_per_address_max: usize,
    /// From accepting to a first STUN message that names a known ufrag.
    pub first_message_timeout: Duration,
    /// Without a byte from the peer.
    pub idle_timeout: Duration,
    /// Datagrams that wait to be written to one connection; further ones are dropped.
    pub write_datagrams_max: usize,
}

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TcpEnd {
    /// By the peer.
    Closed,
    /// By us.
    Dropped,
    /// Nothing came for too long.
    Idle,
    /// A frame that no peer of ours sends (RFC 4571).
    BadFrame,
    /// The system's error.
    Failed,
}

/// What a connection tells the shard of its peer.
#[derive(Debug)]
pub enum TcpEvent {
    /// Its first message named a ufrag of this shard.
    Opened(TcpLink),
    /// A datagram; the first one is the STUN message that opened it.
    Datagram {
        /// Of which connection.
        id: TcpId,
        /// The peer.
        from: SocketAddr,
        /// Payload of the frame.
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
    #[error("too long for a frame")]
    TooLong,
}

/// The writing end of a connection. Dropping every clone closes it.
#[derive(Debug, Clone)]
pub struct TcpLink {}

impl TcpLink {
    /// The connection.
    #[must_use]
    pub fn id(&self) -> TcpId {
        todo!()
    }

    /// The peer.
    #[must_use]
    pub fn remote(&self) -> SocketAddr {
        todo!()
    }

    /// Queues one datagram, whole or not at all.
    ///
    /// # Errors
    /// [`TcpSendError`]: the datagram is lost, as it may be on UDP.
    pub fn send(&self, _datagram: &[u8]) -> Result<(), TcpSendError> {
        todo!()
    }

    /// Datagrams lost to a full queue.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        todo!()
    }
}

/// Names the queue of the shard that knows a local ufrag.
pub type Route = Rc<dyn Fn(&str) -> Option<mpsc::Sender<TcpEvent>>>;

/// The listener.
#[derive(Debug)]
pub struct IceTcp {}

impl IceTcp {
    /// Listens. Call it on the accepting shard's runtime.
    ///
    /// # Errors
    /// [`BindError`]: the operator must choose another port or address.
    pub fn bind(_addresses: &[SocketAddr], _limits: TcpLimits) -> Result<Self, BindError> {
        todo!()
    }

    /// The addresses listened on.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        todo!()
    }

    /// Accepts and serves connections until dropped, on a `LocalSet` or an arbiter. A full shard queue holds back the
    /// connection, not the shard.
    pub async fn run(self, _route: Route) {
        todo!()
    }
}
