//! What one peer is sent: its slots with what fills them, its lanes, and the pace of its link.

use super::Plane;
use super::gauges::Drops;
use super::leaving::Leaving;
use super::rations::Allowance;
use super::seats::PeerKey;
use crate::actors::media::handle;
use crate::actors::media::port::{Flow, PauseReason, Tile, TrackKey};
use crate::actors::media::track::{TrackLane, TrackMessage};
use crate::rtc::codec::Codec;
use crate::rtc::extension::{Extension, ExtensionMap};
use crate::rtc::sdp::{self, Agreed, AgreedLine};
use crate::sfu::allocator::{Allocation, SlotId};
use crate::sfu::bandwidth::{Bitrate, Estimator, EstimatorLimits};
use crate::sfu::lanes::{EgressLanes, SlotIndex};
use crate::sfu::pacer::Pacer;
use crate::sfu::selector::{CodecSet, Selector, Target};
use crate::sfu::slot::{Slot, SlotConfig};
use crate::sfu::{Encoding, MediaKind, TrackId};
use std::rc::Rc;
use std::time::Instant;

/// Everything a peer is sent.
pub(super) struct Egress {
    pub(super) slots: Vec<SlotSeat>,
    pub(super) lanes: EgressLanes,
    pub(super) estimator: Estimator,
    pub(super) pacer: Pacer,
    /// The transport-wide number of the last packet.
    pub(super) number: u16,
    /// Extensions of one and two bytes may be mixed.
    pub(super) mixed_extensions: bool,
    /// What each slot gets.
    pub(super) allocation: Allocation,
    /// What its lanes dropped, as far as it was counted.
    pub(super) drops: Drops,
    /// Times that a slot could not go on without a keyframe, as far as they were not counted.
    pub(super) stills: u64,
    /// What all slots could use.
    pub(super) wanted: Bitrate,
    /// Media packets sent: whether the peer is active.
    pub(super) sent: u64,
}

/// One slot of a peer.
pub(super) struct SlotSeat {
    pub(super) mid: Box<str>,
    /// Codecs and extensions; shared by lines that agree in them, for there are many.
    pub(super) profile: Rc<AgreedLine>,
    pub(super) kind: MediaKind,
    pub(super) ssrc: u32,
    pub(super) ids: Ids,
    /// The payload type of each codec and of its retransmissions.
    pub(super) types: Types,
    pub(super) slot: Slot,
    pub(super) selector: Selector,
    /// What its client last estimated by the streams of this slot.
    pub(super) remb: Option<(Instant, Bitrate)>,
    pub(super) fill: Option<Fill>,
    /// What was in it before, shown until the first keyframe of what is in it now.
    pub(super) leaving: Option<Leaving>,
    pub(super) tile: Option<Tile>,
    /// How late it is given up under overload; see [`crate::sfu::shedding::rank`].
    pub(super) rank: f64,
    /// It is not given up.
    pub(super) is_carried: bool,
    /// The encoding it is left, while it is spared larger ones.
    pub(super) spared: Option<Encoding>,
    /// Keyframes that its client may still ask for.
    pub(super) keyframes: Allowance,
    /// As the Call was told.
    pub(super) told: (Option<TrackId>, Flow),
}

/// The publication in a slot.
pub(super) struct Fill {
    pub(super) track: TrackKey,
    /// Where it is reached; not yet when it is filled before its publisher is there.
    pub(super) published: Option<handle::Published>,
}

/// How a slot was filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::actors::media) enum Filling {
    /// As asked.
    Done,
    /// The peer has no such slot, or it is of the other kind.
    Refused,
}

/// The ids of the extensions that leave in the packets of one slot; 0 where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Ids {
    pub(super) number: u8,
    pub(super) sent_at: u8,
    pub(super) level: u8,
    pub(super) orientation: u8,
    pub(super) capture_time: u8,
    pub(super) dependency: u8,
}

/// The payload type of each codec of a line, with that of its retransmissions.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Types([Option<(u8, Option<u8>)>; CODECS]);

