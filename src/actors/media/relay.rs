//! Packets on their way to subscribers on other shards: one bounded queue for each pair of shards.
//!
//! The first packet for a shard wakes it; what finds its queue full is dropped and counted, as it would be by a link.
//! Requests for keyframes come back through the mailbox of the Track.

use super::port::{ShardId, TrackKey};
use crate::sfu::allocator::LayerRate;
use crate::sfu::packet::{Packet, Stream};
use crossbeam::queue::ArrayQueue;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Notify;

/// Packets that wait for one shard from one other: 20 ms of 50,000 packets a second.
const RELAYED_MAX: usize = 1_024;

/// Something for the subscribers of a publication on another shard.
#[derive(Debug)]
pub struct Relayed {
    /// The publication.
    pub track: TrackKey,
    /// What is relayed of it.
    pub load: Load,
}

/// What is relayed of a publication.
#[derive(Debug, Clone)]
pub enum Load {
    /// A packet.
    Packet(Arc<Packet>),
    /// What is known of its layers.
    Layers(Arc<[LayerRate]>),
    /// Its sender's clock.
    Anchor(Anchor),
}

/// When a timestamp of a stream was, in our time: keeps sound and pictures together.
#[derive(Debug, Clone, Copy)]
pub struct Anchor {
    /// The stream.
    pub stream: Stream,
    /// The timestamp.
    pub timestamp: u32,
    /// When it was.
    pub at: Instant,
}

/// One shard's end of the queues to and from the others.
#[derive(Debug)]
pub struct Relay {
    shard: ShardId,
    /// By receiver, then by sender.
    queues: Arc<[Box<[ArrayQueue<Relayed>]>]>,
    wakes: Arc<[Arc<Notify>]>,
}

impl Relay {
    /// The ends of all shards, each of which is woken through its place in `wakes`.
    #[must_use]
    pub fn between(wakes: &[Arc<Notify>]) -> Vec<Self> {
        let shards = wakes.len();
        let inbox = || -> Box<[ArrayQueue<Relayed>]> {
            (0..shards).map(|_| ArrayQueue::new(RELAYED_MAX)).collect()
        };
        let queues: Arc<[_]> = (0..shards).map(|_| inbox()).collect();
        let wakes: Arc<[_]> = wakes.into();
        let ids = (0..).map(ShardId).take(shards);
        let end = |shard| Self {
            shard,
            queues: Arc::clone(&queues),
            wakes: Arc::clone(&wakes),
        };
        ids.map(end).collect()
    }

    /// Sends a packet to another shard. False when its queue is full.
    pub(super) fn send(&self, to: ShardId, relayed: Relayed) -> bool {
        let to = usize::from(to.0);
        let queue = &self.queues[to][usize::from(self.shard.0)];
        let was_empty = queue.is_empty();
        let sent = queue.push(relayed).is_ok();
        if was_empty {
            self.wakes[to].notify_one();
        }
        sent
    }

    /// The next packet for this shard.
    pub(super) fn receive(&self) -> Option<Relayed> {
        let inbox = &self.queues[usize::from(self.shard.0)];
        inbox.iter().find_map(ArrayQueue::pop)
    }
}
