//! Outgoing datagrams, built in place in one buffer and sent in runs.

use super::socket::{Gso, MediaSocket};
use std::net::SocketAddr;

/// Segments of one run: what every kernel since 4.18 takes.
pub const RUN_SEGMENTS_MAX: usize = 64;
/// Bytes of one run: an IP packet's 65,535 without the headers.
pub const RUN_BYTES_MAX: usize = 65_000;

/// Datagrams that did not leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EgressDrops {
    /// The socket's send buffer is full.
    pub full: u64,
    /// No way to the destination, or a firewall forbids it.
    pub unreachable: u64,
    /// Longer than the path takes.
    pub too_long: u64,
    /// Anything else.
    pub other: u64,
}

/// What became of a flushed arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FlushReport {
    /// Datagrams the kernel took.
    pub sent: u64,
    /// Their payload bytes.
    pub bytes: u64,
    /// System calls made.
    pub calls: u64,
    /// Datagrams the kernel did not take.
    pub drops: EgressDrops,
}

/// A shard's outgoing datagrams until they are flushed. Datagrams to one destination that follow each other and have
/// equal lengths (the last may be shorter) leave as one run, at a fraction of the cost.
#[derive(Debug)]
pub struct Arena {}

impl Arena {
    /// An arena of `capacity_bytes`, allocated once.
    #[must_use]
    pub fn new(_capacity_bytes: usize, _gso: Gso) -> Self {
        todo!()
    }

    /// Whether [`Arena::reserve`] has room for `len` bytes; else flush first.
    #[must_use]
    pub fn has_room(&self, _len: usize) -> bool {
        todo!()
    }

    /// Room for one datagram of exactly `len` bytes to `to`, behind those reserved before; it holds old bytes. `None`
    /// when the arena is full: flush and ask again.
    pub fn reserve(&mut self, _len: usize, _to: SocketAddr) -> Option<&mut [u8]> {
        todo!()
    }

    /// Takes back the last reservation, such as of a datagram that could not be sealed. Once per reservation.
    pub fn retract(&mut self) {
        todo!()
    }

    /// The length at which a datagram to `to` would join the run being built, for padding; `None` when it would begin a
    /// run of its own.
    #[must_use]
    pub fn run_size_for(&self, _to: SocketAddr) -> Option<usize> {
        todo!()
    }

    /// Datagrams reserved since the last flush.
    #[must_use]
    pub fn len(&self) -> usize {
        todo!()
    }

    /// Whether nothing is reserved.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether runs leave as one.
    #[must_use]
    pub fn gso(&self) -> bool {
        todo!()
    }

    /// Sends everything, in order. Never blocks: what the kernel does not take is dropped and counted.
    pub fn flush(&mut self, _socket: &MediaSocket) -> FlushReport {
        todo!()
    }
}
