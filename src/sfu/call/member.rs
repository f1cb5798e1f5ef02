//! A participant: how they stand, what they publish, and the slots they receive in.

use super::{LinkState, SlotReason, SlotStatus};
use crate::id::{DeviceId, UserId};
use crate::rtc::codec::Codec;
use crate::sfu::{Encoding, MediaKind, ParticipantId, Source, TrackId};
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

/// The name of a line in an offer.
pub type Mid = Arc<str>;

/// What a participant comes back with. Random; never logged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Secret(pub [u8; 16]);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// Compares without telling by time how much fits.
    #[must_use]
    pub fn fits(&self, other: &Self) -> bool {
        let difference = self
            .0
            .iter()
            .zip(other.0)
            .fold(0, |sum, (a, b)| sum | (a ^ b));
        difference == 0
    }
}

/// Who joins.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Who in the room.
    pub user: UserId,
    /// On which device; `None` for WHIP and WHEP.
    pub device: Option<DeviceId>,
    /// Display name.
    pub name: String,
    /// To come back with.
    pub secret: Secret,
}

/// What an offer comes to, line by line.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    /// Lines that send.
    pub publications: Vec<PublicationOffer>,
    /// Lines that only receive.
    pub slots: Vec<SlotOffer>,
}

/// A line that sends.
#[derive(Debug, Clone)]
pub struct PublicationOffer {
    /// Its name.
    pub mid: Mid,
    /// What it shows.
    pub source: Source,
    /// It begins muted.
    pub muted: bool,
    /// Its simulcast encodings, smallest first; empty without simulcast.
    pub rids: Vec<Arc<str>>,
}

/// A line that receives.
#[derive(Debug, Clone)]
pub struct SlotOffer {
    /// Its name.
    pub mid: Mid,
    /// Sound or picture.
    pub kind: MediaKind,
    /// What its receiver decodes.
    pub codecs: CodecSet,
}

/// A set of codecs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CodecSet(u16);

impl CodecSet {
    /// This set and one more.
    #[must_use]
    pub const fn with(self, codec: Codec) -> Self {
        Self(self.0 | 1 << codec as u8)
    }

    /// Whether a receiver of this set can be sent what comes in this codec. Redundant audio is unwrapped on the way.
    #[must_use]
    pub const fn takes(self, codec: Codec) -> bool {
        let carried = match codec {
            Codec::Red => Codec::Opus,
            other => other,
        };
        self.0 & 1 << carried as u8 != 0
    }
}

impl FromIterator<Codec> for CodecSet {
    fn from_iter<I: IntoIterator<Item = Codec>>(codecs: I) -> Self {
        codecs.into_iter().fold(Self::default(), Self::with)
    }
}

/// What a participant shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// The video slots that are seen.
    pub tiles: Vec<Tile>,
    /// No pictures at all.
    pub audio_only: bool,
}

/// A video slot, as it is seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// The slot.
    pub mid: Mid,
    /// What it shows.
    pub show: Show,
    /// Its size, pixels.
    pub width: u16,
    /// Its size, pixels.
    pub height: u16,
    /// The higher, the sooner it gets bandwidth.
    pub priority: u8,
    /// It comes before what is not pinned.
    pub pinned: bool,
}

/// What a tile shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// This publication.
    Track(TrackId),
    /// A shared screen, else whoever spoke last, if no other tile shows it.
    Speaker,
    /// Nothing.
    Nothing,
}

/// How a participant is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Their WebSocket is here (or they need none).
    Here,
    /// It was lost then.
    AwaySince(Instant),
}

