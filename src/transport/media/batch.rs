//! Datagrams received with one system call, and when the kernel got them.

use super::socket::Family;
use nix::{
    cmsg_space,
    errno::Errno,
    libc,
    sys::socket::{
        ControlMessageOwned, MsgFlags, MultiHeaders, RecvMsg, SockaddrStorage, recvmmsg,
    },
};
use std::{
    array, fmt,
    io::IoSliceMut,
    net::{SocketAddr, SocketAddrV4, SocketAddrV6},
    os::fd::RawFd,
    time::{Duration, Instant, SystemTime},
};

/// Datagrams of a batch.
pub const BATCH_DATAGRAMS: usize = 64;
/// The longest datagram taken; a longer one is dropped. Media and DTLS keep below a path's 1,500.
pub const DATAGRAM_BYTES_MAX: usize = 2048;
/// The longest a datagram is believed to have waited; more is a step of the system's clock.
const WAIT_MAX: Duration = Duration::from_secs(1);

/// One received datagram.
#[derive(Debug)]
pub struct Arrival<'a> {
    /// Its payload, to be decrypted in place.
    pub bytes: &'a mut [u8],
    /// The sender. An IPv4 address is never in its IPv6-mapped form.
    pub from: SocketAddr,
    /// When the kernel took it off the device, not when we looked.
    pub arrived: Instant,
}

/// Room for [`BATCH_DATAGRAMS`] datagrams, allocated once. It stays on the thread that made it.
pub struct Batch {
    bytes: Box<[u8]>,
    slots: Vec<Option<Slot>>,
    headers: [MultiHeaders<SockaddrStorage>; 2],
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    len: usize,
    from: SocketAddr,
    arrived: Instant,
}

/// What one system call brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Filled {
    pub(super) datagrams: usize,
    /// Datagrams the kernel dropped before the last of these, since the socket was opened; it wraps.
    pub(super) overflow: Option<u32>,
}

impl Batch {
    /// Allocates it.
    #[must_use]
    pub fn new() -> Self {
        Self {
            bytes: vec![0; BATCH_DATAGRAMS * DATAGRAM_BYTES_MAX].into(),
            slots: Vec::with_capacity(BATCH_DATAGRAMS),
            headers: [headers(), headers()],
        }
    }

    /// The datagrams of the last receive, in order of arrival within a family.
    pub fn arrivals(&mut self) -> impl Iterator<Item = Arrival<'_>> {
        let rooms = self.bytes.chunks_exact_mut(DATAGRAM_BYTES_MAX);
        rooms.zip(&self.slots).filter_map(|(room, slot)| {
            let slot = slot.as_ref()?;
            Some(Arrival {
                bytes: &mut room[..slot.len],
                from: slot.from,
                arrived: slot.arrived,
            })
        })
    }

    /// Datagrams in it.
    pub(super) fn len(&self) -> usize {
        self.slots.iter().flatten().count()
    }

    /// Rooms used, by datagrams and by those that were too long.
    pub(super) fn taken(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn clear(&mut self) {
        self.slots.clear();
    }

    /// Receives up to `wanted` datagrams behind those there are.
    pub(super) fn fill(
        &mut self,
        family: Family,
        descriptor: RawFd,
        wanted: usize,
    ) -> Result<Filled, Errno> {
        let headers = &mut self.headers[family as usize];
        let mut rooms = self
            .bytes
            .chunks_exact_mut(DATAGRAM_BYTES_MAX)
            .skip(self.slots.len());
        let mut slices: [[IoSliceMut<'_>; 1]; BATCH_DATAGRAMS] =
            array::from_fn(|_| [IoSliceMut::new(rooms.next().unwrap_or_default())]);
        let wanted = wanted.min(BATCH_DATAGRAMS - self.slots.len());
        let slices = slices[..wanted].iter_mut();
        let messages = recvmmsg(descriptor, headers, slices, MsgFlags::MSG_DONTWAIT, None)?;
        let clocks = Clocks::now();
        let before = self.slots.len();
        let mut overflow = None;
        let mut cut = false;
        for message in messages {
            let (sent, dropped) = control(&message).unwrap_or_else(|_| {
                cut = true;
                (None, None)
            });
            overflow = dropped.or(overflow);
            self.slots.push(slot(&message, clocks.arrival(sent)));
        }
        if cut {
            // recvmmsg(2) leaves the room for control messages as short as those it returned, and nix does not reset
            // it: once the kernel begins to tell of drops, that is too short for them.
            self.headers[family as usize] = self::headers();
        }
        Ok(Filled {
            datagrams: self.slots.len() - before,
            overflow,
        })
    }
}

impl Default for Batch {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("slots", &self.slots)
            .finish_non_exhaustive()
    }
}

/// The system's clock and ours at the same moment.
#[derive(Debug, Clone, Copy)]
struct Clocks {
    system: Duration,
    instant: Instant,
}

impl Clocks {
    fn now() -> Self {
        let system = SystemTime::now();
        Self {
            system: system
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default(),
            instant: Instant::now(),
        }
    }

    fn arrival(&self, stamp: Option<Duration>) -> Instant {
        let waited = stamp.map_or(Duration::ZERO, |stamp| self.system.saturating_sub(stamp));
        if waited > WAIT_MAX {
            return self.instant;
        }
        self.instant.checked_sub(waited).unwrap_or(self.instant)
    }
}

fn headers() -> MultiHeaders<SockaddrStorage> {
    MultiHeaders::preallocate(BATCH_DATAGRAMS, Some(cmsg_space!(libc::timespec, u32)))
}

type Received<'a> = RecvMsg<'a, 'a, SockaddrStorage>;

/// When it came, since the epoch, and how many were dropped before it.
fn control(message: &Received<'_>) -> Result<(Option<Duration>, Option<u32>), Errno> {
    let (mut stamp, mut dropped) = (None, None);
    for control in message.cmsgs()? {
        match control {
            ControlMessageOwned::ScmTimestampns(time) => stamp = Some(Duration::from(time)),
            ControlMessageOwned::RxqOvfl(count) => dropped = Some(count),
            _ => {}
        }
    }
    Ok((stamp, dropped))
}

fn slot(message: &Received<'_>, arrived: Instant) -> Option<Slot> {
    if message.flags.contains(MsgFlags::MSG_TRUNC) {
        return None;
    }
    let address = message.address?;
    let ipv4 = address
        .as_sockaddr_in()
        .map(|&v4| SocketAddr::V4(SocketAddrV4::from(v4)));
    let ipv6 = || {
        address
            .as_sockaddr_in6()
            .map(|&v6| SocketAddr::V6(SocketAddrV6::from(v6)))
    };
    let from = ipv4.or_else(ipv6)?;
    Some(Slot {
        len: message.bytes,
        from: SocketAddr::new(from.ip().to_canonical(), from.port()),
        arrived,
    })
}
