//! A call in the words of the protocol.

use super::CallActor;
use crate::protocol::call::{self as wire};
use crate::protocol::call::{CallTrack, Participant, SlotState};
use crate::protocol::{Advice, ErrorCode};
use crate::rtc::codec::Codec;
use crate::sfu::ParticipantId;
use crate::sfu::call::{Layout, Member, Refusal, Show, SlotView, Tile};

/// Whose eyes see a publication: its publisher knows the line it comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    ByItself,
    ByOthers,
}

impl CallActor {
    pub(super) fn participant(&self, id: ParticipantId, seen: Seen) -> Option<Participant> {
        let member = self.state.call.member(id)?;
        Some(Participant {
            participant: id,
            user: member.user.clone(),
            name: member.name.clone(),
            device: member.device.clone(),
            hand: member.hand(),
            state: member.link(),
            tracks: self.tracks(member, seen),
        })
    }

    pub(super) fn tracks(&self, member: &Member, seen: Seen) -> Vec<CallTrack> {
        let track = |track: &_| {
            let publication = self.state.call.publication(*track)?;
            Some(CallTrack {
                track: *track,
                mid: (seen == Seen::ByItself).then(|| publication.mid.to_string()),
                source: publication.source,
                muted: publication.muted(),
                codec: publication
                    .codec()
                    .map(|codec| codec_name(codec).to_owned()),
            })
        };
        member.tracks().iter().filter_map(track).collect()
    }
}

/// What a participant sees of a slot.
pub(super) fn slot_state(mid: &str, view: SlotView) -> SlotState {
    SlotState {
        mid: mid.to_owned(),
        track: view.track,
        participant: view.participant,
        state: view.status,
        encoding: view.encoding,
        reason: view.reason,
    }
}

/// What a client shows.
pub(super) fn layout(said: wire::CallLayout) -> Layout {
    let tile = |tile: wire::Tile| Tile {
        mid: tile.mid.into(),
        show: match tile.show {
            wire::Show::Track(track) => Show::Track(track),
            wire::Show::Speaker => Show::Speaker,
            wire::Show::None => Show::Nothing,
        },
        width: tile.width,
        height: tile.height,
        priority: tile.priority,
        pinned: tile.pinned,
    };
    Layout {
        tiles: said.tiles.into_iter().map(tile).collect(),
        audio_only: said.audio_only,
    }
}

/// The code and the advice for a refusal.
pub(super) const fn refusal_code(refusal: Refusal) -> (ErrorCode, Advice) {
    match refusal {
        Refusal::Full => (ErrorCode::CallFull, Advice::Retry),
        Refusal::TooManyPublications => (ErrorCode::CallFull, Advice::Fix),
        Refusal::TooManySlots => (ErrorCode::TooLarge, Advice::Fix),
        Refusal::BadLines => (ErrorCode::OfferRefused, Advice::Fix),
        Refusal::NoParticipant | Refusal::NoPublication | Refusal::NoSlot => {
            (ErrorCode::CallNotFound, Advice::Fix)
        }
        Refusal::Forbidden => (ErrorCode::Forbidden, Advice::Fix),
    }
}

const fn codec_name(codec: Codec) -> &'static str {
    match codec {
        Codec::Opus | Codec::Red => "opus",
        Codec::Vp8 => "vp8",
        Codec::Vp9 => "vp9",
        Codec::H264 => "h264",
        Codec::H265 => "h265",
        Codec::Av1 => "av1",
    }
}
