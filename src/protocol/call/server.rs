//! What participants are told of their call, and everyone of a room's.

use crate::id::{CallId, DeviceId, RoomId, UserId};
use crate::protocol::RequestId;
use crate::sfu::call::{LeaveReason, LinkState, SlotReason, SlotStatus};
use crate::sfu::{Encoding, ParticipantId, Source, TrackId};
use serde::{Deserialize, Serialize};

/// `call.joined`: the call as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallJoined {
    /// Request.
    pub id: RequestId,
    /// The room.
    pub room: RoomId,
    /// The call.
    pub call: CallId,
    /// Who the client is in it: the CSRC of what it publishes.
    pub participant: ParticipantId,
    /// To come back with (`resume`): 32 hexadecimal digits.
    pub secret: String,
    /// SDP; absent when a resume brought no offer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// Everyone in the call, this client too.
    pub participants: Vec<Participant>,
    /// What the slots show.
    pub slots: Vec<SlotState>,
}

/// `call.answer`: the answer to `call.offer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallAnswer {
    /// Request.
    pub id: RequestId,
    /// The room.
    pub room: RoomId,
    /// SDP.
    pub answer: String,
    /// The client's publications from now on, with their `mid`.
    pub tracks: Vec<CallTrack>,
}

/// Someone in a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// Who in this call.
    pub participant: ParticipantId,
    /// Who in the room.
    pub user: UserId,
    /// Display name.
    pub name: String,
    /// On which device; absent for WHIP and WHEP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// The hand is raised.
    pub hand: bool,
    /// How the link is.
    pub state: LinkState,
    /// What they publish.
    pub tracks: Vec<CallTrack>,
}

/// A publication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallTrack {
    /// Which.
    pub track: TrackId,
    /// The line of the offer, in what its publisher is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mid: Option<String>,
    /// What it shows.
    pub source: Source,
    /// Nothing of it is heard or seen.
    pub muted: bool,
    /// `opus`, `vp8`, `vp9`, `h264`, `h265`, `av1`; absent until media came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codec: Option<String>,
}

/// `call.changed`: what changed among the participants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallChanged {
    /// The room.
    pub room: RoomId,
    /// The call.
    pub call: CallId,
    /// Who is new.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joined: Vec<Participant>,
    /// Who changed: as they are now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub updated: Vec<Participant>,
    /// Who is gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<Departed>,
}

/// Someone who left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departed {
    /// Who.
    pub participant: ParticipantId,
    /// Why.
    pub reason: LeaveReason,
}

/// `call.slots`: what slots show now; those not named stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallSlots {
    /// The room.
    pub room: RoomId,
    /// Those that changed.
    pub slots: Vec<SlotState>,
}

/// What a slot shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotState {
    /// The line of the offer.
    pub mid: String,
    /// Which publication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub track: Option<TrackId>,
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant: Option<ParticipantId>,
    /// Whether something comes.
    pub state: SlotStatus,
    /// Which simulcast encoding: 0 is the smallest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// Why nothing comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<SlotReason>,
}

/// `call.speakers`: who speaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallSpeakers {
    /// The room.
    pub room: RoomId,
    /// The loudest first.
    pub speakers: Vec<ParticipantId>,
}

/// `call.quality`: how well participants are connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallQuality {
    /// The room.
    pub room: RoomId,
    /// Those that changed.
    pub qualities: Vec<Quality>,
}

/// How well a participant is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quality {
    /// Who.
    pub participant: ParticipantId,
    /// 0 to 100.
    pub score: u8,
    /// What takes most away from 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<QualityReason>,
}

/// What a bad connection lies with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QualityReason {
    /// The network between.
    Link,
    /// What the participant sends.
    Sender,
    /// How the participant receives.
    Receiver,
    /// The server has too much to do.
    Server,
}

/// `call.demand`: which encodings of one's publications anybody watches; pause the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallDemand {
    /// The room.
    pub room: RoomId,
    /// Those that changed.
    pub tracks: Vec<TrackDemand>,
}

/// What is watched of a publication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackDemand {
    /// The publication.
    pub track: TrackId,
    /// The line of the offer.
    pub mid: String,
    /// Its encodings, smallest first.
    pub encodings: Vec<EncodingDemand>,
}

/// Whether an encoding is watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncodingDemand {
    /// As in the offer; empty without simulcast.
    pub rid: String,
    /// Somebody watches it.
    pub active: bool,
}

/// `call.muted`: a moderator muted a publication of the client's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallMuted {
    /// The room.
    pub room: RoomId,
    /// Which.
    pub track: TrackId,
    /// By whom.
    pub by: ParticipantId,
}

/// `call.state`: whether there is a call, to everyone who follows the room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallState {
    /// The room.
    pub room: RoomId,
    /// The call; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallInfo>,
}

/// A call, seen from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallInfo {
    /// The call.
    pub call: CallId,
    /// Who started it.
    pub started_by: UserId,
    /// When, Unix milliseconds.
    pub started_ms: u64,
    /// How many are in it.
    pub participants: u32,
}

/// `call.ended`: the client is no longer in the call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallEnded {
    /// The room.
    pub room: RoomId,
    /// The call.
    pub call: CallId,
    /// Why.
    pub reason: CallEnd,
}

/// Why a client is no longer in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallEnd {
    /// The call was ended for all.
    Ended,
    /// A moderator put the client out of it.
    Removed,
    /// The client may no longer be in the room.
    Revoked,
    /// Media was lost and did not come back: join again.
    Lost,
    /// The client joined again on the same device.
    Replaced,
    /// The call failed: join again.
    Failed,
    /// The server stops: join again where you reconnect.
    Shutdown,
}
