//! Who speaks, told from the audio levels in RTP headers (RFC 6464).
//!
//! Feeds the audio slots (the loudest speakers) and the display of the dominant speaker. In the manner of Jitsi's
//! dominant speaker identification (Volfin and Cohen, 2012): loudness over a short time finds an onset, over a long time
//! tells speech from a cough. An audible one stays audible in silence until its slot is needed: nothing flaps.

mod voice;

#[cfg(test)]
mod tests;

use super::ParticipantId;
use std::{
    cmp::Reverse,
    collections::HashMap,
    time::{Duration, Instant},
};
use voice::Voice;

/// The most participants of one call that are followed.
pub const PARTICIPANTS_MAX: usize = 4_096;

/// Who is louder by this factor takes the slot of one who speaks too.
const LOUDER: f64 = 1.25;
/// A slot is kept so long before somebody louder may take it from one who speaks.
const STAY: Duration = Duration::from_millis(1_000);
/// How long somebody must be louder than the dominant speaker to become it.
const DOMINANT_AFTER: Duration = Duration::from_millis(300);

/// The speakers of one call.
#[derive(Debug)]
pub struct Speakers {
    audible_max: usize,
    voices: HashMap<ParticipantId, Voice>,
    audible: Vec<(ParticipantId, Instant)>,
    speaking: Vec<ParticipantId>,
    dominant: Option<ParticipantId>,
    rival: Option<(ParticipantId, Instant)>,
    removed: bool,
}

/// What changed since the tick before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpeakerChanges {
    /// Those who fill the audio slots, when that set changed: the loudest first. Who stays keeps their slot.
    pub audible: Option<Vec<ParticipantId>>,
    /// The dominant speaker, when it changed. It stays the one who spoke last while nobody speaks.
    pub dominant: Option<ParticipantId>,
    /// Who speaks now, the loudest first, when the set of them changed.
    pub speaking: Option<Vec<ParticipantId>>,
}

impl Speakers {
    /// Nobody yet; at most `audible_max` fill the audio slots.
    #[must_use]
    pub fn new(audible_max: usize) -> Self {
        Self {
            audible_max,
            voices: HashMap::new(),
            audible: Vec::new(),
            speaking: Vec::new(),
            dominant: None,
            rival: None,
            removed: false,
        }
    }

    /// The level of one audio packet: `dbov` from 0 (loudest) to 127 (silence), negated dBov; `voice` if the sender says so.
    /// Constant time. Participants beyond [`PARTICIPANTS_MAX`] are not followed.
    pub fn on_level(&mut self, now: Instant, participant: ParticipantId, dbov: u8, voice: bool) {
        if self.voices.len() >= PARTICIPANTS_MAX && !self.voices.contains_key(&participant) {
            return;
        }
        self.voices
            .entry(participant)
            .or_insert_with(|| Voice::new(now))
            .on_level(now, dbov, voice);
    }

    /// The participant has no audio any more.
    pub fn remove(&mut self, participant: ParticipantId) {
        self.voices.remove(&participant);
        let before = self.audible.len();
        self.audible.retain(|(audible, _)| *audible != participant);
        self.removed |= self.audible.len() != before;
        if self.dominant == Some(participant) {
            self.dominant = None;
        }
    }

    /// Call it every 20 to 50 ms.
    pub fn tick(&mut self, now: Instant) -> SpeakerChanges {
        let mut voices: Vec<_> = self
            .voices
            .iter()
            .map(|(participant, voice)| (*participant, voice.at(now)))
            .filter(|(participant, voice)| voice.is_speaking(now) || self.is_audible(*participant))
            .collect();
        voices.sort_by(|(a, x), (b, y)| y.score().total_cmp(&x.score()).then(a.cmp(b)));
        let filled = self.fill(now, &voices);
        let audible = (filled || std::mem::take(&mut self.removed)).then(|| {
            let loudest = voices.iter().map(|(participant, _)| *participant);
            loudest.filter(|it| self.is_audible(*it)).collect()
        });
        SpeakerChanges {
            audible,
            dominant: self.find_dominant(now, &voices),
            speaking: self.find_speaking(now, &voices),
        }
    }

