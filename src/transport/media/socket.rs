//! The UDP port of one media shard: one socket for IPv4 and one for IPv6, on the same port.
//!
//! Owns what the kernel is asked for (buffers, timestamps, drop counts, segmentation) and readiness. Which datagram is
//! whose, it does not know.

use super::batch::{BATCH_DATAGRAMS, Batch};
use nix::{
    errno::Errno,
    sys::socket::{setsockopt, sockopt},
};
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use std::{
    future::poll_fn,
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    os::fd::{AsRawFd, RawFd},
    task::Poll,
};
use tokio::{io::Interest, net::UdpSocket};

/// What the kernel is asked to hold in each direction of each socket: 30 ms of 1 Gbit/s.
pub const SOCKET_BUFFER_BYTES: usize = 4 << 20;
/// Ports tried when any will do and the one that is free in IPv4 is taken in IPv6.
const FREE_PORT_TRIES: u32 = 16;
/// Datagrams asked for when few come: preparing room for a full batch would cost more than receiving them.
const EXPECTED_DATAGRAMS_MIN: usize = 4;

/// Whether runs of equal datagrams leave as one (UDP generic segmentation offload).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gso {
    /// If the kernel and the device can.
    #[default]
    On,
    /// Never.
    Off,
}

/// Where a shard listens. At least one of both families; IPv6 is left out where the kernel has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UdpListen {
    /// IPv4 address.
    pub ipv4: Option<Ipv4Addr>,
    /// IPv6 address.
    pub ipv6: Option<Ipv6Addr>,
    /// The port of both; 0 takes one that is free in both.
    pub port: u16,
    /// Whether segmentation offload is wanted.
    pub gso: Gso,
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

impl UdpError {
    /// Whether the kernel has no such family at all, as where IPv6 is disabled.
    fn is_missing_family(&self) -> bool {
        let Self::Refused { source, .. } = self else {
            return false;
        };
        source.raw_os_error() == Some(Errno::EAFNOSUPPORT as i32)
    }
}

/// Bytes of payload and bookkeeping the kernel granted, the smaller of both sockets. Less than
/// [`SOCKET_BUFFER_BYTES`] means that `net.core.rmem_max` or `wmem_max` is lower.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Granted {
    /// Of the receive buffer.
    pub receive_bytes: usize,
    /// Of the send buffer.
    pub send_bytes: usize,
}

/// An address family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Ipv4,
    Ipv6,
}

impl Family {
    pub(super) const BOTH: [Self; 2] = [Self::Ipv4, Self::Ipv6];

    pub(super) const fn of(address: SocketAddr) -> Self {
        match address {
            SocketAddr::V4(_) => Self::Ipv4,
            SocketAddr::V6(_) => Self::Ipv6,
        }
    }
}

/// A shard's port.
#[derive(Debug)]
pub struct MediaSocket {
    sockets: [Option<Half>; 2],
    port: u16,
    gso: Gso,
    granted: Granted,
    /// Who is asked first by the next receive, so that neither family starves the other.
    first: Family,
}

/// One family's socket.
#[derive(Debug)]
struct Half {
    socket: UdpSocket,
    expected: usize,
    /// The kernel's own count, which wraps, and ours.
    overflow: u32,
    dropped: u64,
}

impl MediaSocket {
    /// Opens the port. Call it on the shard's runtime.
    ///
    /// # Errors
    /// [`UdpError`]: the operator must choose another port or address.
    pub fn bind(listen: &UdpListen) -> Result<Self, UdpError> {
        let mut tries = FREE_PORT_TRIES;
        let [ipv4, ipv6] = loop {
            match open_both(listen) {
                Err(UdpError::InUse(_)) if listen.port == 0 && tries > 0 => tries -= 1,
                result => break result?,
            }
        };
        let halves = [ipv4, ipv6].map(|half| half.map(Half::new));
        let halves = match halves {
            [None, None] => return Err(UdpError::NoFamily),
            [ipv4, ipv6] => [ipv4.transpose()?, ipv6.transpose()?],
        };
        let every = || halves.iter().flatten();
        let probed = every().all(|half| half.segments());
        let least = |bytes: fn(&Half) -> usize| every().map(bytes).min().unwrap_or(0);
        Ok(Self {
            port: every().next().map_or(0, Half::port),
            gso: if probed { listen.gso } else { Gso::Off },
            granted: Granted {
                receive_bytes: least(Half::receive_bytes),
                send_bytes: least(Half::send_bytes),
            },
            first: Family::Ipv4,
            sockets: halves,
        })
    }

    /// The port of both families.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Whether segmentation offload is wanted and the kernel knows it. A device may still refuse.
    #[must_use]
    pub const fn gso(&self) -> Gso {
        self.gso
    }

    /// What the kernel granted.
    #[must_use]
    pub const fn granted(&self) -> Granted {
        self.granted
    }

