//! Who speaks, told from the audio levels in RTP headers (RFC 6464).
//!
//! Feeds the audio slots (the loudest speakers) and the display of the dominant speaker.

use super::ParticipantId;
use std::time::Instant;

/// The most participants of one call that are followed.
pub const PARTICIPANTS_MAX: usize = 1_024;

/// The speakers of one call.
#[derive(Debug)]
pub struct Speakers {
    _audible_max: usize,
}

/// What changed since the tick before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpeakerChanges {
    /// Those who fill the audio slots, when that set changed: the loudest first. Who stays keeps their slot.
    pub audible: Option<Vec<ParticipantId>>,
    /// The dominant speaker, when it changed.
    pub dominant: Option<ParticipantId>,
    /// Who speaks now, the loudest first, when that changed.
    pub speaking: Option<Vec<ParticipantId>>,
}

impl Speakers {
    /// Nobody yet; at most `audible_max` fill the audio slots.
    #[must_use]
    pub fn new(audible_max: usize) -> Self {
        Self {
            _audible_max: audible_max,
        }
    }

    /// The level of one audio packet: `dbov` from 0 (loudest) to 127 (silence), negated dBov; `voice` if the sender says so.
    pub fn on_level(
        &mut self,
        _now: Instant,
        _participant: ParticipantId,
        _dbov: u8,
        _voice: bool,
    ) {
        todo!()
    }

    /// The participant has no audio any more.
    pub fn remove(&mut self, _participant: ParticipantId) {
        todo!()
    }

    /// Call it every 20 to 50 ms.
    pub fn tick(&mut self, _now: Instant) -> SpeakerChanges {
        todo!()
    }

    /// The `n` loudest of late, the loudest first.
    #[must_use]
    pub fn loudest(&self, _n: usize) -> Vec<ParticipantId> {
        todo!()
    }
}
