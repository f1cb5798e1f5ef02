//! Packets on their way to subscribers on other shards: one bounded queue for each pair of shards.
//!
//! The first packet for a shard wakes it; what finds its queue full is dropped and counted, as it would be by a link.
//! Requests for keyframes come back through the mailbox of the Track.

use super::port::{ShardId, TrackKey};
use crate::sfu::MediaKind;
use crate::sfu::allocator::LayerRate;
use crate::sfu::packet::{Packet, Stream};
use crossbeam::queue::ArrayQueue;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Notify;

/// Packets of pictures that wait for one shard from one other: 20 ms of 50,000 packets a second.
const RELAYED_MAX: usize = 1_024;
/// Sound, and what is known of publications, beside them: it does not wait behind pictures, nor for room among them.
const RELAYED_FIRST_MAX: usize = 1_024;

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
    queues: Arc<[Box<[Queue]>]>,
    wakes: Arc<[Arc<Notify>]>,
}

/// What waits for one shard from one other.
#[derive(Debug)]
struct Queue {
    first: ArrayQueue<Relayed>,
    pictures: ArrayQueue<Relayed>,
}

impl Queue {
    fn new() -> Self {
        Self {
            first: ArrayQueue::new(RELAYED_FIRST_MAX),
            pictures: ArrayQueue::new(RELAYED_MAX),
        }
    }

    fn of(&self, load: &Load) -> &ArrayQueue<Relayed> {
        match load {
            Load::Packet(packet) if packet.kind() == MediaKind::Video => &self.pictures,
            Load::Packet(_) | Load::Layers(_) | Load::Anchor(_) => &self.first,
        }
    }
}

impl Relay {
    /// The ends of all shards, each of which is woken through its place in `wakes`.
    #[must_use]
    pub fn between(wakes: &[Arc<Notify>]) -> Vec<Self> {
        let shards = wakes.len();
        let inbox = || -> Box<[Queue]> { (0..shards).map(|_| Queue::new()).collect() };
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
        let queue = self.queues[to][usize::from(self.shard.0)].of(&relayed.load);
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
        let first = inbox.iter().find_map(|queue| queue.first.pop());
        first.or_else(|| inbox.iter().find_map(|queue| queue.pictures.pop()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::CallId;
    use crate::sfu::TrackId;
    use crate::sfu::packet::sample::Publisher;

    #[test]
    fn sound_goes_before_pictures_and_has_room_of_its_own() {
        let wakes = [(); 2].map(|()| Arc::new(Notify::new()));
        let [one, two] = &Relay::between(&wakes)[..] else {
            panic!("two ends");
        };
        let now = Instant::now();
        let relayed = |load| Relayed {
            track: TrackKey {
                call: CallId::from_bytes([1; 16]),
                track: TrackId(1),
            },
            load,
        };
        let picture = Publisher::camera(1, 0, now).keyframe(now, 1).remove(0);
        let picture = || relayed(Load::Packet(Arc::clone(&picture)));
        let sent = (0..2 * RELAYED_MAX).take_while(|_| one.send(ShardId(1), picture()));
        assert_eq!(sent.count(), RELAYED_MAX);
        let layers = relayed(Load::Layers(Arc::new([])));
        assert!(one.send(ShardId(1), layers));
        let first = two.receive().expect("it was sent");
        assert!(matches!(first.load, Load::Layers(_)));
        let rest = std::iter::from_fn(|| two.receive());
        assert_eq!(rest.count(), RELAYED_MAX);
        assert!(one.receive().is_none());
    }
}
