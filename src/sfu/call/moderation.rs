//! Muting, hands, layouts, and what media reports of them.

use super::member::{Fill, Layout, Mid};
use super::{Call, Effect, Refusal, SLOTS_MAX};
use crate::sfu::{ParticipantId, TrackId};
use std::sync::Arc;
use std::time::Instant;

impl Call {
    /// Mutes or unmutes a publication: one's own, or as a moderator another's (never unmuting it).
    ///
    /// # Errors
    /// [`Refusal::NoPublication`], [`Refusal::Forbidden`].
    pub fn mute(
        &mut self,
        now: Instant,
        by: ParticipantId,
        track: TrackId,
        muted: bool,
        may_moderate: bool,
    ) -> Result<Vec<Effect>, Refusal> {
        let publication = self
            .publications
            .get_mut(&track)
            .ok_or(Refusal::NoPublication)?;
        let owner = publication.owner;
        if owner != by && !(may_moderate && muted) {
            return Err(Refusal::Forbidden);
        }
        if publication.muted == muted {
            return Ok(Vec::new());
        }
        Arc::make_mut(publication).muted = muted;
        let mut effects = vec![Effect::Mute { track, muted }, Effect::Updated(owner)];
        if owner != by {
            let participant = owner;
            effects.push(Effect::MutedBy {
                participant,
                track,
                by,
            });
        }
        self.settle(now, &mut effects);
        Ok(effects)
    }

    /// Whose publication it is.
    ///
    /// # Errors
    /// [`Refusal::NoPublication`].
    pub fn owner(&self, track: TrackId) -> Result<ParticipantId, Refusal> {
        let publication = self.publication(track).ok_or(Refusal::NoPublication)?;
        Ok(publication.owner)
    }

    /// Raises or lowers a hand.
    pub fn hand(&mut self, participant: ParticipantId, raised: bool) -> Vec<Effect> {
        self.change(participant, |member| {
            std::mem::replace(&mut member.hand, raised) != raised
        })
    }

    /// What a participant shows from now on.
    ///
    /// # Errors
    /// [`Refusal::NoParticipant`], [`Refusal::NoSlot`], [`Refusal::TooManySlots`]; nothing changed.
    pub fn layout(
        &mut self,
        now: Instant,
        participant: ParticipantId,
        layout: Layout,
    ) -> Result<Vec<Effect>, Refusal> {
        let member = self
            .members
            .get_mut(&participant)
            .ok_or(Refusal::NoParticipant)?;
        if layout.tiles.len() > SLOTS_MAX {
            return Err(Refusal::TooManySlots);
        }
        let is_slot = |mid: &Mid| member.slots.iter().any(|slot| slot.mid == *mid);
        if !layout.tiles.iter().all(|tile| is_slot(&tile.mid)) {
            return Err(Refusal::NoSlot);
        }
        if member.layout.as_ref() == Some(&layout) {
            return Ok(Vec::new());
        }
        Arc::make_mut(member).layout = Some(layout);
        let mut effects = vec![Effect::Layout(participant)];
        self.settle(now, &mut effects);
        Ok(effects)
    }

    /// Who speaks now, the loudest first.
    pub fn speak(&mut self, now: Instant, mut speakers: Vec<ParticipantId>) -> Vec<Effect> {
        speakers.retain(|speaker| self.members.contains_key(speaker));
        if speakers == self.speakers {
            return Vec::new();
        }
        let mut heard = speakers.clone();
        let before = std::mem::take(&mut self.heard);
        heard.extend(before.into_iter().filter(|id| !speakers.contains(id)));
        self.heard = heard;
        self.speakers = speakers;
        let mut effects = vec![Effect::Speakers];
        self.settle(now, &mut effects);
        effects
    }

    /// Who is heard best, the loudest first, whether they speak or not: they come right after those who speak.
    pub fn rank(&mut self, now: Instant, audible: &[ParticipantId]) -> Vec<Effect> {
        let mut heard = self.speakers.clone();
        let before = std::mem::take(&mut self.heard);
        for id in audible.iter().copied().chain(before) {
            if self.members.contains_key(&id) && !heard.contains(&id) {
                heard.push(id);
            }
        }
        self.heard = heard;
        let mut effects = Vec::new();
        self.settle(now, &mut effects);
        effects
    }

    /// Media says how it fills slots of a participant.
    pub fn slots_filled(
        &mut self,
        now: Instant,
        participant: ParticipantId,
        fills: &[(Mid, Fill)],
    ) -> Vec<Effect> {
        let Some(member) = self.members.get_mut(&participant) else {
            return Vec::new();
        };
        let member = Arc::make_mut(member);
        for (mid, fill) in fills {
            if let Some(slot) = member.slots.iter_mut().find(|slot| slot.mid == *mid) {
                slot.media = *fill;
            }
        }
        let mut effects = Vec::new();
        self.settle(now, &mut effects);
        effects
    }
}
