//! From a Track to the lanes of its subscribers.

use super::Plane;
use super::egress::ask_keyframe;
use super::ready::Ready;
use super::seat::Seat;
use super::seats::{PeerKey, Seats};
use crate::actors::media::peer::{PeerLane, PeerMessage};
use crate::actors::media::port::{ShardId, TrackKey};
use crate::actors::media::relay::{Anchor, Load, Relayed};
use crate::actors::media::track::{TrackLane, TrackMessage};
use crate::sfu::allocator::LayerRate;
use crate::sfu::lanes::{EgressLane, SlotIndex};
use crate::sfu::packet::Packet;
use crate::sfu::selector::Decision;
use crate::sfu::{Encoding, TrackId};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

/// Packets of other shards taken in a row.
const RELAYED_IN_A_ROW: usize = 1_024;

/// How far one packet has come.
#[derive(Default)]
struct Offers {
    /// Its subscribers, from the first, that have not been offered it.
    left: usize,
    /// Somebody had nothing to send before.
    woken: bool,
    /// An encoding without whose keyframe a slot cannot begin.
    wanted: Option<Encoding>,
}

impl Plane {
    /// Offers a packet to every slot its publication is in, here and on the shards it is relayed to.
    pub(in crate::actors::media) fn forward(
        &mut self,
        track: TrackKey,
        packet: &Arc<Packet>,
        now: Instant,
    ) {
        self.relay_to_others(track, &Load::Packet(Arc::clone(packet)));
        self.forward_here(track, packet, now);
    }

    /// What is known of a publication's layers, for the allocation of its subscribers.
    pub(in crate::actors::media) fn set_layers(
        &mut self,
        track: TrackKey,
        layers: Arc<[LayerRate]>,
    ) {
        self.relay_to_others(track, &Load::Layers(Arc::clone(&layers)));
        self.routes.open(track);
        self.set_layers_here(track, layers);
    }

    /// Other layers than before are news to whoever shows the publication; other rates wait for their next look.
    fn set_layers_here(&mut self, track: TrackKey, layers: Arc<[LayerRate]>) {
        let Some(route) = self.routes.get_mut(track) else {
            return;
        };
        let kept = |layers: &[LayerRate]| -> Vec<_> {
            layers.iter().map(|it| (it.layer, it.arriving)).collect()
        };
        let same = kept(&route.layers) == kept(&layers);
        route.layers = layers;
        if same {
            return;
        }
        for (peer, _) in &route.subscribers {
            if let Some(seat) = self.seats.get(*peer) {
                // A peer with too much to do looks at them at its next tick.
                let _ = seat.address.push(PeerLane::Control, PeerMessage::Layers);
            }
        }
    }

    /// What a publisher's clock says: for the reports of the slots that its publication is in.
    pub(in crate::actors::media) fn anchor(&mut self, track: TrackKey, anchor: Anchor) {
        self.relay_to_others(track, &Load::Anchor(anchor));
        self.anchor_here(track, anchor);
    }

    fn anchor_here(&mut self, track: TrackKey, anchor: Anchor) {
        let Some(route) = self.routes.get(track) else {
            return;
        };
        for (peer, index) in &route.subscribers {
            let seat = self.seats.get_mut(*peer);
            if let Some(slot) = seat.and_then(|seat| seat.egress.get_mut(*index)) {
                let Anchor {
                    stream,
                    timestamp,
                    at,
                } = anchor;
                slot.slot.set_anchor(stream, timestamp, at);
            }
        }
    }

    /// Relays a publication of this shard to another, or no longer.
    pub(in crate::actors::media) fn relay(&mut self, track: TrackKey, shard: ShardId, on: bool) {
        self.routes.relay(track, shard, on);
    }

    /// Takes in what other shards relayed.
    pub(super) fn take_relayed(&mut self, now: Instant) {
        for _ in 0..RELAYED_IN_A_ROW {
            let Some(Relayed { track, load }) = self.relay.receive() else {
                return;
            };
            match load {
                Load::Packet(packet) => self.forward_here(track, &packet, now),
                Load::Anchor(anchor) => self.anchor_here(track, anchor),
                // Only while somebody here takes it: nothing else would forget it.
                Load::Layers(layers) => self.set_layers_here(track, layers),
            }
        }
        self.wake.notify_one();
    }

    fn relay_to_others(&mut self, track: TrackKey, load: &Load) {
        let Some(route) = self.routes.get(track) else {
            return;
        };
        for shard in &route.relays {
            let load = load.clone();
            if !self.relay.send(*shard, Relayed { track, load }) {
                self.figures.relay_drops.add(1);
            }
        }
    }

    fn forward_here(&mut self, track: TrackKey, packet: &Arc<Packet>, now: Instant) {
        let mut offers = Offers {
            left: self.routes.get(track).map_or(0, |it| it.subscribers.len()),
            ..Offers::default()
        };
        // A subscriber in whose service something panics is removed; the packet goes on to the next.
        while catch_unwind(AssertUnwindSafe(|| {
            self.offer(track, packet, now, &mut offers);
        }))
        .is_err()
        {
            self.fault();
        }
        let Offers { woken, wanted, .. } = offers;
        // One encoding is asked for at a time: the packets to come bring the others.
        if let Some(encoding) = wanted
            && let Some(published) = self.media.published(track)
        {
            ask_keyframe(&published, encoding);
        }
        if woken {
            self.wake.notify_one();
        }
    }

