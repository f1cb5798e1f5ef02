//! Joining, coming back, leaving.

use super::member::{Arrival, Lines, Member, Presence, Secret};
use super::{CONNECT_MAX, Call, Effect, LeaveReason, RESUME_MAX, Refusal, USERS_MAX, publication};
use crate::id::UserId;
use crate::sfu::{MediaKind, ParticipantId};
use std::sync::Arc;
use std::time::{Duration, Instant};

impl Call {
    /// Someone joins; whoever was there on the same device leaves.
    ///
    /// # Errors
    /// [`Refusal::Full`], or what is wrong with the lines; nothing changed.
    pub fn join(
        &mut self,
        now: Instant,
        arrival: Arrival,
        lines: Lines,
    ) -> Result<(ParticipantId, Vec<Effect>), Refusal> {
        publication::check(&lines)?;
        let replaced = arrival.device.is_some().then(|| {
            let same =
                |member: &Member| member.user == arrival.user && member.device == arrival.device;
            self.members().find(|(_, m)| same(m)).map(|(id, _)| id)
        });
        let replaced = replaced.flatten();
        if replaced.is_none() && self.members.len() >= self.participants_max {
            return Err(Refusal::Full);
        }
        let mut effects = Vec::new();
        if let Some(replaced) = replaced {
            self.remove_member(replaced, LeaveReason::Replaced, &mut effects);
        }
        self.participants_given += 1;
        let participant = ParticipantId(self.participants_given);
        if self.users.len() < USERS_MAX {
            self.users.insert(arrival.user.clone());
        }
        let member = Member {
            user: arrival.user,
            device: arrival.device,
            name: arrival.name,
            secret: arrival.secret,
            hand: false,
            presence: Presence::Here,
            silent_since: Some(now),
            has_media: true,
            tracks: Vec::new(),
            slots: Vec::new(),
            layout: None,
        };
        self.members.insert(participant, Arc::new(member));
        self.set_lines(now, participant, lines);
        effects.push(Effect::Joined(participant));
        effects.push(Effect::Layout(participant));
        self.settle(now, &mut effects);
        Ok((participant, effects))
    }

    /// Whether someone may come back as this participant.
    ///
    /// # Errors
    /// [`Refusal::NoParticipant`]: gone, another user's, or the wrong secret.
    pub fn may_resume(
        &self,
        participant: ParticipantId,
        user: &UserId,
        secret: &Secret,
    ) -> Result<(), Refusal> {
        let member = self.member(participant).ok_or(Refusal::NoParticipant)?;
        if member.user != *user || !member.secret.fits(secret) {
            return Err(Refusal::NoParticipant);
        }
        Ok(())
    }

    /// The WebSocket of a participant is here again: which encodings are wanted was said to nobody meanwhile.
    pub fn here(&mut self, participant: ParticipantId) -> Vec<Effect> {
        let mut effects = self.change(participant, |member| {
            let away = member.presence != Presence::Here;
            member.presence = Presence::Here;
            away
        });
        let own = self.members.get(&participant).map(|member| member.tracks());
        let videos = own.into_iter().flatten().filter(|track| {
            let publication = self.publications.get(track);
            publication.is_some_and(|publication| publication.source.kind() == MediaKind::Video)
        });
        effects.extend(videos.copied().map(Effect::Demand));
        effects
    }

    /// The WebSocket of a participant was lost.
    pub fn away(&mut self, now: Instant, participant: ParticipantId) -> Vec<Effect> {
        self.change(participant, |member| {
            let here = member.presence == Presence::Here;
            if here {
                member.presence = Presence::AwaySince(now);
            }
            here
        })
    }

    /// Media of a participant flows.
    pub fn connected(&mut self, participant: ParticipantId) -> Vec<Effect> {
        self.change(participant, |member| {
            member.silent_since.take().is_some() && member.presence == Presence::Here
        })
    }

