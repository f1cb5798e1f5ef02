//! Which publication fills which slot.
//!
//! Audio slots carry shared sound, then the loudest speakers, then whoever spoke last. A tile shows its track, or, for
//! "speaker", a shared screen and then whoever spoke last. What stays wanted stays in its slot. Nobody gets their own
//! publication, nor one in a codec their slot cannot take.

use super::member::{Fill, Member, Show, Slot, SlotView};
use super::publication::Publication;
use super::{Call, Effect, SlotReason, SlotStatus};
use crate::sfu::{MediaKind, ParticipantId, Source, TrackId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

type Publications = BTreeMap<TrackId, Arc<Publication>>;

/// What may be shown without being asked for by name, the most wanted first.
struct Candidates {
    audio: Vec<TrackId>,
    video: Vec<TrackId>,
}

impl Call {
    /// Fills all slots; returns every publication that is in one.
    pub(super) fn fill_slots(&mut self, effects: &mut Vec<Effect>) -> BTreeSet<TrackId> {
        let candidates = self.candidates();
        let mut filled = BTreeSet::new();
        for (participant, member) in &mut self.members {
            let participant = *participant;
            let wants = wanted(participant, member, &candidates, &self.publications);
            let next: Vec<_> = wants
                .iter()
                .zip(&member.slots)
                .map(|(wants, slot)| next(*wants, slot, &self.publications))
                .collect();
            filled.extend(next.iter().filter_map(|next| next.fill));
            let stays = next
                .iter()
                .zip(&member.slots)
                .all(|(next, slot)| next.fits(slot));
            if stays {
                continue;
            }
            let member = Arc::make_mut(member);
            let (mut fill, mut show) = (Vec::new(), Vec::new());
            for (place, (next, slot)) in next.into_iter().zip(&mut member.slots).enumerate() {
                if next.fill != slot.fill {
                    fill.push(place);
                }
                if next.view != slot.told {
                    show.push(place);
                }
                next.apply(slot);
            }
            if !fill.is_empty() {
                let slots = fill;
                effects.push(Effect::Fill { participant, slots });
            }
            if !show.is_empty() {
                let slots = show;
                effects.push(Effect::Show { participant, slots });
            }
        }
        filled
    }

    /// Publications that flow, the most wanted first.
    fn candidates(&self) -> Candidates {
        let flows = |track: &TrackId, source| {
            let publication = &self.publications[track];
            publication.source == source && publication.codec.is_some() && !publication.muted
        };
        let of = |source| {
            let all = self.publications.keys().copied();
            all.filter(move |track| flows(track, source))
        };
        let unheard = self.members.keys().filter(|id| !self.heard.contains(id));
        let ranked: Vec<_> = self.heard.iter().chain(unheard).collect();
        let by_rank = |source| {
            let tracks = ranked.iter().filter_map(|id| self.members.get(id));
            let tracks = tracks.flat_map(|member| member.tracks.iter().copied());
            tracks.filter(move |track| flows(track, source))
        };
        Candidates {
            audio: of(Source::ScreenAudio)
                .chain(by_rank(Source::Microphone))
                .collect(),
            video: of(Source::Screen).chain(by_rank(Source::Camera)).collect(),
        }
    }
}

/// What belongs into each slot of a member.
fn wanted(
    participant: ParticipantId,
    member: &Member,
    candidates: &Candidates,
    publications: &Publications,
) -> Vec<Option<TrackId>> {
    let mut wants = vec![None; member.slots.len()];
    let mut audio = Vec::new();
    let mut video = Vec::new();
    let mut taken = BTreeSet::new();
    for (place, slot) in member.slots.iter().enumerate() {
        match (slot.kind, member.tile(slot).map(|tile| tile.show)) {
            (MediaKind::Audio, _) => audio.push(place),
            (MediaKind::Video, Some(Show::Speaker)) => video.push(place),
            (MediaKind::Video, Some(Show::Track(track))) => {
                let shown = publications.get(&track).filter(|publication| {
                    publication.source.kind() == MediaKind::Video
                        && publication.owner != participant
                });
                if shown.is_some() {
                    wants[place] = Some(track);
                    taken.insert(track);
                }
            }
            (MediaKind::Video, Some(Show::Nothing) | None) => {}
        }
    }
    let others =
        |track: &&TrackId| publications[*track].owner != participant && !taken.contains(*track);
    spread(
        &candidates.audio,
        others,
        &audio,
        member,
        publications,
        &mut wants,
    );
    spread(
        &candidates.video,
        others,
        &video,
        member,
        publications,
        &mut wants,
    );
    wants
}

/// Puts the first candidates into the slots at these places, each where it is already or where one is free.
fn spread(
    candidates: &[TrackId],
    others: impl Fn(&&TrackId) -> bool,
    places: &[usize],
    member: &Member,
    publications: &Publications,
    wants: &mut [Option<TrackId>],
) {
    let takes = |place: usize, track: TrackId| {
        let codec = publications[&track].codec;
        codec.is_some_and(|codec| member.slots[place].codecs.takes(codec))
    };
    let mut free = places.to_vec();
    let mut chosen = Vec::new();
    for track in candidates.iter().filter(others) {
        if free.is_empty() {
            break;
        }
        if let Some(at) = free.iter().position(|place| takes(*place, *track)) {
            free.swap_remove(at);
            chosen.push(*track);
        }
    }
    let mut waiting = Vec::new();
    for track in chosen {
        let now = places
            .iter()
            .find(|place| member.slots[**place].wants == Some(track) && takes(**place, track));
        match now {
            Some(place) if wants[*place].is_none() => wants[*place] = Some(track),
            _ => waiting.push(track),
        }
    }
    for track in waiting {
        let free = places
            .iter()
            .find(|place| wants[**place].is_none() && takes(**place, track));
        if let Some(place) = free {
            wants[*place] = Some(track);
        }
    }
}

/// What a slot comes to.
struct Next {
    wants: Option<TrackId>,
    fill: Option<TrackId>,
    media: Fill,
    view: SlotView,
}

impl Next {
    fn fits(&self, slot: &Slot) -> bool {
        (self.wants, self.fill, self.media, self.view)
            == (slot.wants, slot.fill, slot.media, slot.told)
    }

    const fn apply(self, slot: &mut Slot) {
        slot.wants = self.wants;
        slot.fill = self.fill;
        slot.media = self.media;
        slot.told = self.view;
    }
}

/// What can be sent of what belongs into a slot, and what its participant sees of it.
fn next(wants: Option<TrackId>, slot: &Slot, publications: &Publications) -> Next {
    let Some((track, publication)) =
        wants.and_then(|track| Some((track, publications.get(&track)?)))
    else {
        return Next {
            wants: None,
            fill: None,
            media: Fill::default(),
            view: SlotView::EMPTY,
        };
    };
    let taken = publication.codec.map(|codec| slot.codecs.takes(codec));
    let fill = (taken == Some(true)).then_some(track);
    // What media said was about what was there before.
    let media = if fill == slot.fill {
        slot.media
    } else {
        Fill::default()
    };
    let reason = match taken {
        Some(false) => Some(SlotReason::Codec),
        _ if publication.muted => Some(SlotReason::Muted),
        None => Some(SlotReason::Sender),
        Some(true) => media.paused,
    };
    let view = SlotView {
        track: Some(track),
        participant: Some(publication.owner),
        status: if reason.is_some() {
            SlotStatus::Paused
        } else {
            SlotStatus::Live
        },
        encoding: media.encoding.filter(|_| reason.is_none()),
        reason,
    };
    Next {
        wants: Some(track),
        fill,
        media,
        view,
    }
}
