//! Outgoing datagrams, built in place in one buffer and sent in runs.
//!
//! The kernel's cost is per run, not per datagram: ten datagrams in a run cost little more than one. A run has one
//! destination and equal lengths, except that the last may be shorter (`udp(7)`, `UDP_SEGMENT`), which is why callers
//! pad a frame's packets to the length that [`Arena::run_size_for`] tells.

mod delivery;
mod run;

use super::socket::{Family, Gso, MediaSocket};
use delivery::{Headers, deliver};
use nix::sys::socket::SockaddrStorage;
use run::Run;
use std::{fmt, net::SocketAddr};

pub use delivery::{EgressDrops, FlushReport};
pub use run::{RUN_BYTES_MAX, RUN_SEGMENTS_MAX};

/// Runs between two flushes.
pub const RUNS_MAX: usize = 2048;

/// A shard's outgoing datagrams until they are flushed. It stays on the thread that made it.
pub struct Arena {
    bytes: Box<[u8]>,
    used: usize,
    runs: Vec<Run>,
    /// The destinations of the runs, as the kernel wants them.
    addresses: Vec<Option<SockaddrStorage>>,
    headers: Headers,
    datagrams: usize,
    gso: Gso,
}

impl Arena {
    /// An arena of `capacity_bytes`, allocated once. `gso` is what [`MediaSocket::gso`] says.
    #[must_use]
    pub fn new(capacity_bytes: usize, gso: Gso) -> Self {
        Self {
            bytes: vec![0; capacity_bytes].into(),
            used: 0,
            runs: Vec::with_capacity(RUNS_MAX),
            addresses: Vec::with_capacity(RUNS_MAX),
            headers: Headers::new(),
            datagrams: 0,
            gso,
        }
    }

    /// Whether [`Arena::reserve`] has room for `len` bytes; else flush first.
    #[must_use]
    pub fn has_room(&self, len: usize) -> bool {
        len <= self.bytes.len() - self.used && self.runs.len() < RUNS_MAX
    }

    /// Room for one datagram of exactly `len` bytes to `to`, behind those reserved before; it holds old bytes. `None`
    /// when the arena is full: flush and ask again. An empty arena has none for a `len` of 0 or above
    /// [`RUN_BYTES_MAX`] or its capacity.
    pub fn reserve(&mut self, len: usize, to: SocketAddr) -> Option<&mut [u8]> {
        if len == 0 || len > RUN_BYTES_MAX || !self.has_room(len) {
            return None;
        }
        let joined = match self.gso {
            Gso::On => self.runs.last_mut().is_some_and(|run| run.join(len, to)),
            Gso::Off => false,
        };
        if !joined {
            self.runs.push(Run::new(self.used, len, to));
            self.addresses.push(Some(to.into()));
        }
        let start = self.used;
        self.used += len;
        self.datagrams += 1;
        Some(&mut self.bytes[start..self.used])
    }

    /// Takes back the last reservation, such as of a datagram that could not be sealed.
    pub fn retract(&mut self) {
        let Some(run) = self.runs.last_mut() else {
            return;
        };
        self.used -= run.retract();
        self.datagrams -= 1;
        if run.len() == 0 {
            self.runs.pop();
            self.addresses.pop();
        }
    }

    /// The length that a datagram to `to` must have to join the run being built and keep it open; a shorter one joins as
    /// the last. `None` when a datagram to `to` begins a run of its own, whatever its length.
    #[must_use]
    pub fn run_size_for(&self, to: SocketAddr) -> Option<usize> {
        let run = self.runs.last().filter(|_| self.gso == Gso::On)?;
        run.is_open(to).then(|| run.segment())
    }

    /// Datagrams reserved since the last flush.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.datagrams
    }

    /// Whether nothing is reserved.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.datagrams == 0
    }

    /// Whether runs leave as one. Off for good once a device has refused.
    #[must_use]
    pub const fn gso(&self) -> Gso {
        self.gso
    }

    /// Sends everything, in order within a family. Never blocks: what the kernel does not take is dropped and counted.
    pub fn flush(&mut self, socket: &MediaSocket) -> FlushReport {
        let Self {
            bytes,
            runs,
            addresses,
            headers,
            gso,
            ..
        } = self;
        let descriptors = Family::BOTH.map(|family| socket.descriptor(family));
        let report = deliver(runs, addresses, gso, |group| {
            headers.send(descriptors[group.family as usize], bytes, group)
        });
        self.runs.clear();
        self.addresses.clear();
        self.used = 0;
        self.datagrams = 0;
        report
    }
}

impl fmt::Debug for Arena {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arena")
            .field("capacity_bytes", &self.bytes.len())
            .field("used_bytes", &self.used)
            .field("runs", &self.runs.len())
            .field("gso", &self.gso)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
