//! What the server says.

use super::call::{
    CallAnswer, CallChanged, CallDemand, CallEnded, CallJoined, CallMuted, CallQuality, CallSlots,
    CallSpeakers, CallState,
};
use super::{Advice, Cursor, ErrorCode, RequestId, Status};
use crate::crdt::{Dot, Entry, Role, Stamp, Visibility, VoidCode};
use crate::id::{DeviceId, Epoch, InviteId, NodeId, Offset, RoomId, UserId};
use serde::{Deserialize, Serialize};

/// A frame from the server. `t` names it; clients ignore unknown frames and fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t")]
pub enum ServerFrame {
    /// Asks a guest to prove its key.
    #[serde(rename = "challenge")]
    Challenge {
        /// 64 hexadecimal digits, random.
        nonce: String,
        /// The node, part of what is signed.
        node: NodeId,
    },
    /// The answer to `hello`.
    #[serde(rename = "welcome")]
    Welcome(Welcome),
    /// A token accepted or issued on the open socket.
    #[serde(rename = "renewed")]
    Renewed {
        /// A guest's new token; absent when the client sent its own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<String>,
        /// When it expires, Unix milliseconds.
        expires_ms: u64,
    },
    /// The server's beat.
    #[serde(rename = "beat")]
    Beat {},
    /// A request without data succeeded.
    #[serde(rename = "ok")]
    Ok {
        /// Request.
        id: RequestId,
    },
    /// A request failed, or (without `id`) something went wrong on the connection.
    #[serde(rename = "error")]
    Error {
        /// Request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<RequestId>,
        /// The room it was about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<RoomId>,
        /// What went wrong.
        code: ErrorCode,
        /// What to do.
        advice: Advice,
        /// For people.
        message: String,
        /// Not before so many milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
    /// A room is followed from here on; pages of `ops` follow, then `synced`.
    #[serde(rename = "opened")]
    Opened {
        /// Request; absent for rooms of `hello`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<RequestId>,
        /// The room, with the epoch of its log.
        #[serde(flatten)]
        info: RoomInfo,
        /// True when the cursor was of another epoch and the client should drop offsets it stored.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        epoch_changed: bool,
    },
    /// Entries of the log: live, or a page of a sync or of history (with `id`).
    #[serde(rename = "ops")]
    Ops {
        /// Request, for history.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<RequestId>,
        /// The room.
        room: RoomId,
        /// In offset order.
        ops: Vec<Entry>,
        /// History only: there is more before these.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        more: bool,
    },
    /// The sync is complete: everything up to `cursor` was sent; what follows is live.
    #[serde(rename = "synced")]
    Synced {
        /// The room.
        room: RoomId,
        /// Where the client stands now.
        cursor: Cursor,
    },
    /// Ops are on disk, fsynced.
    #[serde(rename = "ack")]
    Ack {
        /// Request.
        id: RequestId,
        /// The room.
        room: RoomId,
        /// Accepted ops in request order, duplicates included.
        acks: Vec<Ack>,
        /// Ops refused for good: a void stands under their dot.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        refused: Vec<RefusedOp>,
        /// Why the batch ended early: the op it is about and those after it left no trace, and stay with the client.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stopped: Option<Stopped>,
    },
    /// A room's following ended: kicked, left, room unavailable.
    #[serde(rename = "closed")]
    Closed {
        /// The room.
        room: RoomId,
        /// Why.
        code: ErrorCode,
        /// What to do.
        advice: Advice,
    },
    /// One room; answers create, update, direct, join, invite.accept.
    #[serde(rename = "room")]
    Room {
        /// Request.
        id: RequestId,
        /// The room.
        #[serde(flatten)]
        info: RoomInfo,
    },
    /// A list of rooms.
    #[serde(rename = "rooms")]
    Rooms {
        /// Request.
        id: RequestId,
        /// In id order.
        rooms: Vec<RoomInfo>,
        /// There are more after the last.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        more: bool,
    },
    /// A list of members.
    #[serde(rename = "members")]
    Members {
        /// Request.
        id: RequestId,
        /// The room.
        room: RoomId,
        /// In user id order.
        members: Vec<MemberInfo>,
        /// There are more after the last.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        more: bool,
    },
    /// Invites of a room.
    #[serde(rename = "invites")]
    Invites {
        /// Request.
        id: RequestId,
        /// The room.
        room: RoomId,
        /// The valid ones, or the one just made.
        invites: Vec<InviteInfo>,
    },
    /// Changes of presence since the last such frame; in rooms above 200 members only `online`.
    #[serde(rename = "presence")]
    Presence {
        /// The room.
        room: RoomId,
        /// Who changed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        changes: Vec<PresenceChange>,
        /// How many members are online.
        online: u32,
    },
    /// Who started or stopped typing since the last such frame.
    #[serde(rename = "typing")]
    Typing {
        /// The room.
        room: RoomId,
        /// Started.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        on: Vec<UserId>,
        /// Stopped.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        off: Vec<UserId>,
    },
    /// A read marker moved.
    #[serde(rename = "read")]
    Read {
        /// The room.
        room: RoomId,
        /// Whose.
        user: UserId,
        /// The newest read message's stamp.
        stamp: Stamp,
        /// That message.
        dot: Dot,
        /// For the user's own devices: messages after it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unread: Option<u64>,
    },
    /// The user's set of rooms changed elsewhere (invited, kicked, joined on another device): ask `room.list` again.
    #[serde(rename = "rooms.changed")]
    RoomsChanged {},
    /// The call as it stands for who joined.
    #[serde(rename = "call.joined")]
    CallJoined(CallJoined),
    /// The answer to an SDP offer.
    #[serde(rename = "call.answer")]
    CallAnswer(CallAnswer),
    /// Participants joined, changed or left.
    #[serde(rename = "call.changed")]
    CallChanged(CallChanged),
    /// What slots show.
    #[serde(rename = "call.slots")]
    CallSlots(CallSlots),
    /// Who speaks.
    #[serde(rename = "call.speakers")]
    CallSpeakers(CallSpeakers),
    /// How well participants are connected.
    #[serde(rename = "call.quality")]
    CallQuality(CallQuality),
    /// Which encodings are watched.
    #[serde(rename = "call.demand")]
    CallDemand(CallDemand),
    /// A moderator muted the client.
    #[serde(rename = "call.muted")]
    CallMuted(CallMuted),
    /// Whether the room has a call.
    #[serde(rename = "call.state")]
    CallState(CallState),
    /// The client is no longer in the call.
    #[serde(rename = "call.ended")]
    CallEnded(CallEnded),
    /// The server is going away; reconnect after a random part of `reconnect_ms`.
    #[serde(rename = "drain")]
    Drain {
        /// Why.
        reason: DrainReason,
        /// Spread reconnects over so many milliseconds.
        reconnect_ms: u32,
    },
}

/// The answer to `hello`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Welcome {
    /// The node.
    pub node: NodeId,
    /// Version of the server.
    pub server: String,
    /// Who the client is.
    pub user: UserId,
    /// The device.
    pub device: DeviceId,
    /// Display name.
    pub name: String,
    /// The interval in force, milliseconds.
    pub heartbeat_ms: u32,
    /// The server's clock, Unix milliseconds.
    pub now_ms: u64,
    /// When the token expires, Unix milliseconds.
    pub expires_ms: u64,
    /// A guest's token, to come back with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// An op is on disk. On the wire `{"dot":[…],"stamp":[…],"offset":n}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    /// Which op.
    pub dot: Dot,
    /// The stamp it got.
    pub stamp: Stamp,
    /// Its place in the log.
    pub offset: Offset,
}