/// Someone in a call.
#[derive(Debug, Clone)]
pub struct Member {
    /// Who in the room.
    pub user: UserId,
    /// On which device.
    pub device: Option<DeviceId>,
    /// Display name.
    pub name: String,
    pub(super) secret: Secret,
    pub(super) hand: bool,
    pub(super) presence: Presence,
    /// Since when media is missing; `None`: it flows.
    pub(super) silent_since: Option<Instant>,
    /// Media is gone for good: only a new offer brings it back.
    pub(super) has_media: bool,
    pub(super) tracks: Vec<TrackId>,
    pub(super) slots: Vec<Slot>,
    /// `None`: never said; then every slot shows the speaker.
    pub(super) layout: Option<Layout>,
}

/// A receive position.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) mid: Mid,
    pub(super) kind: MediaKind,
    pub(super) codecs: CodecSet,
    /// What belongs here, whether or not it can be sent.
    pub(super) wants: Option<TrackId>,
    /// What media was told to send.
    pub(super) fill: Option<TrackId>,
    /// What media said of it.
    pub(super) media: Fill,
    /// What the participant was told.
    pub(super) told: SlotView,
}

/// How media fills a slot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fill {
    /// The encoding that is sent.
    pub encoding: Option<Encoding>,
    /// Why nothing is.
    pub paused: Option<SlotReason>,
}

/// What a participant knows of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotView {
    /// Which publication.
    pub track: Option<TrackId>,
    /// Whose.
    pub participant: Option<ParticipantId>,
    /// Whether something comes.
    pub status: SlotStatus,
    /// Which encoding.
    pub encoding: Option<Encoding>,
    /// Why nothing comes.
    pub reason: Option<SlotReason>,
}

impl SlotView {
    /// Of a slot without a publication.
    pub const EMPTY: Self = Self {
        track: None,
        participant: None,
        status: SlotStatus::Empty,
        encoding: None,
        reason: None,
    };
}

impl Slot {
    pub(super) fn new(offer: SlotOffer) -> Self {
        Self {
            mid: offer.mid,
            kind: offer.kind,
            codecs: offer.codecs,
            wants: None,
            fill: None,
            media: Fill {
                encoding: None,
                paused: None,
            },
            told: SlotView::EMPTY,
        }
    }
}

impl Member {
    /// How the link is.
    #[must_use]
    pub const fn link(&self) -> LinkState {
        match (self.presence, self.silent_since) {
            (Presence::AwaySince(_), _) => LinkState::Away,
            (Presence::Here, Some(_)) => LinkState::Connecting,
            (Presence::Here, None) => LinkState::Connected,
        }
    }

    /// Whether the hand is raised.
    #[must_use]
    pub const fn hand(&self) -> bool {
        self.hand
    }

    /// What they come back with.
    #[must_use]
    pub const fn secret(&self) -> Secret {
        self.secret
    }

    /// Whether media may still flow: else a resume needs an offer.
    #[must_use]
    pub const fn has_media(&self) -> bool {
        self.has_media
    }

    /// What they publish.
    #[must_use]
    pub fn tracks(&self) -> &[TrackId] {
        &self.tracks
    }

    /// The slots: each line's name, what media is to send there, and what the participant knows.
    pub fn slots(&self) -> impl ExactSizeIterator<Item = (&Mid, Option<TrackId>, SlotView)> {
        self.slots
            .iter()
            .map(|slot| (&slot.mid, slot.fill, slot.told))
    }

    /// The video slots with the tiles that show them, as far as they are seen.
    pub fn tiles(&self) -> impl Iterator<Item = Tile> {
        self.slots
            .iter()
            .filter(|slot| slot.kind == MediaKind::Video)
            .filter_map(|slot| self.tile(slot))
    }

    /// How a video slot is seen; `None`: not at all.
    pub(super) fn tile(&self, slot: &Slot) -> Option<Tile> {
        match &self.layout {
            Some(layout) if layout.audio_only => None,
            Some(layout) => layout
                .tiles
                .iter()
                .find(|tile| tile.mid == slot.mid)
                .cloned(),
            None => Some(Tile {
                mid: slot.mid.clone(),
                show: Show::Speaker,
                width: 1280,
                height: 720,
                priority: 0,
                pinned: false,
            }),
        }
    }
}
