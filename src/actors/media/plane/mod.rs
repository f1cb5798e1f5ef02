//! What a media shard knows and does, as a plain structure that its thread alone touches.
//!
//! The driver gives it datagrams and takes [departures](Plane::next_departure) from it; Tracks [forward](Plane::forward)
//! packets through it; Peers fill its slots. Everything that must outlive a crash of those actors is here: transports,
//! slots with their outgoing sequence, and lanes.

mod admission;
mod allocation;
mod clock;
mod departure;
mod egress;
mod forward;
mod gauges;
mod ingress;
mod leaving;
mod link;
mod passage;
mod rations;
mod ready;
mod relief;
mod repair;
mod routes;
mod seat;
mod seats;
mod streams;
mod timers;
mod upward;

pub use departure::Departure;
pub use seats::PeerKey;

pub(in crate::actors::media) use admission::{Admission, Line};
pub(in crate::actors::media) use repair::OUR_SSRC;

use super::figures::Figures;
use super::handle::MediaHandle;
use super::port::ShardId;
use super::relay::Relay;
use crate::rtc::session::Transmit;
use crate::sfu::shedding::{Shares, Shedder};
use clock::Clock;
use departure::Parting;
use ready::Ready;
use routes::Routes;
use seat::Seat;
use seats::Seats;
use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;
use timers::Timers;
use tokio::sync::Notify;

/// Datagrams of transports (STUN, DTLS) that wait to be sent; the oldest goes when there is one more, as on a link.
const TRANSMITS_MAX: usize = 4_096;

thread_local! {
    static PLANE: RefCell<Option<Plane>> = const { RefCell::new(None) };
}

/// The media plane of one shard.
pub struct Plane {
    shard: ShardId,
    media: MediaHandle,
    clock: Clock,
    seats: Seats<Seat>,
    /// Local ICE user fragments.
    names: HashMap<String, PeerKey>,
    routes: Routes,
    ready: Ready,
    timers: Timers,
    transmits: VecDeque<Transmit>,
    /// Peers that the driver has not been told are gone.
    gone: VecDeque<PeerKey>,
    relay: Relay,
    shedder: Shedder,
    /// The part of each class of pictures that is carried.
    shares: Shares,
    /// What leaves next: its pieces.
    parting: Parting,
    /// Whom the driver serves now, who is to blame if that panics.
    serving: Option<PeerKey>,
    /// When the gauges were summed up.
    summed: Option<Instant>,
    wake: Arc<Notify>,
    figures: Arc<Figures>,
}

/// Runs `step` on the plane of this shard.
///
/// # Panics
/// On a thread that is no shard's: media actors are started on the arbiters of shards only. Also inside another step.
pub fn with_plane<R>(step: impl FnOnce(&mut Plane) -> R) -> R {
    PLANE.with_borrow_mut(|plane| step(plane.as_mut().expect("the thread of a media shard")))
}

/// Why a datagram went no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Nobody has proved to be at its sender's address.
    Unvalidated,
    /// It is nothing that is spoken here.
    Malformed,
    /// It failed authentication.
    Unauthenticated,
    /// It came before.
    Replayed,
    /// It belongs to nothing that was agreed.
    Unknown,
    /// Its publication is muted.
    Muted,
    /// Whoever should handle it has too much to do.
    Overflow,
    /// Its sender sends more than a peer may.
    Excess,
}

impl Plane {
    /// Makes the calling thread a shard's.
    pub fn install(
        shard: ShardId,
        media: MediaHandle,
        relay: Relay,
        wake: Arc<Notify>,
        figures: Arc<Figures>,
    ) {
        let now = Instant::now();
        let plane = Self {
            shard,
            media,
            clock: Clock::new(now),
            seats: Seats::new(),
            names: HashMap::new(),
            routes: Routes::default(),
            ready: Ready::default(),
            timers: Timers::default(),
            transmits: VecDeque::new(),
            gone: VecDeque::new(),
            relay,
            shedder: Shedder::default(),
            shares: Shares::ALL,
            parting: Parting::default(),
            serving: None,
            summed: None,
            wake,
            figures,
        };
        PLANE.with_borrow_mut(|place| *place = Some(plane));
    }

    /// What this shard counts.
    #[must_use]
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// Which shard this is.
    #[must_use]
    pub fn shard(&self) -> ShardId {
        self.shard
    }

    /// Wakes transports that are due and takes in what other shards relayed.
    pub fn run(&mut self, now: Instant) {
        while let Some(peer) = self.timers.due(now) {
            self.time_out(peer, now);
        }
        self.take_relayed(now);
        self.release_held(now);
        self.sum_up(now);
    }

    /// When a transport wants to be woken next.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// The next datagram of a transport itself.
    pub fn next_transmit(&mut self) -> Option<Transmit> {
        self.transmits.pop_front()
    }

    /// A peer that is gone, told once: its paths are to be forgotten.
    pub fn next_gone(&mut self) -> Option<PeerKey> {
        self.gone.pop_front()
    }

    /// Counts a datagram that arrived.
    pub fn count_in(&mut self, bytes: usize) {
        self.figures.datagrams_in.add(1);
        self.figures.bytes_in.add(bytes as u64);
    }

    /// Counts a datagram that goes no further.
    pub fn refuse(&mut self, refusal: Refusal) {
        let refused = &self.figures.refused;
        let count = match refusal {
            Refusal::Unvalidated => &refused.unvalidated,
            Refusal::Malformed => &refused.malformed,
            Refusal::Unauthenticated => &refused.unauthenticated,
            Refusal::Replayed => &refused.replayed,
            Refusal::Unknown => &refused.unknown,
            Refusal::Muted => &refused.muted,
            Refusal::Overflow => &refused.overflow,
            Refusal::Excess => &refused.excess,
        };
        count.add(1);
    }

    /// Serving a peer panicked: it is removed, and told to its actor.
    pub fn fault(&mut self) {
        self.figures.faults.add(1);
        if let Some(peer) = self.serving.take() {
            self.expel(peer);
        }
    }
}
