//! What one shard counts. Written by its thread alone, read at each scrape.

use crate::sfu::lanes::{DropReason, EgressLane};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A number that one thread adds to and any thread reads: no locked instruction.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// Adds to it. On the shard's thread only: others would be lost.
    pub fn add(&self, n: u64) {
        self.0.store(self.get().wrapping_add(n), Ordering::Relaxed);
    }

    /// Puts another number in its place.
    pub fn set(&self, n: u64) {
        self.0.store(n, Ordering::Relaxed);
    }

    /// The number.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Upper bounds of the latency buckets, microseconds.
pub const LATENCY_BOUNDS_US: [u64; 13] = [
    50, 100, 200, 300, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 40_000, 100_000, 500_000,
];

/// How long something took: buckets of [`LATENCY_BOUNDS_US`], the last for what is beyond.
#[derive(Debug, Default)]
pub struct Latency {
    counts: [Count; LATENCY_BOUNDS_US.len() + 1],
    sum_us: Count,
}

impl Latency {
    /// Counts one.
    pub fn record(&self, latency: Duration) {
        let us = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        let bucket = LATENCY_BOUNDS_US.partition_point(|bound| *bound < us);
        self.counts[bucket].add(1);
        self.sum_us.add(us);
    }

    /// Upper bounds in seconds with the counts of their buckets, not cumulative, and the sum in seconds.
    #[must_use]
    pub fn read(&self) -> (Vec<(f64, u64)>, f64) {
        let bounds = LATENCY_BOUNDS_US.iter().map(|us| *us as f64 / 1e6);
        let counts = self.counts.iter().map(Count::get);
        let buckets = bounds.chain([f64::INFINITY]).zip(counts).collect();
        (buckets, self.sum_us.get() as f64 / 1e6)
    }
}

/// Everything a shard counts.
#[derive(Debug, Default)]
pub struct Figures {
    /// Datagrams received, and their bytes.
    pub datagrams_in: Count,
    /// Bytes received.
    pub bytes_in: Count,
    /// Datagrams the kernel took.
    pub datagrams_out: Count,
    /// Bytes the kernel took.
    pub bytes_out: Count,
    /// Media packets received and authentic.
    pub packets_in: Count,
    /// Media packets sent on.
    pub packets_forwarded: Count,
    /// From the arrival of a packet to its departure to a subscriber, pacing included.
    pub forwarding: Latency,
    /// Datagrams dropped as they arrived.
    pub refused: Refused,
    /// Packets given up before decryption because the thread could not keep up.
    pub shed: Count,
    /// How much of the pictures is shed now, percent.
    pub shedding: Count,
    /// Datagrams the kernel dropped because the receive buffer was full.
    pub kernel_drops_in: Count,
    /// Datagrams the kernel did not take.
    pub kernel_drops_out: Count,
    /// Packets dropped on the way to other shards.
    pub relay_drops: Count,
    /// Packets dropped in the lanes of subscribers, by lane and reason.
    pub lane_drops: [[Count; DropReason::ALL.len()]; EgressLane::ALL.len()],
    /// Sequence numbers that publishers were asked to send again.
    pub nacks_out: Count,
    /// Sequence numbers that subscribers asked for.
    pub nacks_in: Count,
    /// Packets sent again.
    pub retransmitted: Count,
    /// Packets that repaired a gap of a publication.
    pub repaired: Count,
    /// Keyframes asked of publishers.
    pub keyframes_out: Count,
    /// Keyframes that subscribers asked for.
    pub keyframes_in: Count,
    /// Times that a slot stood still until a keyframe came.
    pub stills: Count,
    /// Transports that came up.
    pub connected: Count,
    /// Transports whose handshake failed.
    pub handshakes_failed: Count,
    /// Transports that vanished.
    pub vanished: Count,
    /// Faults in the handling of one peer's datagram.
    pub faults: Count,
    /// Peers now.
    pub peers: Count,
    /// Publications now.
    pub tracks: Count,
    /// Filled slots of video now, by encoding; the last are paused.
    pub layers: [Count; LAYERS],
    /// Sum of what subscribers' links carry, bits per second.
    pub estimate_bps: Count,
    /// Time the driver worked, microseconds: its growth per second is the shard's load without its actors.
    pub busy_us: Count,
}

/// Encodings that are counted apart, and one for paused slots.
pub const LAYERS: usize = 4;

/// Datagrams dropped as they arrived, by reason.
#[derive(Debug, Default)]
pub struct Refused {
    /// From an address that no peer has proved to be at.
    pub unvalidated: Count,
    /// Neither STUN, DTLS, RTP nor RTCP, or malformed.
    pub malformed: Count,
    /// It failed authentication.
    pub unauthenticated: Count,
    /// It came before.
    pub replayed: Count,
    /// Of no publication that was agreed.
    pub unknown: Count,
    /// Of a muted publication.
    pub muted: Count,
    /// The mailbox of its Track or Peer had no room.
    pub overflow: Count,
    /// Its sender sent more than a peer may.
    pub excess: Count,
}