    /// The `n` loudest at `now`, the loudest first; silent ones last.
    #[must_use]
    pub fn loudest(&self, now: Instant, n: usize) -> Vec<ParticipantId> {
        let mut scores: Vec<_> = self
            .voices
            .iter()
            .map(|(participant, voice)| (*participant, voice.at(now).score()))
            .collect();
        scores.sort_by(|(a, x), (b, y)| y.total_cmp(x).then(a.cmp(b)));
        scores.into_iter().take(n).map(|(it, _)| it).collect()
    }

    fn is_audible(&self, participant: ParticipantId) -> bool {
        self.audible.iter().any(|(it, _)| *it == participant)
    }

    /// Gives audio slots to those who begin to speak; true when the set changed.
    fn fill(&mut self, now: Instant, voices: &[(ParticipantId, Voice)]) -> bool {
        let mut changed = false;
        let onsets = voices.iter().filter(|(_, voice)| voice.speaks());
        for (participant, voice) in onsets {
            if self.is_audible(*participant) {
                continue;
            }
            if self.audible.len() >= self.audible_max {
                let Some(place) = self.place_for(now, voice, voices) else {
                    continue;
                };
                self.audible.remove(place);
            }
            self.audible.push((*participant, now));
            changed = true;
        }
        changed
    }

    /// The audio slot that goes to a new voice: of the quietest who is silent, or of one who speaks much more quietly.
    fn place_for(
        &self,
        now: Instant,
        voice: &Voice,
        voices: &[(ParticipantId, Voice)],
    ) -> Option<usize> {
        let audible = self.audible.iter().enumerate().map(|(place, (it, since))| {
            let voice = voices.iter().find(|(other, _)| other == it);
            (place, *since, voice.map(|(_, voice)| *voice))
        });
        let (place, since, incumbent) = audible.min_by(|(_, _, a), (_, _, b)| {
            let key = |voice: &Option<Voice>| {
                voice.map_or((false, 0.0), |it| (it.is_speaking(now), it.score()))
            };
            let ((a_speaks, a_score), (b_speaks, b_score)) = (key(a), key(b));
            a_speaks.cmp(&b_speaks).then(a_score.total_cmp(&b_score))
        })?;
        let yields = incumbent.is_none_or(|incumbent| {
            let stays = now.saturating_duration_since(since) < STAY;
            !incumbent.is_speaking(now) || (!stays && voice.fast() > incumbent.score() * LOUDER)
        });
        yields.then_some(place)
    }

    fn find_dominant(
        &mut self,
        now: Instant,
        voices: &[(ParticipantId, Voice)],
    ) -> Option<ParticipantId> {
        let (loudest, _) = *voices.iter().find(|(_, voice)| voice.is_speaking(now))?;
        if self.dominant == Some(loudest) {
            self.rival = None;
            return None;
        }
        let since = match self.rival {
            Some((rival, since)) if rival == loudest => since,
            Some(_) | None => now,
        };
        self.rival = Some((loudest, since));
        let waits =
            self.dominant.is_some() && now.saturating_duration_since(since) < DOMINANT_AFTER;
        if waits {
            return None;
        }
        self.rival = None;
        self.dominant = Some(loudest);
        self.dominant
    }

    fn find_speaking(
        &mut self,
        now: Instant,
        voices: &[(ParticipantId, Voice)],
    ) -> Option<Vec<ParticipantId>> {
        let loudest_first: Vec<_> = voices
            .iter()
            .filter(|(_, voice)| voice.is_speaking(now))
            .map(|(participant, _)| *participant)
            .collect();
        let mut speaking = loudest_first.clone();
        speaking.sort_by_key(|participant| Reverse(*participant));
        if speaking == self.speaking {
            return None;
        }
        self.speaking = speaking;
        Some(loudest_first)
    }
}
