//! The newest packets of one encoding, by index: for slots that begin in the middle of a picture and for resends.

use super::{MediaKind, packet::Packet};
use std::{sync::Arc, time::Instant};

/// A ring bounded in time, packets and bytes.
#[derive(Debug)]
pub struct History {}

impl History {
    /// Empty.
    #[must_use]
    pub fn new(kind: MediaKind) -> Self {
        let _ = kind;
        todo!()
    }

    /// Keeps a packet and forgets what is too old.
    pub fn insert(&mut self, now: Instant, packet: Arc<Packet>) {
        let _ = (now, packet);
        todo!()
    }

    /// The packet of an index.
    #[must_use]
    pub fn get(&self, index: u64) -> Option<&Arc<Packet>> {
        let _ = index;
        todo!()
    }

    /// Packets from an index on, in order: what to offer to slots after the beginning of a keyframe was repaired.
    pub fn since(&self, index: u64) -> impl Iterator<Item = &Arc<Packet>> {
        let _ = index;
        std::iter::empty()
    }
}
