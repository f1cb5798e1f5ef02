//! Where a peer's datagrams come from and go to.

use std::net::SocketAddr;

/// A TCP connection of ICE-TCP (RFC 6544), numbered by the shard that accepted it and never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TcpId(pub u32);

/// One of the ways to a peer: its transport address as this side sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Path {
    /// Datagrams of the shard's UDP port.
    Udp(SocketAddr),
    /// Frames of RFC 4571 on a TCP connection that the peer opened.
    Tcp(TcpId, SocketAddr),
}

impl Path {
    /// The peer's address.
    #[must_use]
    pub const fn remote(&self) -> SocketAddr {
        match self {
            Self::Udp(remote) | Self::Tcp(_, remote) => *remote,
        }
    }
}