const CODECS: usize = 7;

impl Types {
    fn of(line: &AgreedLine) -> Self {
        let mut types = Self::default();
        for agreed in &line.codecs {
            types.0[agreed.codec as usize].get_or_insert((agreed.payload_type, agreed.rtx));
        }
        types
    }

    pub(super) fn get(&self, codec: Codec) -> Option<(u8, Option<u8>)> {
        self.0[codec as usize]
    }
}

impl Ids {
    fn of(map: &ExtensionMap) -> Self {
        let id = |extension| map.id(extension).unwrap_or_default();
        Self {
            number: id(Extension::TransportCc),
            sent_at: id(Extension::AbsSendTime),
            level: id(Extension::AudioLevel),
            orientation: id(Extension::VideoOrientation),
            capture_time: id(Extension::AbsCaptureTime),
            dependency: id(Extension::DependencyDescriptor),
        }
    }
}

impl Egress {
    pub(super) fn new(agreed: &Agreed, now: Instant) -> Self {
        let estimator = Estimator::new(now, EstimatorLimits::default());
        let pacer = Pacer::new(now, estimator.pacing());
        Self {
            slots: Vec::new(),
            lanes: EgressLanes::new(),
            estimator,
            pacer,
            number: 0,
            mixed_extensions: agreed.mixed_extensions,
            allocation: Allocation::default(),
            drops: Drops::default(),
            stills: 0,
            wanted: Bitrate::ZERO,
            sent: 0,
        }
    }

    pub(super) fn slot_mut(&mut self, mid: &str) -> Option<(SlotIndex, &mut SlotSeat)> {
        let mut slots = (0..).map(SlotIndex).zip(&mut self.slots);
        slots.find(|(_, slot)| &*slot.mid == mid)
    }

    pub(super) fn get_mut(&mut self, index: SlotIndex) -> Option<&mut SlotSeat> {
        self.slots.get_mut(usize::from(index.0))
    }

    /// The encoding that a slot would get if it came: its publisher must send it, or it never will.
    pub(super) fn wished(&self, index: SlotIndex, track: TrackId) -> Option<Encoding> {
        let slot = self.allocation.slot(SlotId(u16::from(index.0)));
        Some(slot.filter(|it| it.track == track)?.wished?.encoding)
    }

    /// The slot that sends with this SSRC.
    pub(super) fn by_ssrc(&mut self, ssrc: u32) -> Option<&mut SlotSeat> {
        self.slots.iter_mut().find(|slot| slot.ssrc == ssrc)
    }

    /// Opens a slot for a line; one that there is goes on under what was agreed anew. A peer with more lines than slots are allowed gets none for the rest.
    pub(super) fn open(&mut self, line: &AgreedLine, now: Instant) {
        let Some((ssrc, rtx)) = line.ours else {
            return;
        };
        let profile = self.profile(line);
        if let Some((_, slot)) = self.slot_mut(&line.mid) {
            slot.profile = profile;
            slot.ids = Ids::of(&line.extensions);
            slot.types = Types::of(line);
            return;
        }
        let kind = match line.kind {
            sdp::MediaKind::Audio => MediaKind::Audio,
            sdp::MediaKind::Video => MediaKind::Video,
        };
        let mut random = [0; 8];
        if getrandom::fill(&mut random).is_err() {
            return;
        }
        let [a, b, c, d, e, f, g, h] = random;
        let half = |high: u8, low: u8| u16::from_be_bytes([high & 0x7f, low]);
        let Some(slot) = self.lanes.open(kind, half(a, b)) else {
            return;
        };
        let config = SlotConfig {
            slot,
            kind,
            ssrc,
            rtx_ssrc: line.codecs.iter().any(|it| it.rtx.is_some()).then_some(rtx),
            first_timestamp: u32::from_be_bytes([c, d, e, f]),
            first_rtx_index: half(g, h),
        };
        let codecs = line.codecs.iter().map(|it| it.codec);
        self.slots.push(SlotSeat {
            mid: line.mid.as_str().into(),
            profile,
            kind,
            ssrc,
            ids: Ids::of(&line.extensions),
            types: Types::of(line),
            slot: Slot::new(config),
            selector: Selector::new(codecs.fold(CodecSet::default(), CodecSet::with)),
            remb: None,
            fill: None,
            leaving: None,
            tile: None,
            rank: 0.0,
            is_carried: true,
            spared: None,
            keyframes: Allowance::keyframes(now),
            told: (None, Flow::Empty),
        });
    }

