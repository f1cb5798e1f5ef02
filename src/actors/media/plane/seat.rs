//! Everything a shard keeps of one peer.

use super::egress::Egress;
use super::rations::Rations;
use super::ready::Standing;
use super::streams::Streams;
use crate::actors::media::peer::PeerActor;
use crate::actors::media::port::{GoneReason, PeerId};
use crate::actors::supervision::Address;
use crate::id::CallId;
use crate::rtc::data::ChannelId;
use crate::rtc::session::Session;
use std::time::{Duration, Instant};

/// Open data channels of one peer that are relayed; what is opened beyond is left alone.
pub(super) const CHANNELS_MAX: usize = 16;
/// Assumed until the round trip to a peer is known.
pub(super) const RTT_ASSUMED: Duration = Duration::from_millis(80);

/// One peer.
pub(super) struct Seat {
    pub(super) id: PeerId,
    pub(super) call: CallId,
    pub(super) address: Address<PeerActor>,
    pub(super) session: Session,
    /// The user fragments it is found by, the newest last.
    pub(super) names: Vec<String>,
    /// When it is to be woken, if at all.
    pub(super) armed: Option<Instant>,
    /// Its transport is over; its actor will take the seat away.
    pub(super) over: Option<GoneReason>,
    /// What it sends.
    pub(super) streams: Streams,
    /// What it is sent.
    pub(super) egress: Egress,
    /// Where in the queues of the shard's egress it stands.
    pub(super) standing: Standing,
    /// How much more it may send.
    pub(super) rations: Rations,
    /// Its open data channels with their labels.
    pub(super) channels: Vec<(ChannelId, Box<str>)>,
    /// Round trip, once known.
    pub(super) rtt: Option<Duration>,
    /// Whatever serves it panics, for tests.
    #[cfg(feature = "failpoints")]
    pub(super) poisoned: bool,
}

impl Seat {
    /// Panics if a test wants it to.
    #[cfg(feature = "failpoints")]
    pub(super) fn fail(&self) {
        assert!(!self.poisoned, "a fault was injected");
    }

    /// The round trip, known or assumed.
    pub(super) fn rtt(&self) -> Duration {
        self.rtt.unwrap_or(RTT_ASSUMED)
    }
}