    /// Media of a participant will come anew: they sent an offer after [`Self::media_gone`].
    pub fn media_begins(&mut self, now: Instant, participant: ParticipantId) {
        if let Some(member) = self.members.get_mut(&participant) {
            let member = Arc::make_mut(member);
            member.silent_since = Some(now);
            member.has_media = true;
        }
    }

    /// Media of a participant is gone for good. Who is away may still come back with a new offer; anyone else leaves.
    pub fn media_gone(&mut self, now: Instant, participant: ParticipantId) -> Vec<Effect> {
        let Some(member) = self.members.get_mut(&participant) else {
            return Vec::new();
        };
        if member.presence == Presence::Here {
            return self.leave(now, participant, LeaveReason::Lost);
        }
        let member = Arc::make_mut(member);
        member.has_media = false;
        member.silent_since = Some(now);
        member.slots.clear();
        let tracks = member.tracks.clone();
        let mut effects = Vec::new();
        for track in tracks {
            self.end_publication(track, &mut effects);
        }
        effects.push(Effect::Updated(participant));
        self.settle(now, &mut effects);
        effects
    }

    /// Someone leaves, or is made to.
    pub fn leave(
        &mut self,
        now: Instant,
        participant: ParticipantId,
        reason: LeaveReason,
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.remove_member(participant, reason, &mut effects);
        if !effects.is_empty() {
            self.settle(now, &mut effects);
        }
        effects
    }

    /// Every participant of a user leaves: they may no longer be here.
    pub fn put_out(&mut self, now: Instant, user: &UserId) -> Vec<Effect> {
        let theirs: Vec<_> = self
            .members()
            .filter(|(_, member)| member.user == *user)
            .map(|(id, _)| id)
            .collect();
        let mut effects = Vec::new();
        for participant in theirs {
            self.remove_member(participant, LeaveReason::Revoked, &mut effects);
        }
        if !effects.is_empty() {
            self.settle(now, &mut effects);
        }
        effects
    }

    /// Time passed: who was away too long leaves, and so does who has no media; layers nobody watches are paused.
    pub fn tick(&mut self, now: Instant) -> Vec<Effect> {
        let past = |since: Instant, max: Duration| now.saturating_duration_since(since) >= max;
        let overdue = |member: &Member| match (member.presence, member.silent_since) {
            (Presence::AwaySince(since), _) => past(since, RESUME_MAX),
            (Presence::Here, Some(since)) => past(since, CONNECT_MAX),
            (Presence::Here, None) => false,
        };
        let lost: Vec<_> = self
            .members()
            .filter(|(_, member)| overdue(member))
            .map(|(id, _)| id)
            .collect();
        let mut effects = Vec::new();
        for participant in lost {
            self.remove_member(participant, LeaveReason::Lost, &mut effects);
        }
        self.settle(now, &mut effects);
        effects
    }

    fn remove_member(
        &mut self,
        participant: ParticipantId,
        reason: LeaveReason,
        effects: &mut Vec<Effect>,
    ) {
        let Some(member) = self.members.remove(&participant) else {
            return;
        };
        for track in &member.tracks {
            self.end_publication(*track, effects);
        }
        self.heard.retain(|heard| *heard != participant);
        if self.speakers.contains(&participant) {
            self.speakers.retain(|speaker| *speaker != participant);
            effects.push(Effect::Speakers);
        }
        effects.push(Effect::Left {
            participant,
            reason,
        });
    }

    /// Changes a member; everyone is told if `change` says so.
    pub(super) fn change(
        &mut self,
        participant: ParticipantId,
        change: impl FnOnce(&mut Member) -> bool,
    ) -> Vec<Effect> {
        let member = self.members.get_mut(&participant);
        match member.map(|member| change(Arc::make_mut(member))) {
            Some(true) => vec![Effect::Updated(participant)],
            Some(false) | None => Vec::new(),
        }
    }
}
