//! Peers come, change their lines, and go.

use super::Plane;
use super::egress::Egress;
use super::rations::Rations;
use super::ready::Standing;
use super::seat::Seat;
use super::seats::PeerKey;
use super::streams::Streams;
use crate::actors::media::peer::PeerActor;
use crate::actors::media::port::{Gate, GoneReason, PeerId, Publication, TrackKey};
use crate::actors::media::track::TrackActor;
use crate::actors::supervision::Address;
use crate::id::CallId;
use crate::rtc::ice::IceCredentials;
use crate::rtc::sdp::{Agreed, AgreedLine, LineRole};
use crate::rtc::session::{Session, SessionConfig, SessionError};
use std::time::Instant;

/// Who takes a seat.
pub(in crate::actors::media) struct Admission {
    pub(in crate::actors::media) id: PeerId,
    pub(in crate::actors::media) call: CallId,
    pub(in crate::actors::media) address: Address<PeerActor>,
}

/// A publication's line and its Track.
pub(in crate::actors::media) struct Line {
    pub(in crate::actors::media) publication: Publication,
    pub(in crate::actors::media) key: TrackKey,
    pub(in crate::actors::media) agreed: AgreedLine,
    pub(in crate::actors::media) address: Address<TrackActor>,
}

impl Plane {
    /// Seats a peer; from now on its datagrams find it.
    ///
    /// # Errors
    /// When the node's certificate cannot be used: the operator must act.
    pub(in crate::actors::media) fn admit(
        &mut self,
        admission: Admission,
        session: SessionConfig,
        agreed: &Agreed,
        now: Instant,
    ) -> Result<PeerKey, SessionError> {
        let name = session.local.ufrag.clone();
        let session = Session::new(session, now)?;
        let streams = Streams::new(agreed.extensions.clone(), now);
        let egress = Egress::new(agreed, now);
        let peer = self.seats.insert(|_| Seat {
            id: admission.id,
            call: admission.call,
            address: admission.address,
            session,
            names: vec![name.clone()],
            armed: None,
            over: None,
            streams,
            egress,
            standing: Standing::default(),
            rations: Rations::new(now),
            channels: Vec::new(),
            rtt: None,
            #[cfg(feature = "failpoints")]
            poisoned: false,
        });
        self.name(name, peer);
        self.figures.peers.set(self.seats.len() as u64);
        self.set_slots(peer, agreed, now);
        self.settle(peer, now);
        Ok(peer)
    }

    /// Takes a peer's seat away. What its transport has to say last is sent.
    pub(in crate::actors::media) fn remove(&mut self, peer: PeerKey, now: Instant) {
        if let Some(seat) = self.seats.get_mut(peer) {
            seat.session.close(now);
        }
        self.settle(peer, now);
        self.take_away(peer);
    }

    /// Takes the seat of a peer away in whose service something panicked.
    pub(super) fn expel(&mut self, peer: PeerKey) {
        if let Some(seat) = self.seats.get_mut(peer) {
            seat.end(GoneReason::Fault);
        }
        self.take_away(peer);
    }

    fn take_away(&mut self, peer: PeerKey) {
        self.empty_slots(peer);
        let Some(mut seat) = self.seats.remove(peer) else {
            return;
        };
        seat.egress.count_drops(&self.figures);
        for name in &seat.names {
            self.unname(name);
        }
        self.gone.push_back(peer);
        self.figures.peers.set(self.seats.len() as u64);
        self.wake.notify_one();
    }

    /// Opens slots for the lines that are new; lines that were there keep their slot, its SSRC and its sequence.
    pub(in crate::actors::media) fn set_slots(
        &mut self,
        peer: PeerKey,
        agreed: &Agreed,
        now: Instant,
    ) {
        let Some(seat) = self.seats.get_mut(peer) else {
            return;
        };
        for line in &agreed.lines {
            if line.direction == LineRole::Slot {
                seat.egress.open(line, now);
            }
        }
        seat.streams.extensions = agreed.extensions.clone();
        let closed: Vec<Box<str>> = seat
            .egress
            .slots
            .iter()
            .map(|slot| &slot.mid)
            .filter(|mid| {
                let line = agreed.line(mid);
                line.is_none_or(|line| line.direction != LineRole::Slot)
            })
            .cloned()
            .collect();
        for mid in closed {
            self.fill(peer, &mid, None, now);
        }
    }

    /// Lets the packets of a line through to its Track.
    pub(in crate::actors::media) fn publish(&mut self, peer: PeerKey, line: Line) {
        if let Some(seat) = self.seats.get_mut(peer) {
            let Line {
                publication,
                key,
                agreed,
                address,
            } = line;
            seat.streams.publish(&publication, key, agreed, address);
            self.figures.tracks.add(1);
        }
    }

    /// A line was agreed anew.
    pub(in crate::actors::media) fn set_line(
        &mut self,
        peer: PeerKey,
        key: TrackKey,
        line: &AgreedLine,
    ) {
        let seat = self.seats.get_mut(peer);
        if let Some(publication) = seat.and_then(|seat| seat.streams.publication_mut(key)) {
            publication.line = line.clone();
        }
    }

    /// Ends that, and forgets who subscribed.
    pub(in crate::actors::media) fn unpublish(&mut self, peer: PeerKey, key: TrackKey) {
        if let Some(seat) = self.seats.get_mut(peer) {
            seat.streams.unpublish(key);
        }
        self.routes.forget(key);
        let tracks = &self.figures.tracks;
        tracks.set(tracks.get().saturating_sub(1));
    }

    /// Opens or shuts a publication.
    pub(in crate::actors::media) fn gate(&mut self, peer: PeerKey, key: TrackKey, gate: Gate) {
        let seat = self.seats.get_mut(peer);
        if let Some(publication) = seat.and_then(|seat| seat.streams.publication_mut(key)) {
            publication.gate = gate;
        }
    }

    /// New credentials; the old ones are known until the next restart, for checks under way.
    pub(in crate::actors::media) fn restart_ice(
        &mut self,
        peer: PeerKey,
        local: IceCredentials,
        remote: IceCredentials,
        now: Instant,
    ) {
        let Some(seat) = self.seats.get_mut(peer) else {
            return;
        };
        let name = local.ufrag.clone();
        seat.session.restart_ice(local, remote);
        if seat.names.len() == NAMES_MAX {
            let oldest = seat.names.remove(0);
            self.unname(&oldest);
        }
        if let Some(seat) = self.seats.get_mut(peer) {
            seat.names.push(name.clone());
        }
        self.name(name, peer);
        self.settle(peer, now);
    }

    fn name(&mut self, name: String, peer: PeerKey) {
        self.media.name(&name, self.shard);
        self.names.insert(name, peer);
    }

    fn unname(&mut self, name: &str) {
        self.names.remove(name);
        self.media.unname(name);
    }

    /// Makes whatever serves a peer panic, for tests.
    #[cfg(feature = "failpoints")]
    pub(in crate::actors::media) fn poison(&mut self, peer: PeerKey) {
        if let Some(seat) = self.seats.get_mut(peer) {
            seat.poisoned = true;
        }
    }

    /// Why the transport of a peer is over, if it is.
    pub(in crate::actors::media) fn is_over(&self, peer: PeerKey) -> Option<GoneReason> {
        match self.seats.get(peer) {
            Some(seat) => seat.over,
            None => Some(GoneReason::Fault),
        }
    }
}

/// User fragments under which one peer is found.
const NAMES_MAX: usize = 2;
