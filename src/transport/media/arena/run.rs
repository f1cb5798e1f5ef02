//! Datagrams that may leave as one.

use std::{net::SocketAddr, ops::Range};

/// Segments of one run: what every kernel since 4.18 takes.
pub const RUN_SEGMENTS_MAX: usize = 64;
/// Bytes of one run: an IP packet's 65,535 without the headers.
pub const RUN_BYTES_MAX: usize = 65_000;

/// Datagrams of one destination that lie behind each other in the arena: of `segment` bytes each, the last of 1 to
/// `segment`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    start: usize,
    len: usize,
    segment: usize,
    to: SocketAddr,
}

impl Run {
    pub(super) const fn new(start: usize, len: usize, to: SocketAddr) -> Self {
        Self {
            start,
            len,
            segment: len,
            to,
        }
    }

    /// Whether a datagram of a whole segment to `to` fits behind the others.
    pub(super) fn is_open(&self, to: SocketAddr) -> bool {
        self.to == to
            && self.len.is_multiple_of(self.segment)
            && self.len / self.segment < RUN_SEGMENTS_MAX
            && self.len + self.segment <= RUN_BYTES_MAX
    }

    /// Appends a datagram if it may.
    pub(super) fn join(&mut self, len: usize, to: SocketAddr) -> bool {
        let joins = len <= self.segment && self.is_open(to);
        if joins {
            self.len += len;
        }
        joins
    }

    /// Removes the last datagram and tells its length.
    pub(super) fn retract(&mut self) -> usize {
        let last = match self.len % self.segment {
            0 => self.segment,
            shorter => shorter,
        };
        self.len -= last;
        last
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) const fn segment(&self) -> usize {
        self.segment
    }

    pub(super) const fn to(&self) -> SocketAddr {
        self.to
    }

    pub(super) const fn datagrams(&self) -> usize {
        self.len.div_ceil(self.segment)
    }

    pub(super) const fn range(&self) -> Range<usize> {
        self.start..self.start + self.len
    }

    /// Its datagrams from the `from`th on, each as a run of its own.
    pub(super) fn singles(&self, from: usize) -> impl Iterator<Item = Self> {
        (from..self.datagrams()).map(|i| {
            let offset = i * self.segment;
            Self::new(
                self.start + offset,
                self.segment.min(self.len - offset),
                self.to,
            )
        })
    }
}