    fn profile(&self, line: &AgreedLine) -> Rc<AgreedLine> {
        let same = |it: &&SlotSeat| it.profile.codecs == line.codecs;
        match self.slots.iter().find(same) {
            Some(slot) => Rc::clone(&slot.profile),
            None => Rc::new(line.clone()),
        }
    }
}

impl SlotSeat {
    /// Where the publication in it is received, once its publisher is there.
    pub(super) fn published(&self) -> Option<&handle::Published> {
        self.fill.as_ref()?.published.as_ref()
    }

    /// Asks for a keyframe of what is to be shown.
    pub(super) fn ask_keyframe(&self) {
        let target = self.selector.target().or_else(|| self.selector.current());
        if let (Some(target), Some(published)) = (target, self.published()) {
            ask_keyframe(published, target.encoding);
        }
    }

    /// What the Call is to know of it.
    pub(super) fn flow(&self) -> Flow {
        let Some(fill) = &self.fill else {
            return Flow::Empty;
        };
        let Some(published) = &fill.published else {
            return Flow::Paused(PauseReason::Source);
        };
        if self.profile.accepts(&published.codec).is_none() {
            return Flow::Paused(PauseReason::Codec);
        }
        let target = self.selector.target();
        match (target, self.kind, &self.tile) {
            (Some(target), ..) if target.track == fill.track.track => Flow::Live(target.encoding),
            (Some(_), ..) => Flow::Paused(PauseReason::Source),
            (None, MediaKind::Video, None) => Flow::Paused(PauseReason::Hidden),
            (None, ..) => Flow::Paused(PauseReason::Bandwidth),
        }
    }

    /// Changes what is shown, and asks for the keyframe that it needs.
    pub(super) fn show(&mut self, target: Option<Target>) {
        if self.selector.target() == target || (target.is_none() && self.leaving.is_some()) {
            return;
        }
        if let Some((_, encoding)) = self.selector.set_target(target)
            && let Some(published) = self.published()
        {
            ask_keyframe(published, encoding);
        }
    }
}

/// A Track whose mailbox is full hears of it from the next packet that finds no keyframe.
pub(super) fn ask_keyframe(published: &handle::Published, encoding: Encoding) {
    let wanted = TrackMessage::WantKeyframe(encoding);
    let _ = published.address.push(TrackLane::Keyframe, wanted);
}

impl Plane {
    /// Puts a publication into a slot of a peer, or empties it.
    pub(in crate::actors::media) fn fill(
        &mut self,
        peer: PeerKey,
        mid: &str,
        track: Option<TrackId>,
        now: Instant,
    ) -> Filling {
        let Some(seat) = self.seats.get_mut(peer) else {
            return Filling::Refused;
        };
        let call = seat.call;
        let key = track.map(|track| TrackKey { call, track });
        let Some((index, slot)) = seat.egress.slot_mut(mid) else {
            return Filling::Refused;
        };
        if slot.fill.as_ref().map(|fill| fill.track) == key {
            return Filling::Done;
        }
        let gone = slot.exchange(key, now);
        if key.is_none() {
            seat.egress.lanes.clear(index);
        }
        for gone in gone.into_iter().flatten() {
            self.unsubscribe(&gone, peer, index);
        }
        if key.is_none() {
            return Filling::Done;
        }
        self.connect(peer, index)
    }

