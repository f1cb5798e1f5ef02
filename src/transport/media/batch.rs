//! Datagrams received with one system call.

use std::{net::SocketAddr, time::Instant};

/// Datagrams of a batch.
pub const BATCH_DATAGRAMS: usize = 64;
/// The longest datagram taken; a longer one is cut and dropped. Media and DTLS keep below the path's 1,500.
pub const DATAGRAM_BYTES_MAX: usize = 2048;

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

/// Room for [`BATCH_DATAGRAMS`] datagrams, allocated once.
#[derive(Debug)]
pub struct Batch {}

impl Batch {
    /// Allocates it.
    #[must_use]
    pub fn new() -> Self {
        todo!()
    }

    /// The datagrams of the last receive, in order of arrival within a family.
    pub fn arrivals(&mut self) -> impl Iterator<Item = Arrival<'_>> {
        std::iter::from_fn(|| todo!())
    }
}
