//! Reading datagrams with the time at which the kernel got them: what a busy harness adds by reading late is neither
//! the server's latency nor the link's.

use crate::clock::now_us;
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt, sockopt,
};
use std::io::{self, IoSliceMut};
use std::net::{SocketAddr, SocketAddrV4};
use std::os::fd::AsRawFd;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// A datagram was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arrival {
    pub(super) len: usize,
    pub(super) from: Option<SocketAddr>,
    /// When it came, of [`now_us`].
    pub(super) at_us: u64,
}

/// Has the kernel note arrivals on a socket; where it cannot, the time of reading stands.
pub(super) fn note_arrivals(socket: &UdpSocket) {
    let _ = setsockopt(socket, sockopt::ReceiveTimestampns, &true);
}

/// Reads one datagram that is there.
///
/// # Errors
/// `WouldBlock` when there is none.
pub(super) fn try_receive(socket: &UdpSocket, buffer: &mut [u8]) -> io::Result<Arrival> {
    socket.try_io(Interest::READABLE, || {
        let mut control = nix::cmsg_space!(nix::sys::time::TimeSpec);
        let mut parts = [IoSliceMut::new(buffer)];
        let flags = MsgFlags::MSG_DONTWAIT;
        let message =
            recvmsg::<SockaddrStorage>(socket.as_raw_fd(), &mut parts, Some(&mut control), flags)?;
        // The age first: if this thread waits between the clocks, an arrival is late, and never before its sending.
        let mut age_us = 0;
        for note in message.cmsgs()? {
            if let ControlMessageOwned::ScmTimestampns(wall) = note {
                age_us = age_now_us(Duration::from(wall));
            }
        }
        let from = message.address.and_then(|from| {
            let from = from.as_sockaddr_in()?;
            Some(SocketAddr::V4(SocketAddrV4::new(from.ip(), from.port())))
        });
        Ok(Arrival {
            len: message.bytes,
            from,
            at_us: now_us().saturating_sub(age_us),
        })
    })
}

/// How long ago a wall time was; none when the clock was set back.
fn age_now_us(wall: Duration) -> u64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    crate::clock::micros(now.saturating_sub(wall))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const ATTEMPTS_MAX: usize = 100;
    /// How late a datagram is read.
    const LATE: Duration = Duration::from_millis(30);
    /// One clock steps to the right time while the other goes on, but only by little in so short a time.
    const CLOCKS_DIFFER_US: u64 = 2_000;

    #[test]
    fn a_datagram_read_late_came_when_it_came() {
        crate::block_on_local(async {
            let bind = || UdpSocket::bind((Ipv4Addr::LOCALHOST, 0));
            let (a, b) = (
                bind().await.expect("a socket"),
                bind().await.expect("a socket"),
            );
            note_arrivals(&b);
            let to = b.local_addr().expect("bound");
            // The kernel starts its clock for a host's first such socket a little later, and until then it notes the
            // time of reading; so does a test that sleeps between two clocks. One datagram tells.
            let mut told = false;
            for _ in 0..ATTEMPTS_MAX {
                let before_us = now_us();
                a.send_to(b"x", to).await.expect("sent");
                tokio::time::sleep(LATE).await;
                b.readable().await.expect("readable");
                let read_us = now_us();
                let arrival = try_receive(&b, &mut [0; 8]).expect("it is there");
                assert_eq!((arrival.len, arrival.from), (1, a.local_addr().ok()));
                assert!(arrival.at_us + CLOCKS_DIFFER_US >= before_us);
                told = arrival.at_us < read_us;
                if told {
                    break;
                }
            }
            assert!(told, "each was said to come when it was read");
            let none = try_receive(&b, &mut [0; 8]).expect_err("it was the only one");
            assert_eq!(none.kind(), io::ErrorKind::WouldBlock);
        });
    }
}
