//! What a participant asks for.

use crate::id::RoomId;
use crate::protocol::RequestId;
use crate::sfu::{ParticipantId, Source, TrackId};
use serde::{Deserialize, Serialize};

/// `call.join`: starts the room's call or joins it; answered by `call.joined`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallJoin {
    /// Request.
    pub id: RequestId,
    /// The room.
    pub room: RoomId,
    /// SDP: lines that send are publications, lines that only receive are slots. May be absent with `resume`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<String>,
    /// What the sending lines show.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tracks: Vec<TrackOffer>,
    /// Comes back as a participant whose connection was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<Resume>,
    /// Name in this call instead of the user's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A publication, as offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackOffer {
    /// The line of the offer.
    pub mid: String,
    /// What it shows.
    pub source: Source,
    /// It begins muted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub muted: bool,
}

/// Who comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// As whom.
    pub participant: ParticipantId,
    /// What `call.joined` said.
    pub secret: String,
}

/// `call.offer`: another offer of a participant (publications, slots, ICE restart); answered by `call.answer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallOffer {
    /// Request.
    pub id: RequestId,
    /// The room.
    pub room: RoomId,
    /// SDP.
    pub offer: String,
    /// What the sending lines show: all of them, the old ones too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tracks: Vec<TrackOffer>,
}

/// `call.layout`: what the participant shows from now on; answered by `ok`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallLayout {
    /// Request.
    pub id: RequestId,
    /// The room.
    pub room: RoomId,
    /// The video slots that are seen; the others are empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiles: Vec<Tile>,
    /// No pictures at all.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub audio_only: bool,
}

/// One slot, as it is seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tile {
    /// The slot: a receiving video line of the offer.
    pub mid: String,
    /// What it shows.
    pub show: Show,
    /// Its size, in pixels of the device.
    pub width: u16,
    /// Its size, in pixels of the device.
    pub height: u16,
    /// The higher, the sooner it gets bandwidth.
    #[serde(default)]
    pub priority: u8,
    /// Chosen by the person: it comes before what is not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
}

/// What a tile shows: `{"track":n}`, `"speaker"` or `"none"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Show {
    /// This publication.
    Track(TrackId),
    /// Whoever speaks and is not in another tile.
    Speaker,
    /// Nothing.
    None,
}

/// `call.mute`: of oneself, or by a moderator of another; answered by `ok`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallMute {
    /// Request.
    pub id: RequestId,
    /// The room.
    pub room: RoomId,
    /// The publication.
    pub track: TrackId,
    /// Muted or not.
    pub muted: bool,
}

/// `call.hand`: raises or lowers one's hand; answered by `ok`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallHand {
    /// Request.
    pub id: RequestId,
    /// The room.
    pub room: RoomId,
    /// Raised or not.
    pub raised: bool,
}

/// `call.unpublish`: ends a publication of one's own; answered by `ok`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallUnpublish {
    /// Request.
    pub id: RequestId,
    /// The room.
    pub room: RoomId,
    /// The publication.
    pub track: TrackId,
}

/// `call.remove`: a moderator puts a participant out; answered by `ok`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRemove {
    /// Request.
    pub id: RequestId,
    /// The room.
    pub room: RoomId,
    /// Whom.
    pub participant: ParticipantId,
}

/// `call.leave` and `call.end`: the room's call; answered by `ok`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRef {
    /// Request.
    pub id: RequestId,
    /// The room.
    pub room: RoomId,
}