    /// Offers a packet to the subscribers that have not been offered it.
    fn offer(&mut self, track: TrackKey, packet: &Arc<Packet>, now: Instant, offers: &mut Offers) {
        let Some(route) = self.routes.get(track) else {
            return;
        };
        // Backwards: whoever is removed meanwhile moves nobody who is still to come.
        while let Some(next) = offers.left.checked_sub(1) {
            offers.left = next;
            let Some((peer, slot)) = route.subscribers.get(next) else {
                continue;
            };
            if let Some(seat) = self.seats.get_mut(*peer) {
                self.serving = Some(*peer);
                offers.wanted = seat.offer(*slot, packet, now).or(offers.wanted);
                offers.woken |= stand(&mut self.ready, *peer, seat);
            }
        }
        self.serving = None;
    }

    /// A peer may have something new to send.
    pub(super) fn mark(&mut self, peer: PeerKey) {
        if let Some(seat) = self.seats.get_mut(peer)
            && stand(&mut self.ready, peer, seat)
        {
            self.wake.notify_one();
        }
    }

    /// Whether something can leave now.
    #[must_use]
    pub fn has_departures(&self) -> bool {
        !self.ready.is_empty() || !self.transmits.is_empty()
    }

    /// Whether pacing holds something back.
    #[must_use]
    pub fn is_holding(&self) -> bool {
        self.ready.is_holding()
    }

    /// Looks again at those whom pacing held back.
    pub(super) fn release_held(&mut self, now: Instant) {
        for peer in self.ready.take_held() {
            if let Some(seat) = self.seats.get_mut(peer) {
                Ready::release(&mut seat.standing);
                seat.egress.pad(now);
                let may_send = seat.egress.pacer.may_send(now);
                if may_send {
                    stand(&mut self.ready, peer, seat);
                }
                if !may_send || seat.egress.pacer.probe().is_some() {
                    self.ready.keep_held(peer, &mut seat.standing);
                }
            }
        }
    }

    /// A packet of a probe left: the next one follows as soon as the pace of the probe allows.
    pub(super) fn go_on_probing(&mut self, peer: PeerKey, now: Instant) {
        if let Some(seat) = self.seats.get_mut(peer) {
            if seat.egress.pad(now) {
                stand(&mut self.ready, peer, seat);
            }
            self.ready.keep_held(peer, &mut seat.standing);
        }
    }

    /// Tells a Track which of its encodings are watched here, when that changed.
    pub(super) fn tell_watched(&mut self, track: TrackKey) {
        let Self { routes, seats, .. } = self;
        let Some(route) = routes.get_mut(track) else {
            return;
        };
        let watched = watched(seats, track.track, &route.subscribers);
        if route.watched == watched {
            return;
        }
        route.watched = watched;
        if let Some(published) = self.media.published(track) {
            let shard = self.shard;
            let told = TrackMessage::Watched { shard, watched };
            let _ = published.address.push(TrackLane::Control, told);
        }
    }
}

/// The encodings that slots take, are to take, or would take if they came, one bit each.
fn watched(seats: &mut Seats<Seat>, track: TrackId, subscribers: &[(PeerKey, SlotIndex)]) -> u8 {
    let mut watched = 0;
    for (peer, index) in subscribers {
        let Some(egress) = seats.get_mut(*peer).map(|seat| &mut seat.egress) else {
            continue;
        };
        let wished = egress.wished(*index, track);
        let Some(slot) = egress.get_mut(*index) else {
            continue;
        };
        let spared = slot.spared;
        let targets = [slot.selector.target(), slot.selector.current()];
        let targets = targets.into_iter().flatten();
        let taken = targets.filter(|target| target.track == track);
        for encoding in taken
            .map(|target| target.encoding)
            .chain(wished)
            .chain(spared)
        {
            watched |= encoding.bit();
        }
    }
    watched
}

/// Puts a peer into the queues of the lanes in which it has something. True when nobody had anything before.
fn stand(ready: &mut Ready, peer: PeerKey, seat: &mut Seat) -> bool {
    let mut woken = false;
    for lane in EgressLane::ALL {
        if seat.egress.lanes.has(lane) {
            woken |= ready.add(peer, lane, &mut seat.standing);
        }
    }
    woken
}

impl Seat {
    /// Returns the encoding without whose keyframe the slot cannot begin.
    fn offer(&mut self, index: SlotIndex, packet: &Arc<Packet>, now: Instant) -> Option<Encoding> {
        #[cfg(feature = "failpoints")]
        self.fail();
        let egress = &mut self.egress;
        let slot = egress.slots.get_mut(usize::from(index.0))?;
        let mut wanted = None;
        match slot.selector.decide(packet) {
            Decision::Forward(pass) => egress.lanes.push(now, index, pass, packet),
            Decision::Skip => egress.lanes.skip(now, index, packet),
            Decision::NeedKeyframe => {
                egress.lanes.skip(now, index, packet);
                wanted = slot.selector.target().map(|target| target.encoding);
            }
        }
        while let Some(starved) = egress.lanes.next_starved() {
            if let Some(slot) = egress.slots.get(usize::from(starved.0)) {
                slot.ask_keyframe();
            }
            egress.stills += 1;
        }
        wanted
    }
}
