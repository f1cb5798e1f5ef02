//! What a call wants done, and why it refuses.

use super::LeaveReason;
use crate::sfu::{ParticipantId, TrackId};

/// Something to do after an input, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Tell everyone: someone is new.
    Joined(ParticipantId),
    /// Tell everyone: someone changed.
    Updated(ParticipantId),
    /// Tell everyone: someone is gone. Their media is to be removed.
    Left {
        /// Who.
        participant: ParticipantId,
        /// Why.
        reason: LeaveReason,
    },
    /// Have media fill these slots of a participant (by their place in [`super::Member::slots`]).
    Fill {
        /// Whose.
        participant: ParticipantId,
        /// Which.
        slots: Vec<usize>,
    },
    /// Tell a participant what these slots show.
    Show {
        /// Whom.
        participant: ParticipantId,
        /// Which.
        slots: Vec<usize>,
    },
    /// Tell media the sizes and priorities of a participant's slots.
    Layout(ParticipantId),
    /// Have media forward nothing of a publication, or everything again.
    Mute {
        /// Which.
        track: TrackId,
        /// Nothing.
        muted: bool,
    },
    /// Tell a participant that a moderator muted them.
    MutedBy {
        /// Whom.
        participant: ParticipantId,
        /// Which publication.
        track: TrackId,
        /// Who did it.
        by: ParticipantId,
    },
    /// A publication is no more.
    Unpublished {
        /// Whose.
        participant: ParticipantId,
        /// Which.
        track: TrackId,
    },
    /// Tell a publisher which encodings are watched.
    Demand(TrackId),
    /// Tell everyone who speaks.
    Speakers,
}

/// Why a call refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It has as many participants as it takes.
    #[error("the call is full")]
    Full,
    /// More than [`super::PUBLICATIONS_MAX`].
    #[error("a participant publishes at most 16 tracks")]
    TooManyPublications,
    /// More than [`super::SLOTS_MAX`].
    #[error("a participant has at most 64 slots")]
    TooManySlots,
    /// A line named twice, or a track named for a line of the other kind or none.
    #[error("a line of the offer is named twice, or does not fit its track")]
    BadLines,
    /// No such participant, or not with this secret.
    #[error("there is no such participant in the call")]
    NoParticipant,
    /// No such publication.
    #[error("there is no such publication in the call")]
    NoPublication,
    /// No such slot.
    #[error("there is no such slot")]
    NoSlot,
    /// Others' publications are muted by moderators, and unmuted by their owners only.
    #[error("only moderators may do this, and nobody unmutes others")]
    Forbidden,
}