    /// Subscribes a slot to its publication, if that is there by now.
    pub(super) fn connect(&mut self, peer: PeerKey, index: SlotIndex) -> Filling {
        let shard = self.shard;
        let media = self.media.clone();
        let Some(slot) = self.slot_mut(peer, index) else {
            return Filling::Refused;
        };
        let Some(fill) = &mut slot.fill else {
            return Filling::Done;
        };
        if fill.published.is_some() {
            return Filling::Done;
        }
        let Some(published) = media.published(fill.track) else {
            return Filling::Done;
        };
        if published.source.kind() != slot.kind {
            slot.fill = None;
            return Filling::Refused;
        }
        let track = fill.track;
        fill.published = Some(published.clone());
        let accepted = slot.profile.accepts(&published.codec);
        let Some(accepted) = accepted.map(|it| (it.payload_type, it.rtx)) else {
            return Filling::Done;
        };
        slot.types.0[published.codec.codec as usize] = Some(accepted);
        if slot.kind == MediaKind::Audio {
            slot.show(Some(Target {
                track: track.track,
                encoding: Encoding(0),
                spatial: 0,
                temporal: 0,
            }));
        }
        if self.routes.subscribe(track, peer, index) && published.shard != shard {
            let relay = TrackMessage::Relay(shard);
            // Refused only by a Track that is gone; then nothing is to be relayed.
            let _ = published.address.push(TrackLane::Control, relay);
        }
        Filling::Done
    }

    /// Tries again to connect the slots whose publisher was not there.
    pub(in crate::actors::media) fn connect_waiting(&mut self, peer: PeerKey) {
        let Some(seat) = self.seats.get(peer) else {
            return;
        };
        let waits = |slot: &SlotSeat| slot.fill.as_ref().is_some_and(|it| it.published.is_none());
        let slots = (0..).map(SlotIndex).zip(&seat.egress.slots);
        let waiting: Vec<_> = slots
            .filter(|(_, slot)| waits(slot))
            .map(|it| it.0)
            .collect();
        for index in waiting {
            self.connect(peer, index);
        }
    }

    /// What a client shows, in place of what it showed.
    pub(in crate::actors::media) fn show(&mut self, peer: PeerKey, tiles: Vec<Tile>) {
        let Some(seat) = self.seats.get_mut(peer) else {
            return;
        };
        for slot in &mut seat.egress.slots {
            slot.tile = None;
        }
        for tile in tiles {
            if let Some((_, slot)) = seat.egress.slot_mut(&tile.mid) {
                slot.tile = Some(tile);
            }
        }
    }

    /// Empties all slots of a peer that goes.
    pub(super) fn empty_slots(&mut self, peer: PeerKey) {
        let Some(seat) = self.seats.get_mut(peer) else {
            return;
        };
        let slots = (0..).map(SlotIndex).zip(&mut seat.egress.slots);
        let fills: Vec<_> = slots
            .flat_map(|(index, slot)| {
                let leaving = slot.leaving.take().map(|it| it.fill);
                let fills = slot.fill.take().into_iter().chain(leaving);
                fills.map(move |fill| (index, fill))
            })
            .collect();
        for (index, fill) in fills {
            self.unsubscribe(&fill, peer, index);
        }
    }

    pub(super) fn unsubscribe(&mut self, fill: &Fill, peer: PeerKey, index: SlotIndex) {
        let last = self.routes.unsubscribe(fill.track, peer, index);
        if let Some(published) = &fill.published
            && last
            && published.shard != self.shard
        {
            self.routes.forget(fill.track);
            let end = TrackMessage::EndRelay(self.shard);
            // A Track that does not hear it relays what nobody takes, until it ends.
            let _ = published.address.push(TrackLane::Control, end);
        } else {
            self.tell_watched(fill.track);
        }
    }

    pub(super) fn slot_mut(&mut self, peer: PeerKey, index: SlotIndex) -> Option<&mut SlotSeat> {
        self.seats.get_mut(peer)?.egress.get_mut(index)
    }
}
