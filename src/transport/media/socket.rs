//! The UDP port of one media shard.

use super::batch::Batch;
use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
};

/// What the kernel is asked to hold in each direction of each socket: 30 ms of 1 Gbit/s.
pub const SOCKET_BUFFER_BYTES: usize = 4 << 20;

/// Whether runs of equal datagrams leave as one (UDP generic segmentation offload).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gso {
    /// If the kernel and the device can.
    #[default]
    Probe,
    /// Never.
    Off,
}

/// Where a shard listens. At least one of both families.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UdpListen {
    /// IPv4 address.
    pub ipv4: Option<Ipv4Addr>,
    /// IPv6 address.
    pub ipv6: Option<Ipv6Addr>,
    /// The port of both; 0 takes one that is free in both.
    pub port: u16,
}

/// Why a shard has no port.
#[derive(Debug, thiserror::Error)]
pub enum UdpError {
    /// Somebody else has it.
    #[error(
        "UDP {0} is in use by another process: stop it, or choose another port with calls.port"
    )]
    InUse(SocketAddr),
    /// The system refuses, such as an address of another machine.
    #[error("cannot open UDP {address}: {source}")]
    Refused {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// Neither family was asked for.
    #[error("media needs an IPv4 or an IPv6 address")]
    NoFamily,
}

/// Bytes the kernel granted, the smaller of both sockets. It counts its own bookkeeping too (`socket(7)`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Granted {
    /// Of the receive buffer.
    pub receive_bytes: usize,
    /// Of the send buffer.
    pub send_bytes: usize,
}

/// A shard's port: one socket for IPv4, one for IPv6 only.
#[derive(Debug)]
pub struct MediaSocket {}

impl MediaSocket {
    /// Opens the port. Call it on the shard's runtime.
    ///
    /// # Errors
    /// [`UdpError`]: the operator must choose another port or address.
    pub fn bind(_listen: &UdpListen) -> Result<Self, UdpError> {
        todo!()
    }

    /// The port of both families.
    #[must_use]
    pub fn port(&self) -> u16 {
        todo!()
    }

    /// What the kernel granted.
    #[must_use]
    pub fn granted(&self) -> Granted {
        todo!()
    }

    /// Ready when datagrams wait. Safe to cancel.
    pub async fn readable(&self) {
        todo!()
    }

    /// Fills `batch` with what waits, both families in turn, and says how many datagrams that is. Never blocks.
    pub fn receive(&mut self, _batch: &mut Batch) -> usize {
        todo!()
    }

    /// Datagrams the kernel dropped because the receive buffer was full, since the port was opened.
    #[must_use]
    pub fn kernel_drops(&self) -> u64 {
        todo!()
    }
}