/// An op was refused for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedOp {
    /// Which op.
    pub dot: Dot,
    /// Why.
    pub code: VoidCode,
    /// For people.
    pub message: String,
    /// The place of the void.
    pub offset: Offset,
}

/// Why a batch of ops ended early.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// What went wrong.
    pub code: ErrorCode,
    /// What to do.
    pub advice: Advice,
    /// For people.
    pub message: String,
    /// With `gap`: the highest counter of the replica that is known here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub have: Option<u64>,
}

/// A room as a client sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoomInfo {
    /// The room.
    pub room: RoomId,
    /// The epoch of its log on this node.
    pub epoch: Epoch,
    /// The newest fsynced offset.
    pub head: Offset,
    /// Name for people.
    pub name: String,
    /// Who may find and join it.
    pub visibility: Visibility,
    /// The topic.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub topic: String,
    /// Days that bodies are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_days: Option<u32>,
    /// How many members it has.
    pub members: u32,
    /// The client's role; absent when not a member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Messages after the user's read marker.
    #[serde(default)]
    pub unread: u64,
    /// The user's read marker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<(Stamp, Dot)>,
}

/// A member of a room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemberInfo {
    /// Who.
    pub user: UserId,
    /// Display name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they are here.
    #[serde(flatten)]
    pub presence: PresenceState,
}

/// Where a user is, over all devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresenceState {
    /// `None` is offline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// When an offline user was last here, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_ms: Option<u64>,
}

/// A user's presence changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresenceChange {
    /// Who.
    pub user: UserId,
    /// To what.
    #[serde(flatten)]
    pub presence: PresenceState,
}

/// An invite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteInfo {
    /// The invite.
    pub invite: InviteId,
    /// Role on joining.
    pub role: Role,
    /// When it expires, Unix milliseconds.
    pub expires_ms: u64,
    /// Uses left; absent: without limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<u32>,
    /// Who made it.
    pub by: UserId,
}

/// Why the server goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrainReason {
    /// It stops or restarts.
    Shutdown,
}
