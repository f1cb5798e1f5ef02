//! A call: who is in it, what they publish, and which publication fills which slot of whom.
//!
//! [`Call`] is a state machine: each input changes it and returns [`Effect`]s, which say whom to tell what and what media
//! has to do. At which layer a slot is filled is the media plane's; what an offer means is `rtc`'s. It is cheap to clone
//! (participants and publications are shared until they change), so that whoever runs it can keep the last good state.

mod demand;
mod effect;
mod fill;
mod member;
mod moderation;
#[cfg(test)]
mod properties;
mod publication;
mod roster;
#[cfg(test)]
mod tests;
mod words;

pub use effect::{Effect, Refusal};
pub use member::{
    Arrival, CodecSet, Fill, Layout, Lines, Member, Mid, Presence, PublicationOffer, Secret, Show,
    SlotOffer, SlotView, Tile,
};
pub use publication::Publication;
pub use words::{LeaveReason, LinkState, SlotReason, SlotStatus};

use super::{ParticipantId, TrackId};
use crate::id::UserId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Publications of one participant.
pub const PUBLICATIONS_MAX: usize = 16;
/// Slots of one participant.
pub const SLOTS_MAX: usize = 64;
/// A participant whose WebSocket is lost is kept this long.
pub const RESUME_MAX: Duration = Duration::from_secs(20);
/// A participant without media is kept this long.
pub const CONNECT_MAX: Duration = Duration::from_secs(15);
/// A layer nobody watches is paused after so long, so that a switch back costs nothing.
pub const DEMAND_HOLD: Duration = Duration::from_secs(2);
/// Different users that a call remembers for its record.
pub const USERS_MAX: usize = 10_000;

/// One call.
#[derive(Debug, Clone)]
pub struct Call {
    participants_max: usize,
    members: BTreeMap<ParticipantId, Arc<Member>>,
    publications: BTreeMap<TrackId, Arc<Publication>>,
    /// Who speaks now, the loudest first.
    speakers: Vec<ParticipantId>,
    /// Who spoke, the latest first; those who speak now among them.
    heard: Vec<ParticipantId>,
    /// Everyone who ever joined.
    users: BTreeSet<UserId>,
    participants_given: u32,
    tracks_given: u32,
}

impl Call {
    /// A call without anybody.
    #[must_use]
    pub const fn new(participants_max: usize) -> Self {
        Self {
            participants_max,
            members: BTreeMap::new(),
            publications: BTreeMap::new(),
            speakers: Vec::new(),
            heard: Vec::new(),
            users: BTreeSet::new(),
            participants_given: 0,
            tracks_given: 0,
        }
    }

    /// Whether nobody is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// How many are in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Someone in it.
    #[must_use]
    pub fn member(&self, participant: ParticipantId) -> Option<&Member> {
        self.members.get(&participant).map(|member| &**member)
    }

    /// Everyone in it.
    pub fn members(&self) -> impl Iterator<Item = (ParticipantId, &Member)> {
        self.members.iter().map(|(id, member)| (*id, &**member))
    }

    /// A publication.
    #[must_use]
    pub fn publication(&self, track: TrackId) -> Option<&Publication> {
        self.publications
            .get(&track)
            .map(|publication| &**publication)
    }

    /// Who speaks, the loudest first.
    #[must_use]
    pub fn speakers(&self) -> &[ParticipantId] {
        &self.speakers
    }

    /// Every user who was in it, as far as they are remembered ([`USERS_MAX`]).
    #[must_use]
    pub const fn users(&self) -> &BTreeSet<UserId> {
        &self.users
    }
}