    /// Ready when datagrams may wait. Safe to cancel.
    ///
    /// # Errors
    /// The runtime is shutting down.
    pub async fn readable(&self) -> io::Result<()> {
        poll_fn(|context| {
            for half in self.sockets.iter().flatten() {
                if let Poll::Ready(result) = half.socket.poll_recv_ready(context) {
                    return Poll::Ready(result);
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Refills `batch` with what waits, both families in turn, and says how many datagrams that is. Never blocks. After
    /// [`BATCH_DATAGRAMS`] more may wait: [`MediaSocket::readable`] stays ready.
    pub fn receive(&mut self, batch: &mut Batch) -> usize {
        batch.clear();
        let order = match self.first {
            Family::Ipv4 => Family::BOTH,
            Family::Ipv6 => [Family::Ipv6, Family::Ipv4],
        };
        for family in order {
            if let Some(half) = &mut self.sockets[family as usize] {
                half.receive(family, batch);
            }
        }
        self.first = order[1];
        batch.len()
    }

    /// Datagrams the kernel dropped because the receive buffer was full or their checksum wrong, since the port was
    /// opened, as told with the last datagram received.
    #[must_use]
    pub fn kernel_drops(&self) -> u64 {
        self.sockets.iter().flatten().map(|half| half.dropped).sum()
    }

    /// What to send to this family with.
    pub(super) fn descriptor(&self, family: Family) -> Option<RawFd> {
        let half = self.sockets[family as usize].as_ref()?;
        Some(half.socket.as_raw_fd())
    }
}

impl Half {
    fn new(socket: (Socket, SocketAddr)) -> Result<Self, UdpError> {
        let (socket, address) = socket;
        let socket = UdpSocket::from_std(socket.into())
            .map_err(|source| UdpError::Refused { address, source })?;
        Ok(Self {
            socket,
            expected: EXPECTED_DATAGRAMS_MIN,
            overflow: 0,
            dropped: 0,
        })
    }

    fn port(&self) -> u16 {
        self.socket
            .local_addr()
            .expect("a bound socket has an address")
            .port()
    }

    /// Whether the kernel knows segmentation: sets and unsets the socket's default.
    fn segments(&self) -> bool {
        setsockopt(&self.socket, sockopt::UdpGsoSegment, &1200).is_ok()
            && setsockopt(&self.socket, sockopt::UdpGsoSegment, &0).is_ok()
    }

    // The kernel doubles what it is asked for, to have room for its bookkeeping, and tells the double (socket(7)).
    fn receive_bytes(&self) -> usize {
        SockRef::from(&self.socket).recv_buffer_size().unwrap_or(0) / 2
    }

    fn send_bytes(&self) -> usize {
        SockRef::from(&self.socket).send_buffer_size().unwrap_or(0) / 2
    }

    fn receive(&mut self, family: Family, batch: &mut Batch) {
        loop {
            let room = BATCH_DATAGRAMS - batch.taken();
            let wanted = self.expected.min(room);
            if wanted == 0 {
                return;
            }
            let descriptor = self.socket.as_raw_fd();
            let mut received = 0;
            let result = self.socket.try_io(Interest::READABLE, || {
                let filled = batch.fill(family, descriptor, wanted)?;
                received = filled.datagrams;
                if let Some(overflow) = filled.overflow {
                    self.dropped += u64::from(overflow.wrapping_sub(self.overflow));
                    self.overflow = overflow;
                }
                // Fewer than wanted: the queue is empty, and the readiness with it.
                if received < wanted {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                Ok(())
            });
            if result.is_err() {
                self.expected = (2 * received).clamp(EXPECTED_DATAGRAMS_MIN, BATCH_DATAGRAMS);
                return;
            }
            self.expected = (2 * self.expected).min(BATCH_DATAGRAMS);
        }
    }
}

fn open_both(listen: &UdpListen) -> Result<[Option<(Socket, SocketAddr)>; 2], UdpError> {
    let ipv4 = listen
        .ipv4
        .map(|ip| open(SocketAddr::from((ip, listen.port))))
        .transpose()?;
    let port = ipv4
        .as_ref()
        .map_or(listen.port, |(_, address)| address.port());
    let ipv6 = match listen.ipv6.map(|ip| open(SocketAddr::from((ip, port)))) {
        Some(Err(error)) if ipv4.is_some() && error.is_missing_family() => None,
        opened => opened.transpose()?,
    };
    Ok([ipv4, ipv6])
}

fn open(address: SocketAddr) -> Result<(Socket, SocketAddr), UdpError> {
    let bound = || -> io::Result<(Socket, SocketAddr)> {
        let socket = Socket::new(
            Domain::for_address(address),
            Type::DGRAM,
            Some(Protocol::UDP),
        )?;
        socket.set_nonblocking(true)?;
        if address.is_ipv6() {
            // IPv4 has its own socket, so addresses never come in their mapped form.
            socket.set_only_v6(true)?;
        }
        // Beyond the system's limit only with CAP_NET_ADMIN; else up to it.
        if setsockopt(&socket, sockopt::RcvBufForce, &SOCKET_BUFFER_BYTES).is_err() {
            socket.set_recv_buffer_size(SOCKET_BUFFER_BYTES)?;
        }
        if setsockopt(&socket, sockopt::SndBufForce, &SOCKET_BUFFER_BYTES).is_err() {
            socket.set_send_buffer_size(SOCKET_BUFFER_BYTES)?;
        }
        setsockopt(&socket, sockopt::ReceiveTimestampns, &true)?;
        setsockopt(&socket, sockopt::RxqOvfl, &1)?;
        socket.bind(&address.into())?;
        let bound = socket
            .local_addr()?
            .as_socket()
            .ok_or(io::ErrorKind::InvalidData)?;
        Ok((socket, bound))
    };
    bound().map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => UdpError::InUse(address),
        _ => UdpError::Refused { address, source },
    })
}

#[cfg(test)]
mod tests;
