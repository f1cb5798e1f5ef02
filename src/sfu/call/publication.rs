//! A publication, and how offers add and end them.

use super::member::{Lines, Mid, Slot};
use super::{Call, Effect, PUBLICATIONS_MAX, Refusal, SLOTS_MAX};
use crate::rtc::codec::Codec;
use crate::sfu::{Encoding, ParticipantId, Source, TrackId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

/// A track sent to the server.
#[derive(Debug, Clone)]
pub struct Publication {
    /// Whose.
    pub owner: ParticipantId,
    /// The line of the offer.
    pub mid: Mid,
    /// What it shows.
    pub source: Source,
    /// Its simulcast encodings, smallest first; empty without simulcast.
    pub rids: Vec<Arc<str>>,
    pub(super) muted: bool,
    /// Known once media came.
    pub(super) codec: Option<Codec>,
    /// What media says is watched; `None`: it has not said.
    pub(super) watched: Option<BTreeSet<Encoding>>,
    /// Per encoding: when it was last watched.
    pub(super) watched_at: Vec<Instant>,
    /// Per encoding: whether its publisher was told to send it.
    pub(super) demanded: Vec<bool>,
}

impl Publication {
    /// Whether nothing of it is heard or seen.
    #[must_use]
    pub const fn muted(&self) -> bool {
        self.muted
    }

    /// The codec it comes in, once media came.
    #[must_use]
    pub const fn codec(&self) -> Option<Codec> {
        self.codec
    }

    /// Per encoding, smallest first: its name in the offer, and whether it is to be sent.
    pub fn demanded(&self) -> impl Iterator<Item = (&str, bool)> {
        let rid = |encoding: usize| self.rids.get(encoding).map_or("", |rid| &**rid);
        let demanded = self.demanded.iter().enumerate();
        demanded.map(move |(encoding, active)| (rid(encoding), *active))
    }
}

impl Call {
    /// Takes a participant's new offer: lines that are there no more end, others begin, the rest stays as it is.
    ///
    /// # Errors
    /// [`Refusal`]; nothing changed.
    pub fn renegotiate(
        &mut self,
        now: Instant,
        participant: ParticipantId,
        lines: Lines,
    ) -> Result<Vec<Effect>, Refusal> {
        check(&lines)?;
        let member = self
            .members
            .get(&participant)
            .ok_or(Refusal::NoParticipant)?;
        let mut ended = Vec::new();
        for track in &member.tracks {
            let old = &self.publications[track];
            let stays = lines
                .publications
                .iter()
                .any(|new| new.mid == old.mid && new.source == old.source);
            if !stays {
                ended.push(*track);
            }
        }
        let mut effects = Vec::new();
        for track in ended {
            self.end_publication(track, &mut effects);
        }
        self.set_lines(now, participant, lines);
        effects.push(Effect::Updated(participant));
        effects.push(Effect::Layout(participant));
        self.settle(now, &mut effects);
        Ok(effects)
    }

    /// Ends a publication of one's own.
    ///
    /// # Errors
    /// [`Refusal::NoPublication`], also for others'.
    pub fn unpublish(
        &mut self,
        now: Instant,
        participant: ParticipantId,
        track: TrackId,
    ) -> Result<Vec<Effect>, Refusal> {
        if self.publication(track).map(|p| p.owner) != Some(participant) {
            return Err(Refusal::NoPublication);
        }
        let mut effects = Vec::new();
        self.end_publication(track, &mut effects);
        effects.push(Effect::Updated(participant));
        self.settle(now, &mut effects);
        Ok(effects)
    }

    /// Media of a publication came, in this codec.
    pub fn track_started(&mut self, now: Instant, track: TrackId, codec: Codec) -> Vec<Effect> {
        let Some(publication) = self.publications.get_mut(&track) else {
            return Vec::new();
        };
        if publication.codec == Some(codec) {
            return Vec::new();
        }
        Arc::make_mut(publication).codec = Some(codec);
        let mut effects = vec![Effect::Updated(publication.owner)];
        self.settle(now, &mut effects);
        effects
    }

    /// Adds what is new of the lines, and drops slots that are there no more. What was checked fits.
    pub(super) fn set_lines(&mut self, now: Instant, participant: ParticipantId, lines: Lines) {
        let Some(member) = self.members.get_mut(&participant).map(Arc::make_mut) else {
            return;
        };
        for offer in lines.publications {
            let known = member
                .tracks
                .iter()
                .any(|track| self.publications[track].mid == offer.mid);
            if known {
                continue;
            }
            self.tracks_given += 1;
            let track = TrackId(self.tracks_given);
            let encodings = offer.rids.len().max(1);
            let publication = Publication {
                owner: participant,
                mid: offer.mid,
                source: offer.source,
                muted: offer.muted,
                rids: offer.rids,
                codec: None,
                watched: None,
                watched_at: vec![now; encodings],
                demanded: vec![true; encodings],
            };
            self.publications.insert(track, Arc::new(publication));
            member.tracks.push(track);
        }
        let mut old: BTreeMap<Mid, Slot> = std::mem::take(&mut member.slots)
            .into_iter()
            .map(|slot| (slot.mid.clone(), slot))
            .collect();
        for offer in lines.slots {
            let kept = old
                .remove(&offer.mid)
                .filter(|slot| slot.kind == offer.kind);
            let slot = match kept {
                Some(slot) => Slot {
                    codecs: offer.codecs,
                    ..slot
                },
                None => Slot::new(offer),
            };
            member.slots.push(slot);
        }
    }

    pub(super) fn end_publication(&mut self, track: TrackId, effects: &mut Vec<Effect>) {
        let Some(publication) = self.publications.remove(&track) else {
            return;
        };
        let participant = publication.owner;
        if let Some(member) = self.members.get_mut(&participant) {
            Arc::make_mut(member).tracks.retain(|own| *own != track);
        }
        effects.push(Effect::Unpublished { participant, track });
    }
}

/// Counts, and each line once.
pub(super) fn check(lines: &Lines) -> Result<(), Refusal> {
    if lines.publications.len() > PUBLICATIONS_MAX {
        return Err(Refusal::TooManyPublications);
    }
    if lines.slots.len() > SLOTS_MAX {
        return Err(Refusal::TooManySlots);
    }
    let mids: BTreeSet<&Mid> = lines
        .publications
        .iter()
        .map(|publication| &publication.mid)
        .chain(lines.slots.iter().map(|slot| &slot.mid))
        .collect();
    if mids.len() != lines.publications.len() + lines.slots.len() {
        return Err(Refusal::BadLines);
    }
    Ok(())
}
