//! Who gets the packets of which publication.

use super::seats::PeerKey;
use crate::actors::media::port::{ShardId, TrackKey};
use crate::sfu::Encoding;
use crate::sfu::allocator::LayerRate;
use crate::sfu::lanes::SlotIndex;
use std::collections::HashMap;
use std::sync::Arc;

/// The subscription tables of one shard.
#[derive(Debug, Default)]
pub(super) struct Routes(HashMap<TrackKey, Route>);

/// Where packets of one publication go, and what is known of it.
#[derive(Debug, Default)]
pub(super) struct Route {
    /// Slots of this shard.
    pub(super) subscribers: Vec<(PeerKey, SlotIndex)>,
    /// Other shards with subscribers; only where the publication is received.
    pub(super) relays: Vec<ShardId>,
    /// Its layers as they arrive.
    pub(super) layers: Arc<[LayerRate]>,
    /// Encodings that its subscribers here watch, one bit each, as its Track was told.
    pub(super) watched: u8,
    /// Encodings that somebody here is sent or is to be, one bit each; kept up while pictures are shed.
    pub(super) carried: u8,
}

impl Routes {
    pub(super) fn get(&self, track: TrackKey) -> Option<&Route> {
        self.0.get(&track)
    }

    pub(super) fn get_mut(&mut self, track: TrackKey) -> Option<&mut Route> {
        self.0.get_mut(&track)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Route> {
        self.0.values_mut()
    }

    /// Whether somebody is sent an encoding while pictures are shed. What other shards do is not known here.
    pub(super) fn carries(&self, track: TrackKey, encoding: Encoding) -> bool {
        let route = self.0.get(&track);
        route.is_some_and(|it| !it.relays.is_empty() || it.carried & encoding.bit() != 0)
    }

    /// True for the first subscriber here.
    pub(super) fn subscribe(&mut self, track: TrackKey, peer: PeerKey, slot: SlotIndex) -> bool {
        let subscribers = &mut self.0.entry(track).or_default().subscribers;
        subscribers.push((peer, slot));
        subscribers.len() == 1
    }

    /// True for the last subscriber here.
    pub(super) fn unsubscribe(&mut self, track: TrackKey, peer: PeerKey, slot: SlotIndex) -> bool {
        let Some(route) = self.0.get_mut(&track) else {
            return false;
        };
        let before = route.subscribers.len();
        route.subscribers.retain(|it| *it != (peer, slot));
        before > 0 && route.subscribers.is_empty()
    }

    /// Relays to a shard from now on, or no longer.
    pub(super) fn relay(&mut self, track: TrackKey, shard: ShardId, on: bool) {
        let relays = &mut self.0.entry(track).or_default().relays;
        relays.retain(|it| *it != shard);
        if on {
            relays.push(shard);
        }
    }

    /// A publication of this shard, whether or not anybody subscribed.
    pub(super) fn open(&mut self, track: TrackKey) {
        self.0.entry(track).or_default();
    }

    /// Those somebody here subscribed to.
    pub(super) fn subscribed(&self) -> Vec<TrackKey> {
        let routes = self.0.iter().filter(|(_, it)| !it.subscribers.is_empty());
        routes.map(|(track, _)| *track).collect()
    }

    /// The publication ended. Slots that it fills are emptied by the Call.
    pub(super) fn forget(&mut self, track: TrackKey) {
        self.0.remove(&track);
    }
}
