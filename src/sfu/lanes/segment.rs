//! One line of numbers through all that a slot shows: each stream goes on where the one before it ended.

use crate::{
    rtc::codec::{Codec, PictureIds},
    sfu::packet::{Packet, Stream},
};

/// A stream that a slot shows, placed in the slot's line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment {
    /// Counts segments.
    pub(super) id: u32,
    pub(super) stream: Stream,
    /// The first place.
    base: u64,
    /// The publisher's index at `base`.
    index: u64,
    /// Picture ids, if the codec counts pictures.
    pictures: Option<Pictures>,
}

#[derive(Debug, Clone, Copy)]
struct Pictures {
    base: u64,
    /// The newest id as the publisher counts, with its cycles above; begins one cycle up, so that earlier ids fit below.
    newest: u64,
    /// The id at `base`.
    first: u64,
}

impl Segment {
    /// A stream that begins with a packet, at the next free places.
    pub(super) fn begin(id: u32, packet: &Packet, place: u64, picture: u64) -> Self {
        let pictures = packet.frame.picture.map(|ids| {
            let first = cycle(ids) + u64::from(ids.picture_id);
            Pictures {
                base: picture,
                newest: first,
                first,
            }
        });
        Self {
            id,
            stream: packet.stream(),
            base: place,
            index: packet.index,
            pictures,
        }
    }

    /// The place of an index; `None` before the segment's beginning.
    pub(super) fn place(&self, index: u64) -> Option<u64> {
        Some(self.base + index.checked_sub(self.index)?)
    }

    /// The place of a packet's picture.
    pub(super) fn picture(&mut self, packet: &Packet) -> Option<u64> {
        let ids = packet.frame.picture?;
        let pictures = self.pictures.as_mut()?;
        let cycle = cycle(ids);
        let ahead = (u64::from(ids.picture_id) + cycle - pictures.newest % cycle) % cycle;
        let id = if ahead < cycle / 2 {
            pictures.newest + ahead
        } else {
            (pictures.newest + ahead).checked_sub(cycle)?
        };
        pictures.newest = pictures.newest.max(id);
        Some(pictures.base + id.checked_sub(pictures.first)?)
    }

    /// VP8's ids have no gap for a dropped picture, or the receiver waits for it. Those of VP9 say how far a reference
    /// is away, so they stay.
    pub(super) fn closes_picture_gaps(&self) -> bool {
        self.stream.codec == Codec::Vp8
    }
}

/// How many ids there are.
const fn cycle(ids: PictureIds) -> u64 {
    if ids.long { 1 << 15 } else { 1 << 7 }
}
